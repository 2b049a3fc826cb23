#include "trail.hpp"

#include <cstdlib>

#include <fmt/format.h>

namespace kip {

Result<void> check_deadline_date(LegalDate date) {
  const int year = static_cast<int>(std::chrono::year_month_day(date).year());
  if (year >= kFirstDeadlineYear && year <= kLastDeadlineYear) return {};
  return fail(ErrorCode::malformed, fmt::format("the period would start on {}; deadlines are computed for the years {} "
                                                "to {}",
                                                format_date(date), kFirstDeadlineYear, kLastDeadlineYear));
}

void Trail::step(std::string_view code, std::string_view articles, ExplanationArgs args) {
  std::optional<LegalSource> source;
  if (rule_.law && !articles.empty()) source = LegalSource{rule_.law->key, std::string(articles)};
  deadline_.steps.push_back({std::string(code), std::move(args), std::move(source)});
}

void Trail::warn(std::string_view code, ExplanationArgs args) {
  for (const DeadlineWarning& warning : deadline_.warnings) {
    if (warning.code == code) return;
  }
  deadline_.warnings.push_back({std::string(code), std::move(args)});
}

DayStatus DayJudge::quiet_status(LegalDate date) const {
  if (rule_.working_days == WorkingDayKind::never_on_weekend && calendar_.is_weekend(date)) {
    const DayStatus status = calendar_.status(date, profile_);
    return status.reason == DayReason::holiday ? status : DayStatus{false, DayReason::weekend, {}};
  }
  return calendar_.status(date, profile_);
}

DayStatus DayJudge::status(LegalDate date) {
  warn_about(date);
  return quiet_status(date);
}

bool DayJudge::is_statutory_holiday(LegalDate date) {
  warn_about(date);
  return calendar_.is_statutory_holiday(date);
}

void DayJudge::warn_about(LegalDate date) {
  const auto warn = [&](std::string_view code, const DateRange& range) {
    trail_.warn(code, {{"date", format_date(date)},
                       {"calendar", calendar_.version()},
                       {"from", format_date(range.from)},
                       {"to", format_date(range.to)}});
  };
  if (!calendar_.covers(date)) {
    const auto& provisional = calendar_.provisional();
    if (provisional && provisional->contains(date)) {
      warn("provisional-calendar", *provisional);
    } else {
      warn("outside-coverage", calendar_.coverage());
    }
  }
  if (calendar_.lacks_local_holidays()) trail_.warn("local-holidays-missing", {{"calendar", calendar_.version()}});
  if (const CalendarRow* proposal = calendar_.unconfirmed(date, profile_)) {
    trail_.warn("unconfirmed-day",
                {{"date", format_date(date)}, {"name", proposal->name}, {"calendar", calendar_.version()}});
  }
}

std::string format_offset(std::chrono::seconds offset) {
  const auto minutes = std::abs(std::chrono::duration_cast<std::chrono::minutes>(offset).count());
  return fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

void record(Deadline& deadline, Trail& trail, const Rule& rule, const Calendar& calendar, CalendarProfile profile,
            std::chrono::seconds utc_offset, std::string tzdb_version) {
  if (tzdb_version == "unknown") trail.warn("zone-version-unknown", {});
  deadline.record = {.rule = rule.id,
                     .calendar_country = calendar.country(),
                     .calendar_version = calendar.version(),
                     .profile = profile,
                     .timezone = calendar.timezone(),
                     .utc_offset = utc_offset,
                     .tzdb_version = std::move(tzdb_version)};
}

}  // namespace kip
