#include <fmt/format.h>

#include <manifests/codec/reading.hpp>
#include <manifests/deadline/request.hpp>

namespace kip {
namespace {

constexpr std::int64_t kAnyAmount = 1'000'000'000;

Result<Period> read_period(const json::Value& value) {
  json::ObjectReader in(value, "period");
  const std::int64_t amount = in.integer("amount", -kAnyAmount, kAnyAmount);
  const auto unit = in.parsed("unit", parse_period_unit);
  KIP_TRY_VOID(in.finish(json::ObjectReader::Unknown::refuse));
  return Period::create(amount, *unit);
}

/// The date or instant from which the period runs.
Result<std::variant<LegalDate, Instant>> read_start(const std::optional<LegalDate>& on,
                                                    const std::optional<Instant>& at, const Period& period) {
  if (on && at) return fail(ErrorCode::malformed, "\"on\" and \"at\" are both there; the period runs from one of them");
  if (at) return std::variant<LegalDate, Instant>(*at);
  if (is_clock_unit(period.unit())) {
    return fail(ErrorCode::malformed,
                fmt::format("a period in {}s runs from an instant; write it with its zone as \"at\", as "
                            "2025-04-25T16:30:00+07:00",
                            to_string(period.unit())));
  }
  if (!on) {
    return fail(ErrorCode::malformed, "the start is missing; write the date of the event as \"on\", as 2025-10-27");
  }
  return std::variant<LegalDate, Instant>(*on);
}

Result<LegalDate> start_date(const DeadlineRequest& request, const Calendar& calendar, const ZoneDatabase& zones) {
  if (const LegalDate* date = std::get_if<LegalDate>(&request.start)) return *date;
  const Instant at = std::get<Instant>(request.start);
  KIP_TRY(const ZonedInstant zoned, zones.at(calendar.timezone(), at));
  return std::chrono::floor<std::chrono::days>(at + zoned.utc_offset);
}

Result<Deadline> compute_days(const DeadlineRequest& request, const Rule& rule, const Calendar& calendar,
                              const ZoneDatabase& zones) {
  if (request.clock) {
    return fail(ErrorCode::malformed, fmt::format("a clock (\"{}\") is for periods in hours or minutes; leave it out",
                                                  to_string(*request.clock)));
  }
  KIP_TRY(const LegalDate date, start_date(request, calendar, zones));
  auto close = request.close_of_business;
  // Office hours are the business hours of which such a rule speaks; to other rules they say nothing.
  if (!close && request.office && rule.close_of_business) close = request.office->close_of_business();
  return compute_deadline({.rule = rule.id,
                           .calendar = calendar,
                           .profile = request.profile,
                           .trigger = request.trigger,
                           .trigger_date = date,
                           .period = request.period,
                           .close_of_business = close},
                          zones);
}

Result<Deadline> compute_hours(const DeadlineRequest& request, const Rule& rule, const Calendar& calendar,
                               const ZoneDatabase& zones) {
  if (request.close_of_business) {
    return fail(ErrorCode::malformed, "a close of business is for periods in days; leave it out, or name office hours");
  }
  const bool working = request.period.unit() == PeriodUnit::working_hour;
  return compute_clock_deadline(
      {.rule = rule.id,
       .calendar = calendar,
       .profile = request.profile,
       .at = std::get<Instant>(request.start),
       .period = request.period,
       .clock = request.clock.value_or(working ? ClockPolicy::working_hours : ClockPolicy::elapsed),
       .office = request.office},
      zones);
}

}  // namespace

Result<DeadlineRequest> read_deadline_request(json::ObjectReader& in, const json::Value& value) {
  std::string jurisdiction = in.text("jurisdiction", 40);
  std::optional<std::string> rule = in.optional_text("rule", 40);
  const auto profile = in.optional_parsed("profile", parse_profile);
  const auto trigger = in.optional_parsed("trigger", parse_trigger);
  const auto on = in.optional_parsed("on", parse_date);
  const auto at = in.optional_parsed("at", parse_instant);
  in.object("period");
  const auto clock = in.optional_parsed("clock", parse_clock_policy);
  const bool has_office = in.has("office");
  std::vector<OfficeBlock> blocks = json::text_items(in, "office", parse_office_block, 24);
  const auto close = in.optional_parsed("close_of_business", parse_time_of_day);
  KIP_TRY_VOID(in.finish(json::ObjectReader::Unknown::refuse));
  KIP_TRY(const Period period, read_period(*value.find("period")));
  KIP_TRY(auto start, read_start(on, at, period));
  std::optional<OfficeHours> office;
  if (has_office) {
    KIP_TRY(office, OfficeHours::create(std::move(blocks)));
  }
  return DeadlineRequest{.jurisdiction = std::move(jurisdiction),
                         .rule = std::move(rule),
                         .profile = profile.value_or(CalendarProfile::all_rows),
                         .trigger = trigger,
                         .start = start,
                         .period = period,
                         .clock = clock,
                         .office = std::move(office),
                         .close_of_business = close};
}

Result<Deadline> compute(const DeadlineRequest& request, const CalendarBook& calendars, const ZoneDatabase& zones) {
  KIP_TRY(const Calendar* calendar, calendars.find(request.jurisdiction));
  KIP_TRY(const Rule* rule, request.rule ? find_rule(*request.rule) : rule_of(request.jurisdiction));
  return is_clock_unit(request.period.unit()) ? compute_hours(request, *rule, *calendar, zones)
                                              : compute_days(request, *rule, *calendar, zones);
}

}  // namespace kip
