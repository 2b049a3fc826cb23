#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/deadline/period.hpp>

namespace kip {
namespace {

constexpr Choices<PeriodUnit, 8> kUnits = {{{PeriodUnit::day, "day"},
                                            {PeriodUnit::working_day, "working-day"},
                                            {PeriodUnit::week, "week"},
                                            {PeriodUnit::month, "month"},
                                            {PeriodUnit::year, "year"},
                                            {PeriodUnit::hour, "hour"},
                                            {PeriodUnit::working_hour, "working-hour"},
                                            {PeriodUnit::minute, "minute"}}};
constexpr Choices<Trigger, 4> kTriggers = {{{Trigger::act_signed, "signed"},
                                            {Trigger::act_gazetted, "gazetted"},
                                            {Trigger::act_effective, "effective"},
                                            {Trigger::vendor_aware, "vendor-aware"}}};

constexpr int kTenYearsInDays = 3660;

int most(PeriodUnit unit) {
  switch (unit) {
    case PeriodUnit::day:
    case PeriodUnit::working_day:
      return kTenYearsInDays;
    case PeriodUnit::week:
      return 522;
    case PeriodUnit::month:
      return 120;
    case PeriodUnit::year:
      return 10;
    case PeriodUnit::hour:
    case PeriodUnit::working_hour:
      return kTenYearsInDays * 24;
    case PeriodUnit::minute:
      return kTenYearsInDays * 24 * 60;
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

bool is_clock_unit(PeriodUnit unit) {
  return unit == PeriodUnit::hour || unit == PeriodUnit::working_hour || unit == PeriodUnit::minute;
}

Result<Period> Period::create(std::int64_t amount, PeriodUnit unit) {
  if (amount < 1 || amount > most(unit)) {
    return fail(ErrorCode::malformed,
                fmt::format("a period of {} {}s: allowed are 1 to {}", amount, to_string(unit), most(unit)));
  }
  return Period(static_cast<int>(amount), unit);
}

std::chrono::milliseconds Period::clock_time() const {
  KIP_CHECK(is_clock_unit(unit_));
  if (unit_ == PeriodUnit::minute) return std::chrono::minutes(amount_);
  return std::chrono::hours(amount_);
}

}  // namespace kip
