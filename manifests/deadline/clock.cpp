#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <manifests/deadline/clock.hpp>

#include "trail.hpp"

namespace kip {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;

constexpr days kLongestRun(36'525);
/// A longer explanation helps nobody: what follows is said in one step.
constexpr std::size_t kMostRuns = 60;

LegalDate local_date(std::chrono::local_time<milliseconds> time) {
  return LegalDate(std::chrono::floor<days>(time).time_since_epoch());
}

std::string format_clock_time(milliseconds length) {
  const std::chrono::hh_mm_ss time(length);
  std::string out = fmt::format("{}:{:02}", time.hours().count(), time.minutes().count());
  const auto seconds = time.seconds().count();
  const auto millis = time.subseconds().count();
  if (seconds != 0 || millis != 0) out += fmt::format(":{:02}", seconds);
  if (millis != 0) out += fmt::format(".{:03}", millis);
  return out;
}

/// A stretch of time during which the clock runs.
struct Span {
  Instant from;
  Instant to;
};

/// Counts one deadline on a clock.
class ClockCount {
 public:
  ClockCount(const ClockQuery& query, const Rule& rule, const ZoneDatabase& zones, Deadline& out)
      : query_(query),
        rule_(rule),
        zones_(zones),
        out_(out),
        trail_(rule, out),
        judge_(rule, query.calendar, query.profile, trail_) {}

  Result<void> run();
  Result<void> run_same_day();
  Result<Instant> intake();

 private:
  Result<void> check() const;
  Result<Instant> after_the_hour_of_the_event(Instant at);
  Result<Instant> taken_in(Instant at);
  Result<Instant> used_up(Instant from);
  Result<std::vector<Span>> spans_of(LegalDate date);
  Result<std::vector<Span>> office_spans(LegalDate date);
  bool stands_still(LegalDate date, DayStatus& status);
  Result<void> say_run(Span span);
  Result<void> say_last_run();
  Result<void> say_standstill(LegalDate date, const DayStatus& status);
  Result<void> end(Instant due);

  /// The local time at an instant, and as text with its offset.
  Result<std::chrono::local_time<milliseconds>> local(Instant at) const;
  Result<std::string> moment(Instant at) const;
  Result<Instant> midnight(LegalDate date) const;

  bool counts_in_office_hours() const;

  const ClockQuery& query_;
  const Rule& rule_;
  const ZoneDatabase& zones_;
  Deadline& out_;
  Trail trail_;
  DayJudge judge_;
  std::optional<Span> run_;  ///< not yet said: the next may follow without a gap
  milliseconds run_time_{};  ///< what of it counted
  std::size_t said_ = 0;
  bool taking_in_ = false;
};

Result<std::chrono::local_time<milliseconds>> ClockCount::local(Instant at) const {
  KIP_TRY(const ZonedInstant zoned, zones_.at(query_.calendar.timezone(), at));
  return std::chrono::local_time<milliseconds>(at.time_since_epoch() + zoned.utc_offset);
}

Result<std::string> ClockCount::moment(Instant at) const {
  KIP_TRY(const ZonedInstant zoned, zones_.at(query_.calendar.timezone(), at));
  std::string text = format_instant(at + zoned.utc_offset);
  text.pop_back();
  return text + format_offset(zoned.utc_offset);
}

Result<Instant> ClockCount::midnight(LegalDate date) const {
  const std::chrono::local_days day(date.time_since_epoch());
  KIP_TRY(const ZonedInstant zoned, zones_.to_utc(query_.calendar.timezone(), day));
  return zoned.instant;
}

Result<void> ClockCount::check() const {
  const PeriodUnit unit = query_.period.unit();
  if (!is_clock_unit(unit)) {
    return fail(ErrorCode::malformed, fmt::format("a period in {}s runs from a date, not on a clock", to_string(unit)));
  }
  if (unit == PeriodUnit::working_hour && query_.clock != ClockPolicy::working_hours &&
      query_.clock != ClockPolicy::duty_hours) {
    return fail(ErrorCode::malformed,
                fmt::format("working hours run on the clock \"working-hours\", not \"{}\"; state the period in hours, "
                            "or leave the clock out",
                            to_string(query_.clock)));
  }
  if (needs_office_hours(query_.clock) && !query_.office) {
    return fail(ErrorCode::malformed, fmt::format("the clock \"{}\" needs office hours; name them, as 08:00-12:00 and "
                                                  "13:00-17:00",
                                                  to_string(query_.clock)));
  }
  return check_deadline_date(std::chrono::floor<days>(query_.at));
}

/// Source: Regulation 1182/71 art. 3(1).
Result<Instant> ClockCount::after_the_hour_of_the_event(Instant at) {
  if (rule_.hour_start == HourStart::moment || query_.period.unit() == PeriodUnit::minute) return at;
  KIP_TRY(const auto time, local(at));
  const Instant next = at + (std::chrono::floor<std::chrono::hours>(time) + std::chrono::hours(1) - time);
  KIP_TRY(std::string from, moment(at));
  KIP_TRY(std::string to, moment(next));
  trail_.step("event-hour-excluded", rule_.hours, {{"at", std::move(from)}, {"next", std::move(to)}});
  return next;
}

Result<std::vector<Span>> ClockCount::office_spans(LegalDate date) {
  std::vector<Span> out;
  const std::chrono::local_days day(date.time_since_epoch());
  for (const OfficeBlock& block : query_.office->blocks()) {
    KIP_TRY(const ZonedInstant from, zones_.to_utc(query_.calendar.timezone(), day + block.from));
    KIP_TRY(const ZonedInstant to, zones_.to_utc(query_.calendar.timezone(), day + block.to));
    out.push_back({from.instant, to.instant});
  }
  return out;
}

bool ClockCount::stands_still(LegalDate date, DayStatus& status) {
  if (query_.clock == ClockPolicy::duty_hours) return false;
  const bool only_by_law = query_.clock == ClockPolicy::skip_statutory_holidays ||
                           query_.clock == ClockPolicy::intake_then_skip_statutory_holidays;
  if (only_by_law && !taking_in_) {
    const bool holiday = judge_.is_statutory_holiday(date);
    status = judge_.quiet_status(date);
    return holiday;
  }
  status = judge_.status(date);
  return !status.working;
}

bool ClockCount::counts_in_office_hours() const {
  return taking_in_ || query_.clock == ClockPolicy::working_hours || query_.clock == ClockPolicy::duty_hours;
}

Result<std::vector<Span>> ClockCount::spans_of(LegalDate date) {
  DayStatus status;
  if (stands_still(date, status)) {
    KIP_TRY_VOID(say_standstill(date, status));
    return std::vector<Span>();
  }
  if (counts_in_office_hours()) return office_spans(date);
  KIP_TRY(const Instant from, midnight(date));
  KIP_TRY(const Instant to, midnight(date + days(1)));
  return std::vector<Span>{{from, to}};
}

Result<Instant> ClockCount::taken_in(Instant at) {
  taking_in_ = true;
  KIP_TRY(const auto time, local(at));
  const LegalDate first = local_date(time);
  for (LegalDate date = first; date <= first + days(366); date += days(1)) {
    KIP_TRY(const auto spans, spans_of(date));
    for (const Span& span : spans) {
      if (at >= span.to) continue;
      taking_in_ = false;
      const Instant start = std::max(at, span.from);
      KIP_TRY(std::string from, moment(at));
      KIP_TRY(std::string to, moment(start));
      trail_.step(start == at ? "taken-in-at-once" : "taken-in", {},
                  {{"at", std::move(from)}, {"next", std::move(to)}});
      return start;
    }
  }
  return fail(ErrorCode::malformed, fmt::format("by the calendar {} the office does not open within a year after {}",
                                                query_.calendar.version(), format_instant(at)));
}

Result<void> ClockCount::say_run(Span span) {
  const bool follows = run_ && run_->to == span.from;
  const bool is_last_to_be_said = said_ >= kMostRuns;
  if (run_ && (follows || is_last_to_be_said)) {
    run_->to = span.to;
  } else {
    KIP_TRY_VOID(say_last_run());
    run_ = span;
  }
  run_time_ += span.to - span.from;
  return {};
}

Result<void> ClockCount::say_last_run() {
  if (!run_) return {};
  KIP_TRY(std::string from, moment(run_->from));
  KIP_TRY(std::string to, moment(run_->to));
  const bool has_gaps = run_->to - run_->from != run_time_;
  trail_.step(has_gaps ? "clock-runs-on" : "clock-runs", {},
              {{"from", std::move(from)}, {"to", std::move(to)}, {"length", format_clock_time(run_time_)}});
  ++said_;
  run_.reset();
  run_time_ = {};
  return {};
}

Result<void> ClockCount::say_standstill(LegalDate date, const DayStatus& status) {
  if (said_ >= kMostRuns) return {};
  KIP_TRY_VOID(say_last_run());
  ++said_;
  ExplanationArgs args = {{"date", format_date(date)}};
  const bool holiday = status.reason == DayReason::holiday;
  if (holiday) args.emplace("name", status.name);
  trail_.step(holiday ? "clock-stands-on-holiday" : "clock-stands-on-weekend", {}, std::move(args));
  return {};
}

/// The first instant at which all of the period has been counted.
Result<Instant> ClockCount::used_up(Instant from) {
  milliseconds left = query_.period.clock_time();
  KIP_TRY(const auto time, local(from));
  const LegalDate first = local_date(time);
  for (LegalDate date = first; date <= first + kLongestRun; date += days(1)) {
    KIP_TRY(const auto spans, spans_of(date));
    for (const Span& span : spans) {
      const Instant start = std::max(from, span.from);
      if (start >= span.to) continue;
      const Instant end = std::min(span.to, start + left);
      KIP_TRY_VOID(say_run({start, end}));
      left -= end - start;
      if (left == milliseconds(0)) return end;
    }
  }
  return fail(ErrorCode::malformed, fmt::format("the period is not used up within a hundred years; look at the office "
                                                "hours and the calendar {}",
                                                query_.calendar.version()));
}

Result<void> ClockCount::end(Instant due) {
  KIP_TRY_VOID(say_last_run());
  KIP_TRY(const ZonedInstant zoned, zones_.at(query_.calendar.timezone(), due));
  KIP_TRY(const auto time, local(due));
  KIP_TRY(std::string at, moment(due));
  out_.due = due;
  out_.last_day = local_date(time);
  out_.raw_last_day = out_.last_day;
  trail_.step("ends-at", {},
              {{"at", std::move(at)},
               {"zone", query_.calendar.timezone()},
               {"offset", format_offset(zoned.utc_offset)},
               {"instant", format_instant(due)}});
  record(out_, trail_, rule_, query_.calendar, query_.profile, zoned.utc_offset, zones_.version());
  out_.record.clock = to_string(query_.clock);
  return {};
}

Result<void> ClockCount::run() {
  KIP_TRY_VOID(check());
  out_.by_clock = true;
  KIP_TRY(std::string at, moment(query_.at));
  ExplanationArgs args = {{"at", std::move(at)},
                          {"amount", std::to_string(query_.period.amount())},
                          {"unit", std::string(to_string(query_.period.unit()))}};
  const bool from_moment = rule_.hour_start == HourStart::moment;
  trail_.step("clock-starts", from_moment ? std::string_view(rule_.hours) : std::string_view(), std::move(args));
  args = {{"clock", std::string(to_string(query_.clock))}};
  if (needs_office_hours(query_.clock)) args.emplace("office", query_.office->text());
  trail_.step("clock-policy", {}, std::move(args));
  KIP_TRY(Instant start, after_the_hour_of_the_event(query_.at));
  if (begins_with_intake(query_.clock)) {
    KIP_TRY(start, taken_in(start));
  }
  const bool all_counts = query_.clock == ClockPolicy::elapsed || query_.clock == ClockPolicy::intake_then_elapsed;
  if (!all_counts) {
    KIP_TRY(const Instant due, used_up(start));
    return end(due);
  }
  KIP_TRY_VOID(say_run({start, start + query_.period.clock_time()}));
  return end(start + query_.period.clock_time());
}

Result<void> ClockCount::run_same_day() {
  KIP_TRY_VOID(check_deadline_date(std::chrono::floor<days>(query_.at)));
  out_.by_clock = true;
  KIP_TRY(std::string at, moment(query_.at));
  trail_.step("same-day-starts", {}, {{"at", std::move(at)}, {"office", query_.office->text()}});
  KIP_TRY(const Instant start, taken_in(query_.at));
  KIP_TRY(const auto time, local(start));
  const std::chrono::local_days day(local_date(time).time_since_epoch());
  KIP_TRY(const ZonedInstant close,
          zones_.to_utc(query_.calendar.timezone(), day + query_.office->close_of_business()));
  KIP_TRY_VOID(say_run({start, close.instant}));
  return end(close.instant);
}

Result<Instant> ClockCount::intake() {
  KIP_TRY_VOID(check_deadline_date(std::chrono::floor<days>(query_.at)));
  return taken_in(query_.at);
}

/// For questions in which the length of the period plays no part.
Result<ClockQuery> with_any_period(const IntakeQuery& query) {
  KIP_TRY(const Period minute, Period::create(1, PeriodUnit::minute));
  return ClockQuery{query.rule,  query.calendar, query.profile, query.at, minute, ClockPolicy::intake_then_elapsed,
                    query.office};
}

}  // namespace

Result<Deadline> compute_same_day_deadline(const IntakeQuery& query, const ZoneDatabase& zones) {
  KIP_TRY(const Rule* rule, find_rule(query.rule));
  KIP_TRY(const ClockQuery clock, with_any_period(query));
  Deadline out;
  ClockCount count(clock, *rule, zones, out);
  KIP_TRY_VOID(count.run_same_day());
  return out;
}

Result<Instant> intake_of(const IntakeQuery& query, const ZoneDatabase& zones) {
  KIP_TRY(const Rule* rule, find_rule(query.rule));
  KIP_TRY(const ClockQuery clock, with_any_period(query));
  Deadline out;
  ClockCount count(clock, *rule, zones, out);
  return count.intake();
}

Result<Deadline> compute_clock_deadline(const ClockQuery& query, const ZoneDatabase& zones) {
  KIP_TRY(const Rule* rule, find_rule(query.rule));
  Deadline out;
  ClockCount count(query, *rule, zones, out);
  KIP_TRY_VOID(count.run());
  return out;
}

}  // namespace kip
