#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/deadline/office_hours.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxBlocks = 24;
constexpr TimeOfDay kEndOfDay = std::chrono::hours(24);

constexpr Choices<ClockPolicy, 7> kClocks = {
    {{ClockPolicy::elapsed, "elapsed"},
     {ClockPolicy::skip_statutory_holidays, "skip-statutory-holidays"},
     {ClockPolicy::skip_non_working_days, "skip-non-working-days"},
     {ClockPolicy::working_hours, "working-hours"},
     {ClockPolicy::intake_then_elapsed, "intake-then-elapsed"},
     {ClockPolicy::intake_then_skip_statutory_holidays, "intake-then-skip-statutory-holidays"},
     {ClockPolicy::duty_hours, "duty-hours"}}};

std::optional<int> two_digits(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!digit(text[0]) || !digit(text[1])) return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

}  // namespace

Result<TimeOfDay> parse_time_of_day(std::string_view text) {
  if (text.size() == 5 && text[2] == ':') {
    const auto hours = two_digits(text);
    const auto minutes = two_digits(text.substr(3));
    if (hours && minutes && *minutes < 60 && std::chrono::hours(*hours) + TimeOfDay(*minutes) <= kEndOfDay) {
      return std::chrono::hours(*hours) + TimeOfDay(*minutes);
    }
  }
  return fail(ErrorCode::malformed,
              fmt::format("\"{}\" is not a time of day; write HH:MM, 00:00 to 24:00", text.substr(0, 40)));
}

std::string format_time_of_day(TimeOfDay time) {
  return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60);
}

Result<OfficeBlock> parse_office_block(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) {
    return fail(ErrorCode::malformed,
                fmt::format("\"{}\" are no office hours; write a block as 08:00-12:00", text.substr(0, 40)));
  }
  KIP_TRY(const TimeOfDay from, parse_time_of_day(text.substr(0, dash)));
  KIP_TRY(const TimeOfDay to, parse_time_of_day(text.substr(dash + 1)));
  if (from >= to) {
    return fail(ErrorCode::malformed,
                fmt::format("the office hours {} end before they begin; write those past midnight "
                            "as two blocks, HH:MM-24:00 and 00:00-HH:MM",
                            text.substr(0, 40)));
  }
  return OfficeBlock{from, to};
}

Result<OfficeHours> OfficeHours::create(std::vector<OfficeBlock> blocks) {
  if (blocks.empty() || blocks.size() > kMaxBlocks) {
    return fail(ErrorCode::malformed, fmt::format("office hours have 1 to {} blocks a day", kMaxBlocks));
  }
  std::sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    if (blocks[i].from < blocks[i - 1].to) {
      return fail(ErrorCode::malformed, fmt::format("the office hours have two blocks that overlap at {}",
                                                    format_time_of_day(blocks[i].from)));
    }
  }
  return OfficeHours(std::move(blocks));
}

std::string OfficeHours::text() const {
  std::string out;
  for (const OfficeBlock& block : blocks_) {
    out +=
        fmt::format("{}{}-{}", out.empty() ? "" : ", ", format_time_of_day(block.from), format_time_of_day(block.to));
  }
  return out;
}

std::string_view to_string(ClockPolicy clock) {
  return choice_text(kClocks, clock);
}
Result<ClockPolicy> parse_clock_policy(std::string_view text) {
  return parse_choice(kClocks, "a clock", text);
}

bool needs_office_hours(ClockPolicy clock) {
  return clock == ClockPolicy::working_hours || clock == ClockPolicy::duty_hours || begins_with_intake(clock);
}

bool begins_with_intake(ClockPolicy clock) {
  return clock == ClockPolicy::intake_then_elapsed || clock == ClockPolicy::intake_then_skip_statutory_holidays;
}

}  // namespace kip
