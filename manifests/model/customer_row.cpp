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

/// Since when nothing was missing but what had been put off: what was not put off ends its part by being there.
std::optional<Instant> put_off_since(const std::vector<const InstallFact*>& counted, const CustomerRow& row) {
  std::optional<Instant> since;
  bool any = false;
  for (const InstallFact* install : counted) {
    const bool put_off =
        install->deferred_at && (!install->installed_at || *install->deferred_at < *install->installed_at);
    if (!put_off && !install->installed_at) return std::nullopt;
    any = any || put_off;
    const Instant from = put_off ? *install->deferred_at : *install->installed_at;
    since = since ? std::max(*since, from) : from;
  }
  const bool was_ever_so = any && (!row.completed_at || *since < *row.completed_at);
  return was_ever_so ? since : std::nullopt;
}

void note_missing(const InstallFact& install, CustomerRow& row) {
  row.missing.push_back(install.label);
  row.never_heard = row.never_heard || !install.heard_at;
  if (install.heard_at && (!row.silent_since || *install.heard_at < *row.silent_since))
    row.silent_since = install.heard_at;
}

void count_installs(const CustomerFacts& facts, CustomerRow& row) {
  const auto seats = static_cast<std::size_t>(facts.customer.seats);
  std::vector<const InstallFact*> done;
  std::vector<const InstallFact*> open;
  std::vector<std::string> gone;
  for (const InstallFact& install : facts.installs) {
    if (install.installed_at) {
      done.push_back(&install);
      if (install.retired) row.retired.push_back(install.label);
    } else if (install.retired) {
      gone.push_back(install.label);
    } else {
      open.push_back(&install);
      note_missing(install, row);
    }
  }
  std::sort(done.begin(), done.end(), [](const auto* a, const auto* b) { return *a->installed_at < *b->installed_at; });
  const std::size_t enrolled = done.size() + open.size();
  row.seats = facts.customer.seats;
  row.installed = static_cast<int>(std::min(done.size(), seats));
  row.never_enrolled = static_cast<int>(seats - std::min(enrolled, seats));
  if (row.never_enrolled > 0) {
    row.retired_without = std::move(gone);
    return;
  }
  std::vector<const InstallFact*> counted = done;
  if (done.size() >= seats) {
    counted.resize(seats);
    row.completed_at = counted.back()->installed_at;
  } else {
    counted.insert(counted.end(), open.begin(), open.end());
  }
  row.deferred_at = put_off_since(counted, row);
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
    const bool in_time = row.completed_at && (!due || is_in_time(*row.completed_at, *due));
    if (row.completed_at) {
      ++out.complete;
      if (!in_time) ++out.late;
      out.last_completed = out.last_completed ? std::max(*out.last_completed, *row.completed_at) : *row.completed_at;
    }
    if (!in_time && due && row.deferred_at && is_in_time(*row.deferred_at, *due)) ++out.delayed;
  }
  return out;
}

}  // namespace kip
