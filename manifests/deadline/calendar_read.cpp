#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/codec/reading.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/calendar_amendment.hpp>

namespace kip {
namespace {

using Unknown = json::ObjectReader::Unknown;

constexpr std::size_t kMaxBytes = 1U << 20U;
constexpr std::size_t kMaxRows = 10'000;
constexpr std::size_t kMaxName = 200;
constexpr std::size_t kMaxSource = 500;
constexpr int kMinor = 1;  ///< of kip.calendar/1.1, the newest that is known here

constexpr Choices<DayKind, 2> kKinds = {{{DayKind::off, "off"}, {DayKind::work, "work"}}};
constexpr Choices<RowType, 5> kTypes = {{{RowType::statutory, "statutory"},
                                         {RowType::compensatory, "compensatory"},
                                         {RowType::in_lieu, "in_lieu"},
                                         {RowType::weekend, "weekend"},
                                         {RowType::swap, "swap"}}};

Result<FixedHoliday> read_fixed(const json::Value& value, Unknown unknown) {
  json::ObjectReader in(value, "fixed holiday");
  FixedHoliday fixed;
  const auto month = static_cast<unsigned>(in.integer("month", 1, 12));
  const auto day = static_cast<unsigned>(in.integer("day", 1, 31));
  fixed.day = std::chrono::month(month) / std::chrono::day(day);
  fixed.name = in.text("name", kMaxName);
  fixed.from = std::chrono::year(static_cast<int>(in.optional_integer("from", 1900, 2999).value_or(1900)));
  KIP_TRY_VOID(in.finish(unknown));
  if (!fixed.day.ok()) return fail(ErrorCode::malformed, fmt::format("month {} has no day {}", month, day));
  return fixed;
}

Result<DateRange> read_coverage(const json::Value& value, Unknown unknown) {
  json::ObjectReader in(value, "coverage");
  const auto from = in.parsed("from", parse_date);
  const auto to = in.parsed("to", parse_date);
  KIP_TRY_VOID(in.finish(unknown));
  return DateRange{*from, *to};
}

std::set<unsigned> read_weekend(json::ObjectReader& in) {
  std::set<unsigned> days;
  for (const json::Value& item : in.array("weekend", 7)) {
    const std::int64_t* day = item.as_integer();
    if (day == nullptr || *day < 1 || *day > 7) {
      in.refuse("weekend", "has something else than ISO weekdays, 1 (Monday) to 7 (Sunday)");
      return {};
    }
    days.insert(static_cast<unsigned>(*day));
  }
  return days;
}

/// {"from", "to", "reason", "days", "unconfirmed"}: apart from the rest, so that programs that know only kip.calendar/1
/// take these days for what lies outside the coverage.
Result<void> read_provisional(const json::Value& value, Unknown unknown, Calendar::Parts& parts) {
  json::ObjectReader in(value, "provisional");
  const auto row = [unknown](const json::Value& item) { return read_calendar_row(item, unknown, false); };
  const auto proposal = [unknown](const json::Value& item) { return read_calendar_row(item, unknown, true); };
  const auto from = in.parsed("from", parse_date);
  const auto to = in.parsed("to", parse_date);
  in.text("reason");
  std::vector<CalendarRow> rows = in.each("days", row, kMaxRows);
  std::vector<CalendarRow> unconfirmed = in.each("unconfirmed", proposal, kMaxRows);
  KIP_TRY_VOID(in.finish(unknown));
  parts.provisional = DateRange{*from, *to};
  parts.rows.insert(parts.rows.end(), rows.begin(), rows.end());
  parts.unconfirmed.insert(parts.unconfirmed.end(), unconfirmed.begin(), unconfirmed.end());
  return {};
}

Result<Calendar> read_calendar(const json::Value& value) {
  json::ObjectReader in(value, "calendar");
  in.format("kip.calendar", 1);
  const Unknown unknown = json::unknown_members(value, kMinor);
  const auto row = [unknown](const json::Value& item) { return read_calendar_row(item, unknown, false); };
  const auto fixed = [unknown](const json::Value& item) { return read_fixed(item, unknown); };
  Calendar::Parts parts;
  const auto country = in.parsed("country", parse_country_code);
  parts.version = in.text("version", 64);
  parts.timezone = in.text("timezone", 64);
  parts.weekend = read_weekend(in);
  const json::Value& coverage = in.object("coverage");
  in.array("days", kMaxRows);
  parts.rows = in.each("days", row, kMaxRows);
  parts.unconfirmed = in.each("unconfirmed", row, kMaxRows);
  parts.fixed = in.each("fixed", fixed, 100);
  const bool has_provisional = in.has("provisional");
  parts.lacks_local_holidays = in.boolean_or("lacks_local_holidays", false);
  in.texts_or_empty("notes");
  in.texts_or_empty("source");
  in.optional_text("licence");
  KIP_TRY_VOID(in.finish(unknown));
  if (parts.version.empty()) return fail(ErrorCode::malformed, "the version is empty; results record it");
  parts.country = *country;
  KIP_TRY(parts.coverage, read_coverage(coverage, unknown));
  if (has_provisional) KIP_TRY_VOID(read_provisional(*value.find("provisional"), unknown, parts));
  return Calendar::create(std::move(parts));
}

}  // namespace

Result<CalendarRow> read_calendar_row(const json::Value& value, Unknown unknown, bool source_required) {
  json::ObjectReader in(value, "row");
  const auto date = in.parsed("date", parse_date);
  CalendarRow row;
  row.name = in.text("name", kMaxName);
  const auto kind =
      in.parsed("kind", [](std::string_view text) { return parse_choice(kKinds, "a kind of day", text); });
  const auto type =
      in.parsed("type", [](std::string_view text) { return parse_choice(kTypes, "a type of row", text); });
  row.for_date = in.optional_parsed("for_date", parse_date);
  // For people who check a calendar; nothing is computed from them.
  in.optional_parsed("swap_with", parse_date);
  in.optional_text("applies_to", kMaxName);
  row.source = source_required ? in.text("source", kMaxSource) : in.optional_text("source", kMaxSource).value_or("");
  if (auto done = in.finish(unknown); !done) {
    return fail_while(date ? format_date(*date) : "a row without date", std::move(done).error());
  }
  row.date = *date;
  row.kind = *kind;
  row.type = *type;
  return row;
}

Result<Calendar> parse_calendar(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  auto calendar = read_calendar(value);
  if (!calendar) return fail_while("reading a calendar", std::move(calendar).error());
  return calendar;
}

}  // namespace kip
