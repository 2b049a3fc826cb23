#include <algorithm>

#include <manifests/codec/choice.hpp>
#include <manifests/deadline/clock.hpp>
#include <manifests/deadline/engine.hpp>
#include <manifests/model/service_view.hpp>

namespace kip {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;

constexpr Choices<ServiceState, 7> kStates = {{{ServiceState::running, "running"},
                                               {ServiceState::at_risk, "at_risk"},
                                               {ServiceState::met, "met"},
                                               {ServiceState::met_late, "met_late"},
                                               {ServiceState::missed, "missed"},
                                               {ServiceState::tracked, "tracked"},
                                               {ServiceState::not_entitled, "not_entitled"}}};
constexpr days kInspectionRisk(14);

Result<LegalDate> local_day(Instant at, const Calendar& calendar, const ZoneDatabase& zones) {
  KIP_TRY(const ZonedInstant zoned, zones.at(calendar.timezone(), at));
  return LegalDate(std::chrono::floor<days>(at + zoned.utc_offset));
}

/// Judges one promise about one request.
class PromiseJudge {
 public:
  PromiseJudge(const ServicePromise& promise, const Calendar& calendar, const ZoneDatabase& zones)
      : promise_(promise), terms_(*promise.about_requests()), calendar_(calendar), zones_(zones) {}

  Result<PromiseView> judge(const ServiceCase& request, const Entitlement& entitlement, Instant now) {
    PromiseView out{.promise = promise_.id, .milestone = terms_.milestone, .price = terms_.price};
    out.reached_at = request.reached(terms_.milestone);
    const bool from_failure = terms_.after == ServiceStart::remote_failed;
    out.started_at = from_failure ? request.facts().remote_failed_at : request.facts().came_at;
    if (out.started_at && terms_.office) {
      KIP_TRY(out.taken_in_at, intake_of(intake(*out.started_at), zones_));
    }
    if (!entitlement.is_entitled()) {
      const bool ended = entitlement.state == Entitlement::State::ended;
      out.state = ServiceState::not_entitled;
      out.reason = ended ? "contract-ended" : "contract-not-begun";
      return out;
    }
    if (!out.started_at || std::holds_alternative<NoPeriod>(terms_.period)) {
      out.state = ServiceState::tracked;
      return out;
    }
    KIP_TRY(out.due, due_from(*out.started_at));
    if (terms_.target) {
      KIP_TRY(const Deadline target, on_clock(*out.started_at, *terms_.target));
      out.target = target.due;
    }
    set_state(out, now);
    return out;
  }

 private:
  IntakeQuery intake(Instant at) const { return {promise_.rule, calendar_, promise_.profile, at, *terms_.office}; }

  Result<Deadline> on_clock(Instant at, const Period& period) const {
    return compute_clock_deadline({.rule = promise_.rule,
                                   .calendar = calendar_,
                                   .profile = promise_.profile,
                                   .at = at,
                                   .period = period,
                                   .clock = terms_.clock,
                                   .office = terms_.office},
                                  zones_);
  }

  Result<Deadline> due_from(Instant at) const {
    const Period* period = std::get_if<Period>(&terms_.period);
    if (period == nullptr) return compute_same_day_deadline(intake(at), zones_);
    if (is_clock_unit(period->unit())) return on_clock(at, *period);
    KIP_TRY(const LegalDate day, local_day(at, calendar_, zones_));
    return compute_deadline({.rule = promise_.rule,
                             .calendar = calendar_,
                             .profile = promise_.profile,
                             .trigger = std::nullopt,
                             .trigger_date = day,
                             .period = *period},
                            zones_);
  }

  void set_state(PromiseView& out, Instant now) const {
    const Instant due = out.due->due;
    if (out.reached_at) {
      const bool in_time = is_in_time(*out.reached_at, due);
      out.state = in_time ? ServiceState::met : ServiceState::met_late;
      if (!in_time) out.late_by = *out.reached_at - due;
    } else if (!is_in_time(now, due)) {
      out.state = ServiceState::missed;
      out.late_by = now - due;
    } else {
      out.time_left = due - now;
      const bool past_target = out.target && now >= *out.target;
      out.state = past_target || *out.time_left < terms_.risk ? ServiceState::at_risk : ServiceState::running;
    }
  }

