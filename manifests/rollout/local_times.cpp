#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/rollout/local_times.hpp>

namespace kip {
namespace {

using std::chrono::minutes;

constexpr minutes kDay(24 * 60);
constexpr std::array<std::string_view, 7> kNames = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

Unexpected wrong(std::string_view text, std::string_view expected) {
  return fail(ErrorCode::malformed,
              fmt::format("\"{}\" is not as \"{}\"", printable_line(text.substr(0, 60)), expected));
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  while (!trim(text).empty()) {
    const auto end = std::min(text.find(at), text.size());
    out.push_back(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::optional<unsigned> number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most || text.size() > 2) return std::nullopt;
  return value;
}

std::optional<minutes> clock_time(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = number(text.substr(0, 2), 24);
  const auto minute = number(text.substr(3), 59);
  if (!hour || !minute) return std::nullopt;
  const minutes time(*hour * 60 + *minute);
  return time <= kDay ? std::optional(time) : std::nullopt;
}

std::optional<std::size_t> weekday(std::string_view text) {
  const auto found = std::find(kNames.begin(), kNames.end(), to_lower_ascii(text));
  if (found == kNames.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kNames.begin());
}

/// "mon-fri" or "sun".
std::optional<std::array<bool, 7>> weekdays(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = weekday(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : weekday(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  std::array<bool, 7> days = {};
  for (std::size_t day = *first;; day = (day + 1) % days.size()) {
    days.at(day) = true;
    if (day == *last) return days;
  }
}

}  // namespace

Result<WeeklyTimes> WeeklyTimes::parse(std::string_view text) {
  constexpr std::string_view kExample = "mon-fri 19:00-06:00, sat-sun 00:00-24:00";
  WeeklyTimes out;
  for (const std::string_view part : split(text, ',')) {
    const std::vector<std::string_view> words = split(part, ' ');
    if (words.empty() || words.size() > 2) return wrong(part, kExample);
    Span span;
    span.days.fill(true);
    if (words.size() == 2) {
      const auto days = weekdays(words.front());
      if (!days) return wrong(part, kExample);
      span.days = *days;
    }
    const std::string_view times = words.back();
    const auto begin = clock_time(times.substr(0, 5));
    const auto end = times.size() == 11 && times[5] == '-' ? clock_time(times.substr(6)) : std::nullopt;
    if (!begin || !end || *begin == *end || *begin == kDay) return wrong(part, kExample);
    span.begin = *begin;
    span.end = *end;
    out.spans_.push_back(span);
  }
  return out;
}

bool WeeklyTimes::includes(const LocalMoment& moment) const {
  const std::size_t today = moment.weekday.c_encoding();
  const std::size_t yesterday = (today + 6) % 7;
  return std::any_of(spans_.begin(), spans_.end(), [&](const Span& span) {
    if (span.begin < span.end) return span.days.at(today) && span.begin <= moment.time && moment.time < span.end;
    return (span.days.at(today) && span.begin <= moment.time) || (span.days.at(yesterday) && moment.time < span.end);
  });
}

Result<MonthDays> MonthDays::parse(std::string_view text) {
  MonthDays out;
  for (const std::string_view part : split(text, ',')) {
    const auto dash = part.find('-');
    const auto first = number(trim(part.substr(0, dash)), 31);
    const auto last = dash == std::string_view::npos ? first : number(trim(part.substr(dash + 1)), 31);
    if (!first || !last || *first == 0 || *last < *first) return wrong(part, "18-20, 30");
    for (unsigned day = *first; day <= *last; ++day)
      out.days_.at(day) = true;
  }
  return out;
}

}  // namespace kip
