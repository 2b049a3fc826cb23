#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/calendar_amendment.hpp>

namespace kip {
namespace {

constexpr Choices<CalendarProfile, 2> kProfiles = {
    {{CalendarProfile::all_rows, "public"}, {CalendarProfile::statutory, "statutory"}}};

bool is_counted(const CalendarRow& row, CalendarProfile profile) {
  return profile == CalendarProfile::all_rows || row.type != RowType::swap;
}

/// ISO 8601: 1 = Monday to 7 = Sunday.
unsigned iso_weekday(LegalDate date) {
  return std::chrono::weekday(date).iso_encoding();
}

Result<std::map<LegalDate, CalendarRow>> by_date(std::vector<CalendarRow> rows, const Calendar::Parts& parts) {
  const DateRange& coverage = parts.coverage;
  std::map<LegalDate, CalendarRow> out;
  for (CalendarRow& row : rows) {
    const LegalDate date = row.date;
    if (!coverage.contains(date) && !(parts.provisional && parts.provisional->contains(date))) {
      return fail(ErrorCode::malformed,
                  fmt::format("the row of {} lies outside the coverage {} to {}", format_date(date),
                              format_date(coverage.from), format_date(coverage.to)));
    }
    if (!out.emplace(date, std::move(row)).second) {
      return fail(ErrorCode::malformed, fmt::format("there are two rows of {}", format_date(date)));
    }
  }
  return out;
}

Result<void> check_ranges(const Calendar::Parts& parts) {
  if (parts.coverage.to < parts.coverage.from) {
    return fail(ErrorCode::malformed, "the coverage ends before it begins");
  }
  const auto& provisional = parts.provisional;
  if (!provisional) return {};
  if (provisional->from != parts.coverage.to + std::chrono::days(1) || provisional->to < provisional->from) {
    return fail(ErrorCode::malformed,
                fmt::format("the provisional days begin on the day after the coverage, {}, and do "
                            "not end before",
                            format_date(parts.coverage.to + std::chrono::days(1))));
  }
  return {};
}

}  // namespace

std::string_view to_string(CalendarProfile profile) {
  return choice_text(kProfiles, profile);
}

Result<CalendarProfile> parse_profile(std::string_view text) {
  return parse_choice(kProfiles, "a calendar profile", text);
}

Result<std::string> parse_country_code(std::string_view text) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text.size() == 2 && upper(text[0]) && upper(text[1])) return std::string(text);
  return fail(ErrorCode::malformed,
              fmt::format("\"{}\" is not a country code of two capital letters, as VN", text.substr(0, 40)));
}

Result<Calendar> Calendar::create(Parts parts) {
  KIP_TRY_VOID(check_ranges(parts));
  Calendar calendar;
  for (const unsigned day : parts.weekend) {
    if (day < 1 || day > 7) return fail(ErrorCode::malformed, "weekend days are 1 (Monday) to 7 (Sunday)");
    calendar.weekend_.at(day) = true;
  }
  if (parts.weekend.size() > 6) return fail(ErrorCode::malformed, "a week without a working day");
  KIP_TRY(calendar.rows_, by_date(std::move(parts.rows), parts));
  KIP_TRY(calendar.unconfirmed_, by_date(std::move(parts.unconfirmed), parts));
  calendar.country_ = std::move(parts.country);
  calendar.version_ = std::move(parts.version);
  calendar.timezone_ = std::move(parts.timezone);
  calendar.coverage_ = parts.coverage;
  calendar.fixed_ = std::move(parts.fixed);
  calendar.provisional_ = parts.provisional;
  calendar.lacks_local_holidays_ = parts.lacks_local_holidays;
  return calendar;
}

const FixedHoliday* Calendar::fixed_holiday(LegalDate date) const {
  const std::chrono::year_month_day day(date);
  const auto found = std::find_if(fixed_.begin(), fixed_.end(), [&](const FixedHoliday& holiday) {
    return holiday.day == day.month() / day.day() && holiday.from <= day.year();
  });
  return found == fixed_.end() ? nullptr : &*found;
}

DayStatus Calendar::status(LegalDate date, CalendarProfile profile) const {
  const auto row = rows_.find(date);
  if (row != rows_.end() && is_counted(row->second, profile)) {
    const bool working = row->second.kind == DayKind::work;
    return {working, working ? DayReason::worked_in_exchange : DayReason::holiday, row->second.name};
  }
  if (const FixedHoliday* fixed = fixed_holiday(date)) return {false, DayReason::holiday, fixed->name};
  if (is_weekend(date)) return {false, DayReason::weekend, {}};
  return {};
}

bool Calendar::is_weekend(LegalDate date) const {
  return weekend_.at(iso_weekday(date));
}

bool Calendar::is_statutory_holiday(LegalDate date) const {
  const auto row = rows_.find(date);
  if (row == rows_.end()) return fixed_holiday(date) != nullptr;
  const RowType type = row->second.type;
  return row->second.kind == DayKind::off && (type == RowType::statutory || type == RowType::compensatory);
}

const CalendarRow* Calendar::unconfirmed(LegalDate date, CalendarProfile profile) const {
  const auto row = unconfirmed_.find(date);
  return row != unconfirmed_.end() && is_counted(row->second, profile) ? &row->second : nullptr;
}

std::vector<CalendarRow> Calendar::unconfirmed_rows() const {
  std::vector<CalendarRow> out;
  for (const auto& [date, row] : unconfirmed_)
    out.push_back(row);
  return out;
}

}  // namespace kip