  const ServicePromise& promise_;
  const RequestTerms& terms_;
  const Calendar& calendar_;
  const ZoneDatabase& zones_;
};

bool is_made_to(const Customer& customer, const ServicePromise& promise) {
  return customer.commitments.empty() || customer.commitments.contains(promise.id.str());
}

Result<Period> times(const Period& every, int count) {
  return Period::create(std::int64_t{every.amount()} * count, every.unit());
}

ServiceState inspection_state(const InspectionView& view, bool entitled, Instant now) {
  if (!entitled) return ServiceState::not_entitled;
  if (view.done) return ServiceState::met;
  if (!is_in_time(now, view.due->due)) return ServiceState::missed;
  return view.due->due - now < kInspectionRisk ? ServiceState::at_risk : ServiceState::running;
}

std::optional<Inspection> within(const std::vector<Inspection>& inspections, LegalDate from, LegalDate to) {
  for (const Inspection& one : inspections) {
    if (from <= one.on && one.on <= to) return one;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(ServiceState state) {
  return choice_text(kStates, state);
}
Result<ServiceState> parse_service_state(std::string_view text) {
  return parse_choice(kStates, "a state of a service request", text);
}

Result<ServiceView> judge_service(const ServiceCase& request, const std::vector<ServicePromise>& promises,
                                  const Customer& customer, Instant now, const CalendarBook& calendars,
                                  const ZoneDatabase& zones) {
  const ServiceFacts& facts = request.facts();
  ServiceView out{.number = facts.number};
  out.entitled = customer.entitlement(LegalDate(std::chrono::floor<days>(facts.came_at))).is_entitled();
  for (const ServicePromise& promise : promises) {
    if (!promise.covers(facts.product, facts.kind, facts.grade) || !is_made_to(customer, promise)) continue;
    KIP_TRY(const Calendar* calendar, calendars.find(promise.calendar));
    KIP_TRY(const LegalDate day, local_day(facts.came_at, *calendar, zones));
    const Entitlement entitlement = customer.entitlement(day);
    KIP_TRY(PromiseView view, PromiseJudge(promise, *calendar, zones).judge(request, entitlement, now));
    out.promises.push_back(std::move(view));
    out.entitled = entitlement.is_entitled();
    out.first = out.first || (out.entitled && promise.about_requests()->entitled_first);
  }
  out.by_the_hour = !out.entitled && customer.by_the_hour;
  return out;
}

Result<std::map<std::chrono::year_month, MonthShare>> shares_of(const ServicePromise& promise,
                                                                const std::vector<std::pair<Instant, PromiseView>>& of,
                                                                Instant now, const CalendarBook& calendars,
                                                                const ZoneDatabase& zones) {
  std::map<std::chrono::year_month, MonthShare> out;
  const RequestTerms* terms = promise.about_requests();
  if (terms == nullptr || !terms->share) return out;
  KIP_TRY(const Calendar* calendar, calendars.find(promise.calendar));
  for (const auto& [came, view] : of) {
    if (view.state == ServiceState::not_entitled || view.state == ServiceState::tracked) continue;
    KIP_TRY(const LegalDate day, local_day(came, *calendar, zones));
    const std::chrono::year_month_day date(day);
    MonthShare& share = out[date.year() / date.month()];
    const bool late = view.state == ServiceState::met_late || view.state == ServiceState::missed;
    ++share.requests;
    ++(view.state == ServiceState::met ? share.in_time : late ? share.late : share.open);
  }
  KIP_TRY(const LegalDate today, local_day(now, *calendar, zones));
  for (auto& [month, share] : out) {
    const std::int64_t needed = *terms->share * share.requests;
    const bool over = today >= LegalDate((month + std::chrono::months(1)) / std::chrono::day(1));
    const bool lost = 100 * (share.in_time + share.open) < needed;
    if (over && 100 * share.in_time >= needed) share.state = ServiceState::met;
    if (lost) share.state = over ? ServiceState::missed : ServiceState::at_risk;
  }
  return out;
}

Result<std::vector<InspectionView>> judge_inspections(const ServicePromise& promise, const Customer& customer,
                                                      const std::vector<Inspection>& inspections, Instant now,
                                                      const CalendarBook& calendars, const ZoneDatabase& zones) {
  std::vector<InspectionView> out;
  const InspectionTerms* terms = promise.about_inspections();
  if (terms == nullptr || promise.product != customer.product || !is_made_to(customer, promise)) return out;
  KIP_TRY(const Calendar* calendar, calendars.find(promise.calendar));
  KIP_TRY(const LegalDate today, local_day(now, *calendar, zones));
  if (!terms->every) {
    const InspectionView view{.from = customer.contract_start, .state = ServiceState::tracked};
    out.push_back(view);
    for (const Inspection& one : inspections) {
      if (!out.front().done || out.front().done->on < one.on) out.front().done = one;
    }
    return out;
  }
  LegalDate from = customer.contract_start;
  for (int count = 1; from <= today; ++count) {
    const auto period = times(*terms->every, count);
    if (!period) break;
    InspectionView view{.from = from};
    KIP_TRY(view.due, compute_deadline({.rule = promise.rule,
                                        .calendar = *calendar,
                                        .profile = promise.profile,
                                        .trigger = std::nullopt,
                                        .trigger_date = customer.contract_start,
                                        .period = *period},
                                       zones));
    view.done = within(inspections, from, view.due->last_day);
    view.state = inspection_state(view, customer.entitlement(from).is_entitled(), now);
    from = view.due->last_day + days(1);
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace kip
