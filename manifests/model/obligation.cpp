#include <algorithm>

#include <fmt/format.h>

#include <manifests/deadline/engine.hpp>
#include <manifests/model/obligation.hpp>

namespace kip {
namespace {

/// A computer that works is switched on within a long weekend.
constexpr std::chrono::hours kSilence(72);

/// What is asked of everyone under this obligation.
struct Terms {
  std::optional<Instant> due;
  bool tracked = false;
  std::chrono::hours risk{};
  Instant now;
};

ObligationState judge_completion(const Terms& terms, const std::optional<Instant>& completed_at) {
  if (terms.tracked) return ObligationState::tracked;
  if (!terms.due) return ObligationState::running;
  if (completed_at) return is_in_time(*completed_at, *terms.due) ? ObligationState::met : ObligationState::met_late;
  if (!is_in_time(terms.now, *terms.due)) return ObligationState::missed;
  return *terms.due - terms.now < terms.risk ? ObligationState::at_risk : ObligationState::running;
}

bool is_open(ObligationState state) {
  return state == ObligationState::running || state == ObligationState::at_risk || state == ObligationState::missed;
}

std::optional<Instant> first_publication(const ObligationFacts& facts, std::string_view part) {
  std::optional<Instant> first;
  for (const Publication& publication : facts.publications) {
    const bool serves = publication.part.empty() || publication.part == part;
    if (publication.product == facts.commitment.product && serves && (!first || publication.at < *first))
      first = publication.at;
  }
  return first;
}

void set_parts(ObligationView& view, const ObligationFacts& facts) {
  std::vector<std::string> names = facts.act.parts;
  if (names.empty()) names.emplace_back();
  bool all = true;
  for (const std::string& name : names) {
    PartView part{name, first_publication(facts, name)};
    if (const UpstreamBlock* block = facts.circumstances.open_block(name)) part.blocked = *block;
    all = all && part.published_at;
    if (part.published_at) {
      view.published_at = view.published_at ? std::max(*view.published_at, *part.published_at) : *part.published_at;
    }
    view.parts.push_back(std::move(part));
  }
  if (!all) view.published_at.reset();
}

Result<void> set_clocks(ObligationView& view, const ObligationFacts& facts, const Calendar& calendar,
                        const ZoneDatabase& zones) {
  const Commitment& commitment = facts.commitment;
  if (!commitment.period) {
    view.target = facts.history.standing(Trigger::act_effective).in_force;
    if (!view.target) view.target = facts.act.effective_on;
    const Trigger date = view.target ? Trigger::act_effective : Trigger::act_signed;
    view.confirmed = facts.history.standing(date).is_confirmed();
    return {};
  }
  view.clocks = clocks_of(facts.act, facts.history, commitment.trigger);
  for (ObligationClock& clock : view.clocks) {
    KIP_TRY(clock.due, due_of(clock, commitment, facts.history, calendar, zones));
    if (const Calendar* before = calendar.before_amendments()) {
      KIP_TRY(const Deadline due, due_of(clock, commitment, facts.history, *before, zones));
      if (due.due != clock.due->due) clock.due_before_amendments = due;
    }
  }
  if (view.clocks.empty()) {
    view.reason = "trigger-date-missing";
    return {};
  }
  view.due = view.clocks.back().due;
  view.confirmed = view.clocks.back().cause != ClockCause::stated;
  const DateStanding standing = facts.history.standing(commitment.trigger);
  if (standing.disputed) view.disputed = standing.stated;
  return {};
}

/// What was due after the day on which the clock was stopped is not asked for; what was reached stays reached.
Result<void> apply_stop(ObligationView& view, const Calendar& calendar, const ZoneDatabase& zones) {
  if (view.clocks.empty() || !view.clocks.back().stopped_on || !is_open(view.state)) return {};
  const ObligationClock& clock = view.clocks.back();
  KIP_TRY(const ZonedInstant stop, start_of_day(*clock.stopped_on, calendar, zones));
  if (is_in_time(view.due->due, stop.instant)) return {};
  view.state = ObligationState::not_applicable;
  view.reason = *clock.stopped_by == ActTurn::withdrawn ? "act-withdrawn" : "act-suspended";
  return {};
}

/// Whether the authority had not delivered a part when the limit passed.
bool was_blocked(const ObligationFacts& facts, const std::string& part, const Deadline& due) {
  const auto& blocks = facts.circumstances.blocks();
  return std::any_of(blocks.begin(), blocks.end(), [&](const UpstreamBlock& block) {
    return (block.part.empty() || block.part == part) && block.since <= due.last_day &&
           (!block.until || due.last_day < *block.until);
  });
}

/// Whether all that is not published is blocked, and was so when the limit passed, where it has. One part that an
/// authority holds up is no reason for the others.
bool is_blocked(const ObligationView& view, const ObligationFacts& facts) {
  const bool passed = view.due && !is_in_time(facts.now, view.due->due);
  bool any = false;
  for (const PartView& part : view.parts) {
    const bool in_time = part.published_at && (!view.due || is_in_time(*part.published_at, view.due->due));
    if (in_time) continue;
    if (passed && !was_blocked(facts, part.name, *view.due)) return false;
    if (part.published_at) continue;
    if (!part.blocked) return false;
    any = true;
  }
  return any;
}

/// Whether all that was published late was blocked when the limit passed.
bool is_authoritys_delay(const ObligationView& view, const ObligationFacts& facts) {
  bool any = false;
  for (const PartView& part : view.parts) {
    if (part.published_at && is_in_time(*part.published_at, view.due->due)) continue;
    if (!was_blocked(facts, part.name, *view.due)) return false;
    any = true;
  }
  return any;
}

/// Whether every customer that is not in time has put it off before the limit.
bool is_customers_delay(const Tally& tally) {
  return tally.delayed > 0 && tally.delayed == tally.counted - tally.complete + tally.late;
}

/// Circumstances say why something is not done; nothing that is not done becomes done by them.
void apply_circumstances(ObligationView& view, const ObligationFacts& facts) {
  if (const Waiver* waiver = facts.circumstances.waiver_in_force(facts.now)) view.waiver = *waiver;
  if (is_open(view.state)) {
    if (view.waiver) {
      view.state = ObligationState::waived;
    } else if (is_blocked(view, facts)) {
      view.state = ObligationState::blocked_upstream;
    } else if (view.state == ObligationState::missed && is_customers_delay(view.tally)) {
      view.state = ObligationState::delayed_by_customer;
    }
  } else if (view.state == ObligationState::met_late && view.due) {
    if (facts.circumstances.waiver_in_force(view.due->due) != nullptr) {
      view.reason = "waived";
    } else if (is_authoritys_delay(view, facts)) {
      view.reason = "blocked-upstream";
    } else if (is_customers_delay(view.tally)) {
      view.reason = "delayed-by-customer";
    }
  }
}

void judge_customers(ObligationView& view, const Terms& terms) {
  const Tally& tally = view.tally;
  if (tally.counted > 0) {
    if (tally.complete == tally.counted) view.completed_at = tally.last_completed;
    view.state = judge_completion(terms, view.completed_at);
    return;
  }
  view.state = tally.not_entitled > 0 ? ObligationState::not_entitled : ObligationState::not_applicable;
  if (tally.not_entitled == 0 && tally.not_applicable == 0) view.reason = "no-customers";
}

bool is_put_off(const Terms& terms, const CustomerRow& row) {
  return row.deferred_at && terms.due && is_in_time(*row.deferred_at, *terms.due);
}

ObligationState row_state(const ObligationView& view, const Terms& terms, const CustomerRow& row) {
  if (row.applicability == Applicability::not_applicable) return ObligationState::not_applicable;
  if (row.applicability == Applicability::not_entitled) return ObligationState::not_entitled;
  if (view.state == ObligationState::unconfirmed) return ObligationState::unconfirmed;
  const ObligationState own = judge_completion(terms, row.completed_at);
  if (!is_open(own)) return own;
  const bool of_all = view.state == ObligationState::waived || view.state == ObligationState::blocked_upstream ||
                      view.state == ObligationState::not_applicable;
  if (of_all) return view.state;
  return own == ObligationState::missed && is_put_off(terms, row) ? ObligationState::delayed_by_customer : own;
}

void set_row_state(const ObligationView& view, const Terms& terms, CustomerRow& row) {
  row.state = row_state(view, terms, row);
  if (row.state == ObligationState::met_late && row.reason.empty() && is_put_off(terms, row))
    row.reason = "delayed-by-customer";
}

void set_times(ObligationView& view, const Terms& terms) {
  if (!terms.due) return;
  if (view.completed_at) {
    if (!is_in_time(*view.completed_at, *terms.due)) view.late_by = *view.completed_at - *terms.due;
    return;
  }
  if (!is_asked_for(view.state)) return;
  if (is_in_time(terms.now, *terms.due)) {
    view.time_left = *terms.due - terms.now;
  } else {
    view.late_by = terms.now - *terms.due;
  }
}

Result<void> check_calendar(const Commitment& commitment, const Calendar& calendar) {
  if (calendar.country() == commitment.calendar) return {};
  return fail(ErrorCode::usage, fmt::format("the commitment \"{}\" counts by the calendar of {}, not of {}",
                                            commitment.id.str(), commitment.calendar, calendar.country()));
}

bool concerns_product(const ObligationFacts& facts) {
  const auto& products = facts.act.applies_to.products;
  return products.empty() || std::find(products.begin(), products.end(), facts.commitment.product) != products.end();
}

/// All but the customers.
Result<ObligationView> begin_view(const ObligationFacts& facts, const Calendar& calendar, const ZoneDatabase& zones) {
  const Commitment& commitment = facts.commitment;
  KIP_TRY_VOID(check_calendar(commitment, calendar));
  ObligationView view{.number = facts.number,
                      .act = facts.act.key,
                      .commitment = commitment.id,
                      .product = commitment.product,
                      .milestone = commitment.milestone};
  set_parts(view, facts);
  KIP_TRY_VOID(set_clocks(view, facts, calendar, zones));
  return view;
}

Terms terms_of(const ObligationView& view, const ObligationFacts& facts) {
  Terms terms{.due = {}, .tracked = !facts.commitment.period, .risk = facts.commitment.risk, .now = facts.now};
  if (view.due) terms.due = view.due->due;
  return terms;
}

Result<void> finish_view(ObligationView& view, const ObligationFacts& facts, const Terms& terms,
                         const Calendar& calendar, const ZoneDatabase& zones) {
  if (!concerns_product(facts)) {
    view.state = ObligationState::not_applicable;
    view.reason = "product-not-concerned";
  } else if (facts.commitment.milestone == Milestone::published) {
    view.completed_at = view.published_at;
    view.state = judge_completion(terms, view.completed_at);
  } else {
    judge_customers(view, terms);
  }
  if (is_asked_for(view.state) && !view.confirmed && !terms.tracked) {
    view.state = ObligationState::unconfirmed;
    if (view.due) view.reason = view.disputed.empty() ? "date-unconfirmed" : "date-disputed";
  } else {
    KIP_TRY_VOID(apply_stop(view, calendar, zones));
    apply_circumstances(view, facts);
  }
  set_times(view, terms);
  return {};
}

}  // namespace

Forecast forecast_of(const std::vector<CustomerRow>& rows, Instant now) {
  Forecast out;
  for (const CustomerRow& row : rows) {
    if (!row.counts() || row.completed_at) continue;
    if (row.never_enrolled > 0) {
      ++out.never_enrolled;
    } else if (row.deferred_at) {
      ++out.deferring;
    } else if (row.never_heard || (row.silent_since && kSilence <= now - *row.silent_since)) {
      ++out.silent;
    } else {
      ++out.on_the_way;
    }
  }
  return out;
}

Result<ObligationView> judge_tallied(const ObligationFacts& facts, const Tallier& tally, const Calendar& calendar,
                                     const ZoneDatabase& zones) {
  KIP_TRY(ObligationView view, begin_view(facts, calendar, zones));
  const Terms terms = terms_of(view, facts);
  if (facts.commitment.milestone == Milestone::installed && concerns_product(facts)) {
    KIP_TRY(view.tally, tally(terms.due));
  }
  KIP_TRY_VOID(finish_view(view, facts, terms, calendar, zones));
  return view;
}

Result<ObligationView> judge(const ObligationFacts& facts, const Calendar& calendar, const ZoneDatabase& zones) {
  const Commitment& commitment = facts.commitment;
  const auto rises = days_of_rise(facts.act, facts.history, commitment.trigger);
  std::vector<CustomerRow> rows;
  const auto tally = [&](const std::optional<Instant>& due) -> Result<Tally> {
    for (const CustomerFacts& customer : facts.customers) {
      if (customer.customer.product == commitment.product)
        rows.push_back(make_row(facts.act, commitment, customer, rises));
    }
    return tally_of(rows, due);
  };
  KIP_TRY(ObligationView view, judge_tallied(facts, tally, calendar, zones));
  view.customers = std::move(rows);
  if (is_asked_for(view.state)) view.forecast = forecast_of(view.customers, facts.now);
  for (CustomerRow& row : view.customers)
    set_row_state(view, terms_of(view, facts), row);
  return view;
}

}  // namespace kip
