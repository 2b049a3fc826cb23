#include <array>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/deadline/rule.hpp>

namespace kip {
namespace {

constexpr Choices<PeriodUnit, 4> kUnits = {
    {{PeriodUnit::day, "day"}, {PeriodUnit::week, "week"}, {PeriodUnit::month, "month"}, {PeriodUnit::year, "year"}}};
constexpr Choices<Trigger, 3> kTriggers = {
    {{Trigger::act_signed, "signed"}, {Trigger::act_gazetted, "gazetted"}, {Trigger::act_effective, "effective"}}};

constexpr std::array<Rule, 2> kRules = {{
    // Source: Civil Code 2015 of Vietnam (91/2015/QH13) arts 144 to 148. 147.2: the first day of a period in days,
    // weeks,
    // months or years is not counted; 147.3: nor is the day of the event that starts it. 148.1 to 148.4: end of periods
    // in
    // days, weeks, months (a month without the corresponding day ends the period on its last day) and years. 148.5:
    // moved
    // to the next working day. 148.6: ends at 24:00. For 29 February the code says nothing of years: as in 148.3.
    {.id = "VN-CIVIL-2015",
     .law = "vn-civil-code-2015",
     .move = LastDayMove::next_working_day,
     .event_day = "147.2, 147.3",
     .days = "148.1",
     .weeks = "148.2",
     .months = "148.3",
     .years = "148.4",
     .move_articles = "148.5",
     .end_of_day = "148.6"},
    {.id = "LITERAL"},
}};

int most(PeriodUnit unit) {
  switch (unit) {
    case PeriodUnit::day:
      return 3660;
    case PeriodUnit::week:
      return 522;
    case PeriodUnit::month:
      return 120;
    case PeriodUnit::year:
      return 10;
  }
  KIP_CHECK(false);
}

}  // namespace

std::string_view to_string(PeriodUnit unit) {
  return choice_text(kUnits, unit);
}
Result<PeriodUnit> parse_period_unit(std::string_view text) {
  return parse_choice(kUnits, "a unit of a period", text);
}
std::string_view to_string(Trigger trigger) {
  return choice_text(kTriggers, trigger);
}
Result<Trigger> parse_trigger(std::string_view text) {
  return parse_choice(kTriggers, "a trigger", text);
}

Result<Period> Period::create(std::int64_t amount, PeriodUnit unit) {
  if (amount < 1 || amount > most(unit)) {
    return fail(ErrorCode::malformed,
                fmt::format("a period of {} {}s: allowed are 1 to {}", amount, to_string(unit), most(unit)));
  }
  return Period(static_cast<int>(amount), unit);
}

std::string_view Rule::articles_of(PeriodUnit unit) const {
  switch (unit) {
    case PeriodUnit::day:
      return days;
    case PeriodUnit::week:
      return weeks;
    case PeriodUnit::month:
      return months;
    case PeriodUnit::year:
      return years;
  }
  KIP_CHECK(false);
}

std::span<const Rule> rules() {
  return kRules;
}

Result<const Rule*> find_rule(std::string_view id) {
  std::string known;
  for (const Rule& rule : kRules) {
    if (rule.id == id) return &rule;
    known += (known.empty() ? "" : ", ") + std::string(rule.id);
  }
  return fail(ErrorCode::not_found,
              fmt::format("there is no counting rule \"{}\"; known are {}", id.substr(0, 40), known));
}

}  // namespace kip
