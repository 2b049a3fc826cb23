#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/deadline/deadline.hpp>
#include <manifests/model/customer_row.hpp>

namespace kip {
namespace {

constexpr Choices<Applicability, 4> kApplicabilities = {{{Applicability::applicable, "applicable"},
                                                         {Applicability::not_applicable, "not_applicable"},
                                                         {Applicability::unknown_attribute, "unknown_attribute"},
                                                         {Applicability::not_entitled, "not_entitled"}}};

struct AttributeReasons {
  CustomerAttribute attribute;
  const char* not_concerned;
  const char* unknown;
};
constexpr std::array<AttributeReasons, 3> kReasons = {
    {{CustomerAttribute::regime, "regime-not-concerned", "regime-unknown"},
     {CustomerAttribute::vat_method, "vat-method-not-concerned", "vat-method-unknown"},
     {CustomerAttribute::trade, "trade-not-concerned", "trade-unknown"}}};

void set(CustomerRow& row, Applicability applicability, std::string_view reason, std::string detail = {}) {
  row.applicability = applicability;
  row.reason = reason;
  row.detail = std::move(detail);
}

/// What the act asks of an attribute and the customer does not have decides before what nobody knows.
void find_applicability(const Act& act, const Commitment& commitment, const Customer& customer, LegalDate day,
                        CustomerRow& row) {
  if (!customer.commitments.empty() && !customer.commitments.contains(commitment.id.str())) {
    return set(row, Applicability::not_applicable, "not-promised");
  }
  const AttributeReasons* unknown = nullptr;
  for (const AttributeReasons& reasons : kReasons) {
    const auto asked = act.applies_to.attributes.find(reasons.attribute);
    if (asked == act.applies_to.attributes.end()) continue;
    const auto has = customer.attribute(reasons.attribute);
    if (!has) {
      if (unknown == nullptr) unknown = &reasons;
    } else if (std::find(asked->second.begin(), asked->second.end(), *has) == asked->second.end()) {
      return set(row, Applicability::not_applicable, reasons.not_concerned, *has);
    }
  }
  if (customer.obligations_from && day < *customer.obligations_from) {
    return set(row, Applicability::not_entitled, "before-obligations", format_date(*customer.obligations_from));
  }
  const Entitlement entitlement = customer.entitlement(day);
  const bool ended = entitlement.state == Entitlement::State::ended;
  if (!entitlement.is_entitled() && !(ended && commitment.beyond_contract)) {
    return set(row, Applicability::not_entitled, ended ? "contract-ended" : "contract-not-begun",
               entitlement.since ? format_date(*entitlement.since) : std::string());
  }
  if (unknown != nullptr) set(row, Applicability::unknown_attribute, unknown->unknown);
}

void count_installs(const CustomerFacts& facts, CustomerRow& row) {
  const auto seats = static_cast<std::size_t>(facts.customer.seats);
  std::vector<Instant> times;
  std::size_t enrolled = 0;
  std::size_t deferred = 0;
  for (const InstallFact& install : facts.installs) {
    if (install.installed_at || !install.retired) ++enrolled;
    if (install.installed_at) {
      times.push_back(*install.installed_at);
      if (install.retired) row.retired.push_back(install.label);
    } else if (!install.retired) {
      row.missing.push_back(install.label);
      row.never_heard = row.never_heard || !install.heard_at;
      if (install.heard_at && (!row.silent_since || *install.heard_at < *row.silent_since))
        row.silent_since = install.heard_at;
      if (!install.deferred_at) continue;
      ++deferred;
      row.deferred_at = row.deferred_at ? std::max(*row.deferred_at, *install.deferred_at) : *install.deferred_at;
    }
  }
  std::sort(times.begin(), times.end());
  row.seats = facts.customer.seats;
  row.installed = static_cast<int>(std::min(times.size(), seats));
  row.never_enrolled = static_cast<int>(seats - std::min(enrolled, seats));
  if (times.size() >= seats) row.completed_at = times[seats - 1];
  if (row.completed_at || row.never_enrolled > 0 || deferred < row.missing.size()) row.deferred_at.reset();
}

}  // namespace

std::string_view to_string(Applicability applicability) {
  return choice_text(kApplicabilities, applicability);
}
Result<Applicability> parse_applicability(std::string_view text) {
  return parse_choice(kApplicabilities, "an applicability", text);
}

CustomerRow make_row(const Act& act, const Commitment& commitment, const CustomerFacts& facts,
                     const std::vector<LegalDate>& rises) {
  CustomerRow row{.tax_code = facts.customer.tax_code, .name = facts.customer.name, .phone = facts.customer.phone};
  count_installs(facts, row);
  // Whoever was entitled once is still owed it, and of several reasons against it the newest is told.
  for (const LegalDate day : rises) {
    set(row, Applicability::applicable, "");
    find_applicability(act, commitment, facts.customer, day, row);
    if (row.applicability != Applicability::not_entitled) break;
  }
  return row;
}

Tally tally_of(const std::vector<CustomerRow>& rows, const std::optional<Instant>& due) {
  Tally out;
  for (const CustomerRow& row : rows) {
    if (row.applicability == Applicability::not_applicable) ++out.not_applicable;
    if (row.applicability == Applicability::not_entitled) ++out.not_entitled;
    if (row.applicability == Applicability::unknown_attribute) ++out.unknown;
    if (!row.counts()) continue;
    ++out.counted;
    out.installed += row.installed;
    out.seats += row.seats;
    out.never_enrolled += row.never_enrolled;
    if (row.completed_at) {
      ++out.complete;
      if (due && !is_in_time(*row.completed_at, *due)) ++out.late;
      out.last_completed = out.last_completed ? std::max(*out.last_completed, *row.completed_at) : *row.completed_at;
    } else if (due && row.deferred_at && is_in_time(*row.deferred_at, *due)) {
      ++out.delayed;
    }
  }
  return out;
}

}  // namespace kip
