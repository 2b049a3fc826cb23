#include <fmt/format.h>

#include <manifests/deadline/engine.hpp>

#include "trail.hpp"

namespace kip {
namespace {

std::string event_of(const DeadlineQuery& query) {
  if (query.starts_anew) return "starts-anew";
  return query.trigger ? std::string(to_string(*query.trigger)) : "event";
}

using std::chrono::days;
using std::chrono::months;
using std::chrono::year_month_day;
using std::chrono::years;

constexpr int kLongestSearch = 366;

struct LastDay {
  LegalDate date;
  std::string_view step;
};

/// The day of the last month that corresponds to that of the event, or that month's last day where there is none.
LastDay corresponding_day(year_month_day wanted) {
  if (wanted.ok()) return {LegalDate(wanted), "corresponding-day"};
  return {LegalDate(wanted.year() / wanted.month() / std::chrono::last), "month-end"};
}

/// Counts one deadline in days.
class DayCount {
 public:
  DayCount(const DeadlineQuery& query, const Rule& rule, Deadline& out)
      : query_(query), rule_(rule), out_(out), trail_(rule, out), judge_(rule, query.calendar, query.profile, trail_) {}

  Result<void> run(const ZoneDatabase& zones);

 private:
  Result<LastDay> raw_last_day();
  Result<LegalDate> nth_working_day(int amount);
  Result<LegalDate> move_to_working_day(LegalDate raw);
  Result<LegalDate> with_least_working_days(LegalDate last);
  Result<LegalDate> next_working_day(LegalDate date);
  Result<void> end(const ZoneDatabase& zones);

