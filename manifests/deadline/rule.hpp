#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

enum class PeriodUnit { day, week, month, year };

std::string_view to_string(PeriodUnit unit);
/// "day", "week", "month" or "year". Errors: malformed.
Result<PeriodUnit> parse_period_unit(std::string_view text);

/// A length of time as a contract or a law states it: 7 days, 3 months.
class Period {
 public:
  /// Amounts are 1 to 3660 days, 522 weeks, 120 months or 10 years. Errors: malformed outside these.
  static Result<Period> create(std::int64_t amount, PeriodUnit unit);

  int amount() const { return amount_; }
  PeriodUnit unit() const { return unit_; }
  bool operator==(const Period&) const = default;

 private:
  Period(int amount, PeriodUnit unit) : amount_(amount), unit_(unit) {}

  int amount_;
  PeriodUnit unit_;
};

/// The event that starts a period.
enum class Trigger { act_signed, act_gazetted, act_effective };

std::string_view to_string(Trigger trigger);
/// "signed", "gazetted" or "effective". Errors: malformed.
Result<Trigger> parse_trigger(std::string_view text);

/// What happens where the last day is not a working day.
enum class LastDayMove { none, next_working_day };

/// How periods are counted, as data. The day of the event is never counted and a day ends at 24:00 local time in every
/// rule so far. Articles are those of `law`, a key of the names in explain.cpp; all empty where only the contract's
/// words count.
struct Rule {
  std::string_view id;
  std::string_view law = {};
  LastDayMove move = LastDayMove::none;
  std::string_view event_day = {};  ///< articles: the day of the event is not counted
  std::string_view days = {};       ///< articles: the end of a period in days; so on
  std::string_view weeks = {};
  std::string_view months = {};
  std::string_view years = {};
  std::string_view move_articles = {};
  std::string_view end_of_day = {};

  /// The articles on which the end of a period in that unit rests.
  std::string_view articles_of(PeriodUnit unit) const;
};

std::span<const Rule> rules();

/// The rule lives as long as the program. Errors: not_found, with the list of rules.
Result<const Rule*> find_rule(std::string_view id);

}  // namespace kip
