#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/core/bytes.hpp>
#include <manifests/deadline/language.hpp>
#include <manifests/deadline/period.hpp>

namespace kip {

/// What happens where the last day is not a working day.
enum class LastDayMove { none, next_working_day };

/// Which days are working days: those of the calendar, or of these none that is a weekend day, even if it is worked in
/// exchange for another.
enum class WorkingDayKind { of_calendar, never_on_weekend };

/// When a period in hours starts: at the moment itself, or after the hour in which the event fell.
enum class HourStart { moment, next_full_hour };

/// How laws number their provisions, for quoting them.
enum class LawDivision { article, section };

/// A law with its name in each language.
struct Law {
  std::string key;
  LawDivision divided_in = LawDivision::article;
  std::map<Language, std::string> names;
};

/// A period of `from_days` days or more holds at least `least` working days.
struct LeastWorkingDays {
  int from_days = 0;
  int least = 0;
  std::string articles;
};

/// How periods are counted, as data: one file of manifests/rules each. The day of the event is never counted in days
/// and longer units. Articles are those of `law`, "147.2, 147.3"; empty where only the contract's words count.
/// Format: docs/formats/rule.md
struct Rule {
  std::string id;
  std::vector<std::string> jurisdictions;  ///< whose limits it counts where a request names no rule
  std::optional<Law> law;
  std::string event_day;                   ///< articles: the day of the event is not counted
  std::map<PeriodUnit, std::string> ends;  ///< articles: the end of a period in that unit
  HourStart hour_start = HourStart::moment;
  std::string hours;  ///< articles: when hours start
  LastDayMove move = LastDayMove::none;
  std::string move_articles;
  WorkingDayKind working_days = WorkingDayKind::of_calendar;
  std::string working_day_articles;
  std::optional<LeastWorkingDays> least_working_days;
  std::string end_of_day;                        ///< articles: the last day ends at 24:00
  std::optional<std::string> close_of_business;  ///< articles; none: a day never ends before 24:00

  /// The articles on which the end of a period in that unit rests.
  std::string_view articles_of(PeriodUnit unit) const;
};

/// Reads `kip.rule/1`. Errors: malformed, too_large.
Result<Rule> parse_rule(BytesView text);

/// The rules that are built in, by the names of their files.
std::span<const Rule> rules();

/// The rule lives as long as the program. Errors: not_found, with the list of rules.
Result<const Rule*> find_rule(std::string_view id);

/// The rule by which limits of a jurisdiction are counted unless another is named. Errors: not_found.
Result<const Rule*> rule_of(std::string_view jurisdiction);

/// "NAME.json" and text of the files in manifests/rules.
std::vector<std::pair<std::string_view, std::string_view>> built_in_rules();

}  // namespace kip
