#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <server/domain/pending.hpp>

namespace kip::server {
namespace {

using Kind = PendingMatter::Kind;
constexpr std::string_view kStaff = "staff:";
constexpr Choices<Kind, 4> kKinds{
    {{Kind::date, "date"}, {Kind::development, "development"}, {Kind::waiver, "waiver"}, {Kind::proposal, "proposal"}}};

void add_dates(const ActHistory& history, const std::set<std::string>& voices, std::vector<PendingMatter>& out) {
  for (const Trigger date : {Trigger::act_signed, Trigger::act_gazetted, Trigger::act_effective}) {
    const DateStanding standing = history.standing(date);
    if (standing.stated.empty() || (standing.in_force && !standing.disputed)) continue;
    const auto& statements = history.statements();
    const auto first = std::find_if(statements.begin(), statements.end(), [&](const DateStatement& one) {
      return one.date == date && voices.contains(one.by);
    });
    if (first == statements.end()) continue;
    out.push_back({Kind::date, fmt::format("{} {}", history.act(), to_string(date)), first->at});
  }
}

void add_developments(const ActHistory& history, const std::set<std::string>& voices, std::vector<PendingMatter>& out) {
  std::size_t number = 0;
  for (const ActDevelopment& one : history.developments()) {
    ++number;
    if (one.is_confirmed() || !voices.contains(one.by)) continue;
    out.push_back({Kind::development, fmt::format("{} development {}", history.act(), number), one.at});
  }
}

void add_waivers(const ObligationRecord& obligation, const std::set<std::string>& voices,
                 std::vector<PendingMatter>& out) {
  std::size_t number = 0;
  for (const Waiver& one : obligation.circumstances.waivers()) {
    ++number;
    if (one.approved_at || !voices.contains(one.requested_by)) continue;
    out.push_back({Kind::waiver, fmt::format("obligation {} waiver {}", obligation.number, number), one.requested_at});
  }
}

}  // namespace

std::string_view to_string(PendingMatter::Kind kind) {
  return choice_text(kKinds, kind);
}

Result<std::set<std::string>> voices_of(Projection& from, const PersonName& person) {
  KIP_TRY(const auto people, from.people.all());
  std::set<std::string> out{staff_actor(person)};
  std::vector<PersonName> next{person};
  while (!next.empty()) {
    const PersonName successor = next.back();
    next.pop_back();
    for (const StaffMember& one : people) {
      if (one.successor == successor && out.insert(staff_actor(one.name)).second) next.push_back(one.name);
    }
  }
  return out;
}

Result<std::set<std::string>> voices_of_actor(Projection& from, std::string_view actor) {
  if (!actor.starts_with(kStaff)) return std::set<std::string>{std::string(actor)};
  KIP_TRY(const PersonName person, PersonName::parse(actor.substr(kStaff.size())));
  return voices_of(from, person);
}

Result<std::vector<PendingMatter>> pending_of(Projection& from, const std::set<std::string>& voices) {
  std::vector<PendingMatter> out;
  KIP_TRY(const auto histories, from.histories.all());
  for (const ActHistory& history : histories) {
    add_dates(history, voices, out);
    add_developments(history, voices, out);
  }
  KIP_TRY(const auto obligations, from.obligations.all());
  for (const ObligationRecord& obligation : obligations)
    add_waivers(obligation, voices, out);
  KIP_TRY(const auto proposals, from.proposals.all());
  for (const Proposal& one : proposals) {
    if (one.state == ProposalState::waiting && voices.contains(one.made_by))
      out.push_back({Kind::proposal, fmt::format("proposal {}", one.id.str()), one.made_at});
  }
  std::sort(out.begin(), out.end(), [](const PendingMatter& a, const PendingMatter& b) {
    return std::tie(a.kind, a.subject) < std::tie(b.kind, b.subject);
  });
  return out;
}

Result<void> refuse_successor(Projection& from, std::string_view actor, const std::set<std::string>& authors) {
  KIP_TRY(const auto voices, voices_of_actor(from, actor));
  const bool all_own = std::includes(voices.begin(), voices.end(), authors.begin(), authors.end());
  const auto own =
      std::find_if(authors.begin(), authors.end(), [&](const std::string& author) { return author != actor; });
  if (!all_own || own == authors.end()) return {};  // one's own word is for the model to refuse
  return fail(
      ErrorCode::denied,
      fmt::format("{} has taken over the matters of {} and answers for them: another person has to confirm this", actor,
                  *own));
}

}  // namespace kip::server
