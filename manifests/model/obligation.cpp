#include <algorithm>

#include <fmt/format.h>

#include <manifests/model/obligation.hpp>

namespace kip {
namespace {

constexpr std::chrono::hours kRiskWindow(48);

/// What is asked of everyone under this obligation.
struct Terms {
  std::optional<Instant> due;
  bool tracked = false;
  Instant now;
};

ObligationState judge_completion(const Terms& terms, const std::optional<Instant>& completed_at) {
  if (terms.tracked) return ObligationState::tracked;
  if (!terms.due) return ObligationState::running;
  if (completed_at) return is_in_time(*completed_at, *terms.due) ? ObligationState::met : ObligationState::met_late;
  if (!is_in_time(terms.now, *terms.due)) return ObligationState::missed;
  return *terms.due - terms.now < kRiskWindow ? ObligationState::at_risk : ObligationState::running;
}

std::optional<Instant> first_publication(const ObligationFacts& facts) {
  std::optional<Instant> first;
  for (const Publication& publication : facts.publications) {
    if (publication.product == facts.commitment.product && (!first || publication.at < *first)) first = publication.at;
  }
  return first;
}

void count_installs(const CustomerFacts& facts, CustomerRow& row) {
  const auto seats = static_cast<std::size_t>(facts.customer.seats);
  std::vector<Instant> times;
  std::size_t enrolled = 0;
  for (const InstallFact& install : facts.installs) {
    if (install.installed_at) {
      times.push_back(*install.installed_at);
    } else if (!install.retired) {
      row.missing.push_back(install.label);
    }
    if (install.installed_at || !install.retired) ++enrolled;
  }
  std::sort(times.begin(), times.end());
  row.seats = facts.customer.seats;
  row.installed = static_cast<int>(std::min(times.size(), seats));
  row.never_enrolled = static_cast<int>(seats - std::min(enrolled, seats));
  if (times.size() >= seats) row.completed_at = times[seats - 1];
}

void find_applicability(const Act& act, const Customer& customer, LegalDate date, CustomerRow& row) {
  const auto& regimes = act.applies_to.regimes;
  const auto set = [&row](Applicability applicability, std::string_view reason, std::string detail) {
    row.applicability = applicability;
    row.reason = reason;
    row.detail = std::move(detail);
  };
  const Entitlement entitlement = customer.entitlement(date);
  if (customer.regime && !regimes.empty() &&
      std::find(regimes.begin(), regimes.end(), *customer.regime) == regimes.end()) {
    set(Applicability::not_applicable, "regime-not-concerned", *customer.regime);
  } else if (!entitlement.is_entitled()) {
    const bool ended = entitlement.state == Entitlement::State::ended;
    set(Applicability::not_entitled, ended ? "contract-ended" : "contract-not-begun",
        entitlement.since ? format_date(*entitlement.since) : std::string());
  } else if (!customer.regime && !regimes.empty()) {
    set(Applicability::unknown_attribute, "regime-unknown", {});
  }
}

ObligationState row_state(const Terms& terms, const CustomerRow& row) {
  if (row.applicability == Applicability::not_applicable) return ObligationState::not_applicable;
  if (row.applicability == Applicability::not_entitled) return ObligationState::not_entitled;
  return judge_completion(terms, row.completed_at);
}

bool is_counted(const CustomerRow& row) {
  return row.applicability == Applicability::applicable || row.applicability == Applicability::unknown_attribute;
}

/// The row in the worst state decides; all rows have the same due instant.
void sum_up(ObligationView& view, const Terms& terms) {
  bool any_counted = false;
  bool all_complete = true;
  bool any_not_entitled = false;
  std::optional<Instant> last;
  for (const CustomerRow& row : view.customers) {
    any_not_entitled = any_not_entitled || row.applicability == Applicability::not_entitled;
    if (!is_counted(row)) continue;
    any_counted = true;
    view.installed += row.installed;
    view.seats += row.seats;
    if (!row.completed_at) {
      all_complete = false;
    } else if (!last || *last < *row.completed_at) {
      last = row.completed_at;
    }
  }
  if (any_counted) {
    if (all_complete) view.completed_at = last;
    view.state = judge_completion(terms, view.completed_at);
    return;
  }
  view.state = any_not_entitled ? ObligationState::not_entitled : ObligationState::not_applicable;
  if (view.customers.empty()) view.reason = "no-customers";
}

void judge_customers(ObligationView& view, const ObligationFacts& facts, const Terms& terms, LegalDate date) {
  for (const CustomerFacts& customer : facts.customers) {
    if (customer.customer.product != facts.commitment.product) continue;
    CustomerRow row{.tax_code = customer.customer.tax_code, .name = customer.customer.name};
    count_installs(customer, row);
    find_applicability(facts.act, customer.customer, date, row);
    row.state = row_state(terms, row);
    view.customers.push_back(std::move(row));
  }
  sum_up(view, terms);
}

void set_times(ObligationView& view, const Terms& terms) {
  if (!terms.due) return;
  if (view.state == ObligationState::running || view.state == ObligationState::at_risk) {
    view.time_left = *terms.due - terms.now;
  } else if (view.state == ObligationState::missed) {
    view.late_by = terms.now - *terms.due;
  } else if (view.state == ObligationState::met_late && view.completed_at) {
    view.late_by = *view.completed_at - *terms.due;
  }
}

Result<void> set_due(ObligationView& view, const ObligationFacts& facts, const Calendar& calendar,
                     const ZoneDatabase& zones) {
  const Commitment& commitment = facts.commitment;
  const auto date = commitment.trigger_date(facts.act);
  if (!commitment.period) {
    view.target = facts.act.effective_on;
  } else if (!date) {
    view.reason = "trigger-date-missing";
  } else {
    KIP_TRY(view.due, compute_deadline({.rule = commitment.rule,
                                        .calendar = calendar,
                                        .profile = commitment.profile,
                                        .trigger = commitment.trigger,
                                        .trigger_date = *date,
                                        .period = *commitment.period},
                                       zones));
  }
  return {};
}

}  // namespace

Result<ObligationView> judge(const ObligationFacts& facts, const Calendar& calendar, const ZoneDatabase& zones) {
  const Commitment& commitment = facts.commitment;
  if (calendar.country() != commitment.calendar) {
    return fail(ErrorCode::usage, fmt::format("the commitment \"{}\" counts by the calendar of {}, not of {}",
                                              commitment.id.str(), commitment.calendar, calendar.country()));
  }
  ObligationView view{.number = facts.number,
                      .act = facts.act.key,
                      .commitment = commitment.id,
                      .product = commitment.product,
                      .milestone = commitment.milestone};
  view.published_at = first_publication(facts);
  KIP_TRY_VOID(set_due(view, facts, calendar, zones));
  Terms terms{.due = {}, .tracked = !commitment.period, .now = facts.now};
  if (view.due) terms.due = view.due->due;

  const auto& products = facts.act.applies_to.products;
  if (!products.empty() && std::find(products.begin(), products.end(), commitment.product) == products.end()) {
    view.state = ObligationState::not_applicable;
    view.reason = "product-not-concerned";
  } else if (commitment.milestone == Milestone::published) {
    view.completed_at = view.published_at;
    view.state = judge_completion(terms, view.completed_at);
  } else {
    judge_customers(view, facts, terms, commitment.trigger_date(facts.act).value_or(facts.act.signed_on));
  }
  set_times(view, terms);
  return view;
}

}  // namespace kip
