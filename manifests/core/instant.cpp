#include <optional>

#include <fmt/format.h>

#include <manifests/core/instant.hpp>

namespace kip {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr Instant kFirst = LegalDate(year{1970} / 1 / 1);
constexpr Instant kEnd = LegalDate(year{10'000} / 1 / 1);

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
  if (text.size() < from + count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(from, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

constexpr int kFirstYear = 1900;

Unexpected bad_date(std::string_view text, std::string_view forms) {
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is not written as a date; write {}", text, forms));
}

Result<LegalDate> make_date(int y, int m, int d, std::string_view text) {
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return fail(ErrorCode::malformed, fmt::format("\"{}\" is not a date that exists", text));
  if (y >= kFirstYear) return LegalDate(date);
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is before {}, where dates begin here", text, kFirstYear));
}

std::optional<Result<LegalDate>> read_iso_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto y = digits(text, 0, 4);
  const auto m = digits(text, 5, 2);
  const auto d = digits(text, 8, 2);
  return y && m && d ? std::optional(make_date(*y, *m, *d, text)) : std::nullopt;
}

Unexpected bad_instant(std::string_view text) {
  return fail(ErrorCode::malformed,
              fmt::format("\"{}\" is not an instant; write it with its zone, as 2025-11-03T17:00:00Z", text));
}

/// "Z", "+07:00", "-03:30" -> offset from UTC.
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = digits(text, 1, 2);
  const auto minutes = digits(text, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return text[0] == '-' ? -offset : offset;
}

/// ".123456" -> milliseconds, cut; advances past the fraction.
std::optional<std::chrono::milliseconds> parse_fraction(std::string_view& rest) {
  if (rest.empty() || rest[0] != '.') return std::chrono::milliseconds(0);
  std::size_t end = 1;
  int millis = 0;
  int weight = 100;
  while (end < rest.size() && rest[end] >= '0' && rest[end] <= '9') {
    millis += (rest[end] - '0') * weight;
    weight /= 10;
    ++end;
  }
  if (end == 1 || end > 10) return std::nullopt;
  rest.remove_prefix(end);
  return std::chrono::milliseconds(millis);
}

}  // namespace

std::string format_instant(Instant instant) {
  const auto date = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::hh_mm_ss time(instant - date);
  std::string out = format_date(date);
  out += fmt::format("T{:02}:{:02}:{:02}", time.hours().count(), time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) out += fmt::format(".{:03}", time.subseconds().count());
  return out + "Z";
}

Result<Instant> parse_instant(std::string_view text) {
  if (text.size() < 20 || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') {
    return bad_instant(text);
  }
  const auto date = parse_date(text.substr(0, 10));
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (!date || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return bad_instant(text);
  std::string_view rest = text.substr(19);
  const auto fraction = parse_fraction(rest);
  const auto offset = parse_offset(rest);
  if (!fraction || !offset) return bad_instant(text);
  const Instant instant = Instant(*date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
                          std::chrono::seconds(*second) + *fraction - *offset;
  // The offset can lead out of the years that are read again once they are written with Z.
  if (instant < kFirst || instant >= kEnd) return bad_instant(text);
  return instant;
}

std::string format_date(LegalDate date) {
  const year_month_day ymd(date);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}

Result<LegalDate> parse_date(std::string_view text) {
  if (auto date = read_iso_date(text)) return *std::move(date);
  return bad_date(text, "YYYY-MM-DD");
}

Result<LegalDate> parse_human_date(std::string_view text) {
  if (text.size() == 10 && text[2] == '/' && text[5] == '/') {
    const auto y = digits(text, 6, 4);
    const auto m = digits(text, 3, 2);
    const auto d = digits(text, 0, 2);
    if (y && m && d) return make_date(*y, *m, *d, text);
  }
  if (auto date = read_iso_date(text)) return *std::move(date);
  return bad_date(text, "YYYY-MM-DD or dd/mm/yyyy");
}

}  // namespace kip
