#include <fmt/format.h>

#include <server/domain/obligation_filter.hpp>

namespace kip::server {
namespace {

Result<std::set<ObligationState>> parse_states(std::string_view text) {
  std::set<ObligationState> out;
  while (true) {
    const auto comma = text.find(',');
    KIP_TRY(const ObligationState state, parse_obligation_state(text.substr(0, comma)));
    out.insert(state);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

Result<void> set(ObligationFilter& filter, std::string_view name, std::string_view value) {
  if (name == "state") {
    KIP_TRY(filter.states, parse_states(value));
  } else if (name == "act") {
    KIP_TRY(filter.act, ActKey::parse(value));
  } else if (name == "commitment") {
    KIP_TRY(filter.commitment, CommitmentId::parse(value));
  } else if (name == "product") {
    KIP_TRY(filter.product, ProductId::parse(value));
  } else if (name == "due_from") {
    KIP_TRY(filter.due_from, parse_date(value));
  } else if (name == "due_to") {
    KIP_TRY(filter.due_to, parse_date(value));
  } else {
    return fail(ErrorCode::usage,
                fmt::format("there is no parameter \"{}\"; there are state, act, commitment, product, "
                            "due_from and due_to",
                            name));
  }
  return {};
}

}  // namespace

Result<ObligationFilter> ObligationFilter::parse(const std::map<std::string, std::string, std::less<>>& parameters) {
  ObligationFilter out;
  for (const auto& [name, value] : parameters) {
    if (auto done = set(out, name, value); !done) {
      if (done.error().code == ErrorCode::usage) return Unexpected(std::move(done).error());
      return fail_while(fmt::format("the parameter \"{}\"", name), std::move(done).error());
    }
  }
  return out;
}

bool ObligationFilter::may_pass(const ObligationRecord& record) const {
  return (!act || record.act == *act) && (!commitment || record.commitment == *commitment);
}

bool ObligationFilter::passes(const BoardEntry& entry) const {
  const ObligationView& view = entry.view;
  if (!states.empty() && !states.contains(view.state)) return false;
  if (product && view.product != *product) return false;
  if ((due_from || due_to) && !view.due) return false;
  return (!due_from || *due_from <= view.due->last_day) && (!due_to || view.due->last_day <= *due_to);
}

}  // namespace kip::server