  const DeadlineQuery& query_;
  const Rule& rule_;
  Deadline& out_;
  Trail trail_;
  DayJudge judge_;
};

Result<LastDay> DayCount::raw_last_day() {
  const LegalDate event = query_.trigger_date;
  const int amount = query_.period.amount();
  switch (query_.period.unit()) {
    case PeriodUnit::day:
      return LastDay{event + days(amount), "nth-day"};
    case PeriodUnit::working_day: {
      KIP_TRY(const LegalDate date, nth_working_day(amount));
      return LastDay{date, "nth-working-day"};
    }
    case PeriodUnit::week:
      return LastDay{event + days(7 * amount), "corresponding-day"};
    case PeriodUnit::month:
      return corresponding_day(year_month_day(event) + months(amount));
    case PeriodUnit::year:
      return corresponding_day(year_month_day(event) + years(amount));
    case PeriodUnit::hour:
    case PeriodUnit::working_hour:
    case PeriodUnit::minute:
      return fail(ErrorCode::malformed, fmt::format("a period in {}s runs from an instant, not from a date",
                                                    to_string(query_.period.unit())));
  }
  KIP_CHECK(false);
}

/// The first working day from `date` on.
Result<LegalDate> DayCount::next_working_day(LegalDate date) {
  for (const LegalDate end = date + days(kLongestSearch); date <= end; date += days(1)) {
    if (judge_.status(date).working) return date;
  }
  return fail(ErrorCode::malformed, fmt::format("the calendar {} has no working day within {} days before {}",
                                                query_.calendar.version(), kLongestSearch, format_date(date)));
}

Result<LegalDate> DayCount::nth_working_day(int amount) {
  LegalDate date = query_.trigger_date;
  for (int counted = 0; counted < amount; ++counted) {
    KIP_TRY(date, next_working_day(date + days(1)));
  }
  return date;
}

Result<LegalDate> DayCount::move_to_working_day(LegalDate raw) {
  KIP_TRY(const LegalDate target, next_working_day(raw));
  for (LegalDate date = raw; date < target; date += days(1)) {
    const DayStatus status = judge_.quiet_status(date);
    ExplanationArgs args = {{"date", format_date(date)}, {"next", format_date(date + days(1))}};
    const bool holiday = status.reason == DayReason::holiday;
    if (holiday) args.emplace("name", status.name);
    trail_.step(holiday ? "public-holiday" : "weekend-day", rule_.move_articles, std::move(args));
  }
  const DayStatus status = judge_.quiet_status(target);
  const bool exchanged = status.reason == DayReason::worked_in_exchange;
  ExplanationArgs args = {{"date", format_date(target)}};
  if (exchanged) args.emplace("name", status.name);
  trail_.step(exchanged ? "exchanged-working-day" : "working-day", rule_.working_day_articles, std::move(args));
  return target;
}

Result<LegalDate> DayCount::with_least_working_days(LegalDate last) {
  const auto& policy = rule_.least_working_days;
  const bool is_long_enough =
      query_.period.unit() != PeriodUnit::day || (policy && query_.period.amount() >= policy->from_days);
  if (!policy || query_.period.unit() == PeriodUnit::working_day || !is_long_enough) return last;
  int held = 0;
  for (LegalDate date = query_.trigger_date + days(1); date < last && held < policy->least; date += days(1))
    held += judge_.quiet_status(date).working ? 1 : 0;
  if (held == policy->least) return last;
  KIP_TRY(const LegalDate enough, nth_working_day(policy->least));
  if (enough <= last) return last;
  trail_.step("least-working-days", policy->articles,
              {{"least", std::to_string(policy->least)}, {"date", format_date(last)}, {"next", format_date(enough)}});
  return enough;
}

Result<void> DayCount::end(const ZoneDatabase& zones) {
  const Calendar& calendar = query_.calendar;
  const bool closes_earlier = query_.close_of_business.has_value();
  if (closes_earlier && !rule_.close_of_business) {
    return fail(ErrorCode::malformed,
                fmt::format("by the rule {} the last day ends at 24:00; leave the close of business "
                            "out",
                            rule_.id));
  }
  const std::chrono::local_days day(out_.last_day.time_since_epoch());
  const TimeOfDay time = query_.close_of_business.value_or(std::chrono::hours(24));
  KIP_TRY(const ZonedInstant end, zones.to_utc(calendar.timezone(), day + time));
  out_.due = end.instant;
  ExplanationArgs args = {{"zone", calendar.timezone()},
                          {"offset", format_offset(end.utc_offset)},
                          {"instant", format_instant(end.instant)}};
  if (closes_earlier) args.emplace("time", format_time_of_day(time));
  trail_.step(closes_earlier ? "ends-at-close" : "ends", closes_earlier ? *rule_.close_of_business : rule_.end_of_day,
              std::move(args));
  record(out_, trail_, rule_, calendar, query_.profile, end.utc_offset, zones.version());
  return {};
}

Result<void> DayCount::run(const ZoneDatabase& zones) {
  KIP_TRY_VOID(check_deadline_date(query_.trigger_date));
  const Period& period = query_.period;
  const year_month_day event(query_.trigger_date);
  trail_.step("event-day-excluded", rule_.event_day,
              {{"event", event_of(query_)}, {"date", format_date(query_.trigger_date)}});
  KIP_TRY(const LastDay raw, raw_last_day());
  out_.raw_last_day = raw.date;
  trail_.step(raw.step, rule_.articles_of(period.unit()),
              {{"amount", std::to_string(period.amount())},
               {"unit", std::string(to_string(period.unit()))},
               {"day", fmt::format("{}", static_cast<unsigned>(event.day()))},
               {"date", format_date(raw.date)}});
  out_.last_day = raw.date;
  if (rule_.move == LastDayMove::next_working_day) {
    KIP_TRY(out_.last_day, move_to_working_day(raw.date));
  } else if (period.unit() != PeriodUnit::working_day) {
    trail_.step("not-moved", {}, {{"date", format_date(raw.date)}});
  }
  KIP_TRY(out_.last_day, with_least_working_days(out_.last_day));
  return end(zones);
}

}  // namespace

Result<ZonedInstant> start_of_day(LegalDate day, const Calendar& calendar, const ZoneDatabase& zones) {
  return zones.to_utc(calendar.timezone(), std::chrono::local_days(day.time_since_epoch()));
}

Result<Deadline> compute_deadline(const DeadlineQuery& query, const ZoneDatabase& zones) {
  KIP_TRY(const Rule* rule, find_rule(query.rule));
  Deadline out;
  DayCount count(query, *rule, out);
  KIP_TRY_VOID(count.run(zones));
  return out;
}

}  // namespace kip
