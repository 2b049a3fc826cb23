#include <cstdlib>

#include <fmt/format.h>

#include <manifests/deadline/engine.hpp>

namespace kip {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::year_month_day;
using std::chrono::years;

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2999;
constexpr int kLongestSearch = 366;

/// Collects the explanation while the days are counted.
class Trail {
 public:
  Trail(const Rule& rule, Deadline& deadline) : rule_(rule), deadline_(deadline) {}

  void step(std::string code, std::string_view articles, ExplanationArgs args) {
    std::optional<LegalSource> source;
    if (!articles.empty()) source = LegalSource{std::string(rule_.law), std::string(articles)};
    deadline_.steps.push_back({std::move(code), std::move(args), std::move(source)});
  }
  /// Each code is said once: the first day is enough for a person to look.
  void warn(const std::string& code, ExplanationArgs args) {
    for (const DeadlineWarning& warning : deadline_.warnings) {
      if (warning.code == code) return;
    }
    deadline_.warnings.push_back({code, std::move(args)});
  }

 private:
  const Rule& rule_;
  Deadline& deadline_;
};

struct LastDay {
  LegalDate date;
  std::string_view step;
};

/// The day of the last month that corresponds to that of the event, or that month's last day where there is none.
LastDay corresponding_day(year_month_day wanted) {
  if (wanted.ok()) return {LegalDate(wanted), "corresponding-day"};
  return {LegalDate(wanted.year() / wanted.month() / std::chrono::last), "month-end"};
}

LastDay raw_last_day(LegalDate event, const Period& period) {
  switch (period.unit()) {
    case PeriodUnit::day:
      return {event + days(period.amount()), "nth-day"};
    case PeriodUnit::week:
      return {event + days(7 * period.amount()), "corresponding-day"};
    case PeriodUnit::month:
      return corresponding_day(year_month_day(event) + months(period.amount()));
    case PeriodUnit::year:
      return corresponding_day(year_month_day(event) + years(period.amount()));
  }
  KIP_CHECK(false);
}

std::string format_offset(std::chrono::seconds offset) {
  const auto minutes = std::abs(std::chrono::duration_cast<std::chrono::minutes>(offset).count());
  return fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

void warn_about_day(Trail& trail, const DeadlineQuery& query, LegalDate date) {
  const Calendar& calendar = query.calendar;
  if (!calendar.covers(date)) {
    trail.warn("outside-coverage", {{"date", format_date(date)},
                                    {"calendar", calendar.version()},
                                    {"from", format_date(calendar.coverage().from)},
                                    {"to", format_date(calendar.coverage().to)}});
  }
  if (const CalendarRow* proposal = calendar.unconfirmed(date, query.profile)) {
    trail.warn("unconfirmed-day",
               {{"date", format_date(date)}, {"name", proposal->name}, {"calendar", calendar.version()}});
  }
}

void explain_working_day(Trail& trail, LegalDate date, const DayStatus& status) {
  if (status.reason == DayReason::worked_in_exchange) {
    trail.step("exchanged-working-day", {}, {{"date", format_date(date)}, {"name", std::string(status.name)}});
  } else {
    trail.step("working-day", {}, {{"date", format_date(date)}});
  }
}

Result<LegalDate> move_to_working_day(Trail& trail, const Rule& rule, const DeadlineQuery& query, LegalDate raw) {
  for (LegalDate date = raw; date <= raw + days(kLongestSearch); date += days(1)) {
    warn_about_day(trail, query, date);
    const DayStatus status = query.calendar.status(date, query.profile);
    if (status.working) {
      explain_working_day(trail, date, status);
      return date;
    }
    ExplanationArgs args = {{"date", format_date(date)}, {"next", format_date(date + days(1))}};
    const bool holiday = status.reason == DayReason::holiday;
    if (holiday) args.emplace("name", status.name);
    trail.step(holiday ? "public-holiday" : "weekend-day", rule.move_articles, std::move(args));
  }
  return fail(ErrorCode::malformed, fmt::format("the calendar {} has no working day within {} days after {}",
                                                query.calendar.version(), kLongestSearch, format_date(raw)));
}

Result<void> check_trigger_date(LegalDate date) {
  const int year = static_cast<int>(year_month_day(date).year());
  if (year >= kFirstYear && year <= kLastYear) return {};
  return fail(ErrorCode::malformed, fmt::format("the period would start on {}; deadlines are computed for the years {} "
                                                "to {}",
                                                format_date(date), kFirstYear, kLastYear));
}

}  // namespace

Result<ZonedInstant> start_of_day(LegalDate day, const Calendar& calendar, const ZoneDatabase& zones) {
  return zones.to_utc(calendar.timezone(), std::chrono::local_days(day.time_since_epoch()));
}

Result<Deadline> compute_deadline(const DeadlineQuery& query, const ZoneDatabase& zones) {
  KIP_TRY(const Rule* rule, find_rule(query.rule));
  KIP_TRY_VOID(check_trigger_date(query.trigger_date));
  const Calendar& calendar = query.calendar;
  const year_month_day event(query.trigger_date);
  Deadline out;
  Trail trail(*rule, out);
  trail.step("event-day-excluded", rule->event_day,
             {{"event", std::string(to_string(query.trigger))}, {"date", format_date(query.trigger_date)}});

  const LastDay raw = raw_last_day(query.trigger_date, query.period);
  out.raw_last_day = raw.date;
  trail.step(std::string(raw.step), rule->articles_of(query.period.unit()),
             {{"amount", fmt::format("{}", query.period.amount())},
              {"unit", std::string(to_string(query.period.unit()))},
              {"day", fmt::format("{}", static_cast<unsigned>(event.day()))},
              {"date", format_date(raw.date)}});

  out.last_day = raw.date;
  if (rule->move == LastDayMove::next_working_day) {
    KIP_TRY(out.last_day, move_to_working_day(trail, *rule, query, raw.date));
  } else {
    trail.step("not-moved", {}, {{"date", format_date(raw.date)}});
  }

  KIP_TRY(const ZonedInstant end, start_of_day(out.last_day + days(1), calendar, zones));
  out.due = end.instant;
  trail.step("ends", rule->end_of_day,
             {{"zone", calendar.timezone()},
              {"offset", format_offset(end.utc_offset)},
              {"instant", format_instant(end.instant)}});
  out.record = {std::string(rule->id), calendar.country(), calendar.version(), query.profile,
                calendar.timezone(),   end.utc_offset,     zones.version()};
  if (out.record.tzdb_version == "unknown") trail.warn("zone-version-unknown", {});
  return out;
}

}  // namespace kip
