#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/bytes.hpp>
#include <manifests/core/instant.hpp>

namespace kip {

enum class DayKind { off, work };

/// Why a day differs from its weekday. `swap` is a working day exchanged for a rest day by a government's schedule.
enum class RowType { statutory, compensatory, in_lieu, weekend, swap };

/// `all_rows` is "public" in formats; `statutory` ignores rows of type swap.
enum class CalendarProfile { all_rows, statutory };

std::string_view to_string(CalendarProfile profile);
/// "public" or "statutory". Errors: malformed.
Result<CalendarProfile> parse_profile(std::string_view text);

/// ISO 3166, two capital letters. Errors: malformed.
Result<std::string> parse_country_code(std::string_view text);

struct CalendarRow {
  LegalDate date;
  std::string name;
  DayKind kind = DayKind::off;
  RowType type = RowType::statutory;
  std::optional<LegalDate> for_date;  ///< the holiday that this day makes up for
  std::string source = {};            ///< who says so; of proposals and of what an administrator added
};

/// A holiday on the same day of each year, from a year on.
struct FixedHoliday {
  std::chrono::month_day day = std::chrono::January / 1;
  std::string name;
  std::chrono::year from{1900};
};

/// Days from `from` to `to`, both included.
struct DateRange {
  LegalDate from;
  LegalDate to;

  bool contains(LegalDate date) const { return from <= date && date <= to; }
  bool operator==(const DateRange&) const = default;
};

struct CalendarAmendment;

enum class DayReason { ordinary, weekend, holiday, worked_in_exchange };

struct DayStatus {
  bool working = true;
  DayReason reason = DayReason::ordinary;
  std::string_view name;  ///< of the row or fixed holiday; valid as long as the calendar
};

/// Which days are worked in a country. Immutable, thread-safe.
/// Format: docs/formats/calendar.md
class Calendar {
 public:
  struct Parts {
    std::string country;         ///< ISO 3166, two letters
    std::string version;         ///< as its publisher names this edition
    std::string timezone;        ///< IANA name
    std::set<unsigned> weekend;  ///< ISO weekdays, 1 = Monday to 7 = Sunday
    DateRange coverage;          ///< first and last day for which the rows are complete
    std::vector<CalendarRow> rows;
    std::vector<CalendarRow> unconfirmed;  ///< proposals: never counted, only warned about
    std::vector<FixedHoliday> fixed;
    std::optional<DateRange> provisional = {};  ///< days of which only what the law itself fixes is known
    bool lacks_local_holidays = false;          ///< it has only what is the same all over its area
  };

  /// Errors: malformed for a date with two rows, a row outside the coverage and the provisional days, provisional days
  /// that do not follow the coverage, a week without a working day.
  static Result<Calendar> create(Parts parts);

  /// The same with what an administrator confirmed, rejected or added; its version names both.
  /// Errors: not_found for a day to confirm or reject that is no proposal; malformed as create(), for coverage that
  /// would become shorter, and for a year that would be covered without a single row.
  Result<Calendar> amended(const CalendarAmendment& amendment) const;

  /// As it was before the first amendment; null for one that was not amended.
  const Calendar* before_amendments() const { return before_.get(); }

  const std::string& country() const { return country_; }
  const std::string& version() const { return version_; }
  const std::string& timezone() const { return timezone_; }
  const DateRange& coverage() const { return coverage_; }
  bool covers(LegalDate date) const { return coverage_.contains(date); }
  const std::optional<DateRange>& provisional() const { return provisional_; }
  bool lacks_local_holidays() const { return lacks_local_holidays_; }

  /// A row of the profile decides; else a fixed holiday; else the weekday. So outside the coverage weekends and fixed
  /// holidays still count.
  DayStatus status(LegalDate date, CalendarProfile profile) const;
  bool is_working_day(LegalDate date, CalendarProfile profile) const { return status(date, profile).working; }

  bool is_weekend(LegalDate date) const;
  /// Whether the law itself makes it a holiday or a day off for one: a row statutory or compensatory, or a fixed
  /// holiday.
  bool is_statutory_holiday(LegalDate date) const;

  /// The proposal for that day, if the profile would count it.
  const CalendarRow* unconfirmed(LegalDate date, CalendarProfile profile) const;
  /// All proposals, by date.
  std::vector<CalendarRow> unconfirmed_rows() const;

 private:
  using Rows = std::map<LegalDate, CalendarRow>;

  Calendar() = default;
  const FixedHoliday* fixed_holiday(LegalDate date) const;

  std::string country_;
  std::string version_;
  std::string timezone_;
  std::array<bool, 8> weekend_{};
  DateRange coverage_{};
  Rows rows_;
  Rows unconfirmed_;
  std::vector<FixedHoliday> fixed_;
  std::optional<DateRange> provisional_;
  bool lacks_local_holidays_ = false;
  std::shared_ptr<const Calendar> before_;
};

/// Reads `kip.calendar/1` and 1.1. Errors: malformed, too_large; the message names the member or the row's date.
Result<Calendar> parse_calendar(BytesView text);

}  // namespace kip
