#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <manifests/deadline/clock.hpp>
#include <manifests/deadline/engine.hpp>
#include <testing/replay.hpp>
#include <testing/zones.hpp>

namespace kip {
namespace {

using std::chrono::days;

const LegalDate kFrom = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
constexpr int kCoveredDays = 1096;

/// A calendar with some tens of holidays, working Saturdays and swaps at any place.
Calendar::Parts any_calendar() {
  Calendar::Parts parts{.country = "VN",
                        .version = "any",
                        .timezone = "Asia/Ho_Chi_Minh",
                        .weekend = {6, 7},
                        .coverage = {kFrom, kFrom + days(kCoveredDays - 1)},
                        .rows = {},
                        .unconfirmed = {},
                        .fixed = {{std::chrono::April / 30, "fixed", std::chrono::year(1900)}}};
  const auto places = *rc::gen::container<std::set<int>>(40, rc::gen::inRange(0, kCoveredDays));
  for (const int place : places) {
    parts.rows.push_back({.date = kFrom + days(place),
                          .name = "row",
                          .kind = *rc::gen::element(DayKind::off, DayKind::off, DayKind::off, DayKind::work),
                          .type = *rc::gen::element(RowType::statutory, RowType::swap),
                          .for_date = {}});
  }
  return parts;
}

/// Also somewhat outside the coverage, and every third time at the end of a month.
LegalDate any_date() {
  const LegalDate date = kFrom + days(*rc::gen::inRange(-60, kCoveredDays + 60));
  const std::chrono::year_month_day day(date);
  return *rc::gen::inRange(0, 3) == 0 ? LegalDate(day.year() / day.month() / std::chrono::last) : date;
}

PeriodUnit any_unit() {
  return *rc::gen::element(PeriodUnit::day, PeriodUnit::working_day, PeriodUnit::week, PeriodUnit::month,
                           PeriodUnit::year);
}

std::string any_rule() {
  return *rc::gen::element<std::string>("VN-CIVIL-2015", "EU-1182-71", "HU-CONTRACT", "CN-CIVIL", "LITERAL");
}

CalendarProfile any_profile() {
  return *rc::gen::element(CalendarProfile::all_rows, CalendarProfile::statutory);
}

int any_amount(PeriodUnit unit) {
  return *rc::gen::inRange(1, unit == PeriodUnit::day ? 400 : 10);
}

Deadline compute(const Calendar& calendar, CalendarProfile profile, LegalDate start, const Period& period,
                 const std::string& rule = "VN-CIVIL-2015") {
  return compute_deadline(
             {.rule = rule, .calendar = calendar, .profile = profile, .trigger_date = start, .period = period},
             testing::FixedZone())
      .value();
}

RC_GTEST_PROP(DeadlineProperty, LaterStartNeverEndsEarlier, ()) {
  const Calendar calendar = Calendar::create(any_calendar()).value();
  const PeriodUnit unit = any_unit();
  const Period period = Period::create(any_amount(unit), unit).value();
  const CalendarProfile profile = any_profile();
  const LegalDate start = any_date();
  const LegalDate later = start + days(*rc::gen::inRange(1, 4));  // small steps make the large ones
  const std::string rule = any_rule();
  RC_ASSERT(compute(calendar, profile, start, period, rule).due <= compute(calendar, profile, later, period, rule).due);
}

RC_GTEST_PROP(DeadlineProperty, LongerPeriodNeverEndsEarlier, ()) {
  const Calendar calendar = Calendar::create(any_calendar()).value();
  const PeriodUnit unit = any_unit();
  const int amount = any_amount(unit);
  const CalendarProfile profile = any_profile();
  const LegalDate start = any_date();
  const std::string rule = any_rule();
  const Deadline shorter = compute(calendar, profile, start, Period::create(amount, unit).value(), rule);
  const Deadline longer = compute(calendar, profile, start, Period::create(amount + 1, unit).value(), rule);
  RC_ASSERT(shorter.due <= longer.due);
  RC_ASSERT(shorter.raw_last_day < longer.raw_last_day);
}

RC_GTEST_PROP(DeadlineProperty, EndsOnTheFirstWorkingDayFromTheRawLastDayOn, ()) {
  const Calendar calendar = Calendar::create(any_calendar()).value();
  const PeriodUnit unit = any_unit();
  const CalendarProfile profile = any_profile();
  const Deadline deadline = compute(calendar, profile, any_date(), Period::create(any_amount(unit), unit).value());
  RC_ASSERT(deadline.last_day >= deadline.raw_last_day);
  RC_ASSERT(calendar.is_working_day(deadline.last_day, profile));
  for (LegalDate date = deadline.raw_last_day; date < deadline.last_day; date += days(1)) {
    RC_ASSERT(!calendar.is_working_day(date, profile));
  }
}

RC_GTEST_PROP(DeadlineProperty, OneHolidayMoreNeverMakesItEarlier, ()) {
  Calendar::Parts parts = any_calendar();
  const Calendar before = Calendar::create(parts).value();
  const LegalDate holiday = kFrom + days(*rc::gen::inRange(0, kCoveredDays));
  std::erase_if(parts.rows, [&](const CalendarRow& row) { return row.date == holiday; });
  parts.rows.push_back({.date = holiday, .name = "one more", .for_date = {}});
  const Calendar after = Calendar::create(parts).value();
  // The end of the period near the holiday, so that it matters often.
  const LegalDate start = holiday - days(*rc::gen::inRange(1, 12));
  const PeriodUnit unit = *rc::gen::element(PeriodUnit::day, PeriodUnit::working_day);
  const Period period = Period::create(*rc::gen::inRange(1, 10), unit).value();
  const CalendarProfile profile = any_profile();
  const std::string rule = any_rule();
  RC_ASSERT(compute(before, profile, start, period, rule).due <= compute(after, profile, start, period, rule).due);
}

RC_GTEST_PROP(DeadlineProperty, NeverEndsBeforeTheRawLastDay, ()) {
  const Calendar calendar = Calendar::create(any_calendar()).value();
  const PeriodUnit unit = any_unit();
  const Period period = Period::create(any_amount(unit), unit).value();
  const Deadline deadline = compute(calendar, any_profile(), any_date(), period, any_rule());
  RC_ASSERT(deadline.last_day >= deadline.raw_last_day);
}

RC_GTEST_PROP(DeadlineProperty, TheExplanationReplaysToTheSameResult, ()) {
  const Calendar calendar = Calendar::create(any_calendar()).value();
  const PeriodUnit unit = any_unit();
  const Period period = Period::create(any_amount(unit), unit).value();
  const Deadline deadline = compute(calendar, any_profile(), any_date(), period, any_rule());
  const testing::Replayed replayed = testing::replay(deadline.steps);
  RC_ASSERT(replayed.fault == "");
  RC_ASSERT(replayed.last_day == deadline.last_day);
  RC_ASSERT(replayed.due == deadline.due);
}

RC_GTEST_PROP(DeadlineProperty, ComputingAgainGivesTheSameAndAMovedDayStaysWhereItIs, ()) {
  const Calendar calendar = Calendar::create(any_calendar()).value();
  const CalendarProfile profile = any_profile();
  const LegalDate start = any_date();
  const int amount = any_amount(PeriodUnit::day);
  const Deadline once = compute(calendar, profile, start, Period::create(amount, PeriodUnit::day).value());
  RC_ASSERT(compute(calendar, profile, start, Period::create(amount, PeriodUnit::day).value()) == once);
  const auto length = (once.last_day - start).count();
  const Deadline moved = compute(calendar, profile, start, Period::create(length, PeriodUnit::day).value());
  RC_ASSERT(moved.raw_last_day == once.last_day);
  RC_ASSERT(moved.last_day == once.last_day);
}

/// A period on a clock, in a zone whose clocks change.
struct ClockWorld {
  Calendar calendar;
  CalendarProfile profile;
  Instant at;
  int amount;
  PeriodUnit unit;
  ClockPolicy clock;
  std::string rule;
};

ClockWorld any_clock_world() {
  Calendar::Parts parts = any_calendar();
  parts.timezone = "Europe/Budapest";
  const Instant at = Instant(any_date()) + std::chrono::minutes(*rc::gen::inRange(0, 1440));
  const PeriodUnit unit = *rc::gen::element(PeriodUnit::hour, PeriodUnit::minute);
  return {
      Calendar::create(parts).value(),
      any_profile(),
      at,
      *rc::gen::inRange(1, unit == PeriodUnit::hour ? 60 : 2000),
      unit,
      *rc::gen::element(ClockPolicy::elapsed, ClockPolicy::skip_statutory_holidays, ClockPolicy::skip_non_working_days,
                        ClockPolicy::working_hours, ClockPolicy::intake_then_elapsed,
                        ClockPolicy::intake_then_skip_statutory_holidays, ClockPolicy::duty_hours),
      *rc::gen::element<std::string>("LITERAL", "EU-1182-71")};
}

Deadline compute(const ClockWorld& world) {
  static const auto kZones = system_zone_database();
  const auto office = OfficeHours::create({*parse_office_block("08:00-12:00"), *parse_office_block("13:00-17:00")});
  return compute_clock_deadline({.rule = world.rule,
                                 .calendar = world.calendar,
                                 .profile = world.profile,
                                 .at = world.at,
                                 .period = Period::create(world.amount, world.unit).value(),
                                 .clock = world.clock,
                                 .office = office.value()},
                                *kZones)
      .value();
}

RC_GTEST_PROP(ClockProperty, LaterStartOrLongerPeriodNeverEndsEarlier, ()) {
  const ClockWorld world = any_clock_world();
  const Deadline deadline = compute(world);
  ClockWorld later = world;
  later.at += std::chrono::minutes(*rc::gen::inRange(1, 3000));
  RC_ASSERT(deadline.due <= compute(later).due);
  ClockWorld longer = world;
  ++longer.amount;
  RC_ASSERT(deadline.due < compute(longer).due);
}

RC_GTEST_PROP(ClockProperty, NeverEndsBeforeThatMuchTimeHasPassed, ()) {
  const ClockWorld world = any_clock_world();
  const Period period = Period::create(world.amount, world.unit).value();
  RC_ASSERT(compute(world).due - world.at >= period.clock_time());
}

RC_GTEST_PROP(ClockProperty, OneHolidayMoreNeverMakesItEarlier, ()) {
  ClockWorld world = any_clock_world();
  Calendar::Parts parts = any_calendar();
  parts.timezone = "Europe/Budapest";
  world.calendar = Calendar::create(parts).value();
  const LegalDate holiday = kFrom + days(*rc::gen::inRange(0, kCoveredDays));
  world.at = Instant(holiday) + std::chrono::minutes(*rc::gen::inRange(-4000, 1440));
  const Deadline before = compute(world);
  std::erase_if(parts.rows, [&](const CalendarRow& row) { return row.date == holiday; });
  parts.rows.push_back({.date = holiday, .name = "one more", .for_date = {}});
  world.calendar = Calendar::create(parts).value();
  RC_ASSERT(before.due <= compute(world).due);
}

RC_GTEST_PROP(ClockProperty, TheExplanationReplaysToTheSameResult, ()) {
  const Deadline deadline = compute(any_clock_world());
  const testing::Replayed replayed = testing::replay(deadline.steps);
  RC_ASSERT(replayed.fault == "");
  RC_ASSERT(replayed.due == deadline.due);
}

}  // namespace
}  // namespace kip
