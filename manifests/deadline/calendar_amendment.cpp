#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include <manifests/codec/reading.hpp>
#include <manifests/deadline/calendar_amendment.hpp>

namespace kip {
namespace {

using Unknown = json::ObjectReader::Unknown;

constexpr std::size_t kMaxBytes = 1U << 20U;
constexpr std::size_t kMaxRows = 10'000;
constexpr std::size_t kMaxSource = 500;
constexpr std::string_view kFormat = "kip.calendar-amendment";

Result<CalendarDecision> read_decision(const json::Value& value, Unknown unknown, bool confirmed) {
  json::ObjectReader in(value, "decision");
  const auto date = in.parsed("date", parse_date);
  std::string source = in.text("source", kMaxSource);
  KIP_TRY_VOID(in.finish(unknown));
  return CalendarDecision{*date, confirmed, std::move(source)};
}

/// Two words about one day contradict each other, or one of them is too much.
Result<void> check_days(const CalendarAmendment& amendment) {
  std::set<LegalDate> seen;
  const auto take = [&seen](LegalDate date) -> Result<void> {
    if (seen.insert(date).second) return {};
    return fail(ErrorCode::malformed,
                fmt::format("{} stands in it twice: say once what that day is", format_date(date)));
  };
  for (const CalendarDecision& decision : amendment.decisions)
    KIP_TRY_VOID(take(decision.date));
  for (const CalendarRow& row : amendment.days)
    KIP_TRY_VOID(take(row.date));
  return {};
}

Result<CalendarAmendment> read_amendment(const json::Value& value) {
  json::ObjectReader in(value, "amendment");
  in.format(kFormat, 1);
  const Unknown unknown = json::unknown_members(value);
  const auto decisions = [&](const char* member, bool confirmed) {
    const auto read = [=](const json::Value& item) { return read_decision(item, unknown, confirmed); };
    return in.each(member, read, kMaxRows);
  };
  const auto row = [unknown](const json::Value& item) { return read_calendar_row(item, unknown, true); };
  CalendarAmendment out;
  const auto country = in.parsed("country", parse_country_code);
  out.version = in.text("version", 64);
  out.decisions = decisions("confirm", true);
  const auto rejected = decisions("reject", false);
  out.decisions.insert(out.decisions.end(), rejected.begin(), rejected.end());
  out.days = in.each("days", row, kMaxRows);
  out.complete_to = in.optional_parsed("complete_to", parse_date);
  in.texts_or_empty("notes");
  KIP_TRY_VOID(in.finish(unknown));
  KIP_TRY_VOID(check_days(out));
  if (out.version.empty()) return fail(ErrorCode::malformed, "the version is empty; results record it");
  out.country = *country;
  return out;
}

/// Takes the proposal of a date out of the rows. Errors: not_found.
Result<CalendarRow> take_proposal(std::vector<CalendarRow>& rows, const CalendarDecision& decision,
                                  const std::string& calendar) {
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    if (row->date != decision.date) continue;
    CalendarRow taken = *row;
    rows.erase(row);
    return taken;
  }
  return fail(ErrorCode::not_found,
              fmt::format("the calendar {} has no unconfirmed day {} to {}; add it under \"days\" if it is to count",
                          calendar, format_date(decision.date), decision.confirmed ? "confirm" : "reject"));
}

void put(std::vector<CalendarRow>& rows, CalendarRow row) {
  std::erase_if(rows, [&](const CalendarRow& other) { return other.date == row.date; });
  rows.push_back(std::move(row));
}

std::chrono::year year_of(LegalDate date) {
  return std::chrono::year_month_day(date).year();
}

Result<void> complete(Calendar::Parts& parts, LegalDate to) {
  if (to < parts.coverage.to) {
    return fail(ErrorCode::malformed,
                fmt::format("\"complete_to\" is {}, and the calendar is complete up to {} already", format_date(to),
                            format_date(parts.coverage.to)));
  }
  for (auto year = year_of(parts.coverage.to) + std::chrono::years(1); year <= year_of(to); ++year) {
    const bool any = std::any_of(parts.rows.begin(), parts.rows.end(),
                                 [year](const CalendarRow& row) { return year_of(row.date) == year; });
    if (any) continue;
    return fail(ErrorCode::malformed,
                fmt::format("\"complete_to\" is {}, and not one day of {} is given: add its days off and days worked",
                            format_date(to), static_cast<int>(year)));
  }
  parts.coverage.to = to;
  if (!parts.provisional) return {};
  parts.provisional->from = parts.coverage.to + std::chrono::days(1);
  if (parts.provisional->to < parts.provisional->from) parts.provisional.reset();
  return {};
}

Result<Calendar> completed(Calendar::Parts parts, LegalDate to) {
  KIP_TRY_VOID(complete(parts, to));
  return Calendar::create(std::move(parts));
}

}  // namespace

Result<CalendarAmendment> parse_calendar_amendment(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  auto amendment = read_amendment(value);
  if (!amendment) return fail_while("reading an amendment of a calendar", std::move(amendment).error());
  return amendment;
}

bool is_calendar_amendment(BytesView text) {
  const auto value = json::parse(text, {.bytes = kMaxBytes});
  const json::Value* format = value ? value->find("format") : nullptr;
  return format != nullptr && format->as_text() != nullptr && format->as_text()->starts_with(kFormat);
}

Result<Calendar> Calendar::amended(const CalendarAmendment& amendment) const {
  Parts parts{.country = country_,
              .version = fmt::format("{}+{}", version_, amendment.version),
              .timezone = timezone_,
              .weekend = {},
              .coverage = coverage_,
              .rows = {},
              .unconfirmed = unconfirmed_rows(),
              .fixed = fixed_,
              .provisional = provisional_,
              .lacks_local_holidays = lacks_local_holidays_};
  for (unsigned day = 1; day <= 7; ++day) {
    if (weekend_.at(day)) parts.weekend.insert(day);
  }
  for (const auto& [date, row] : rows_)
    parts.rows.push_back(row);
  for (const CalendarDecision& decision : amendment.decisions) {
    // A later edition of the calendar may have confirmed it by itself.
    if (decision.confirmed && rows_.contains(decision.date)) continue;
    KIP_TRY(CalendarRow row, take_proposal(parts.unconfirmed, decision, version_));
    if (decision.confirmed) put(parts.rows, std::move(row));
  }
  for (const CalendarRow& row : amendment.days) {
    std::erase_if(parts.unconfirmed, [&](const CalendarRow& other) { return other.date == row.date; });
    put(parts.rows, row);
  }
  auto out = amendment.complete_to ? completed(std::move(parts), *amendment.complete_to) : create(std::move(parts));
  if (!out) return fail_while(fmt::format("amending the calendar {}", version_), std::move(out).error());
  out->before_ = before_ ? before_ : std::make_shared<const Calendar>(*this);
  return out;
}

}  // namespace kip
