#include <set>

#include <fmt/format.h>

#include <manifests/deadline/calendar_amendment.hpp>
#include <manifests/deadline/calendar_book.hpp>

namespace kip {
namespace {

constexpr std::chrono::days kWarnAhead(90);

}  // namespace

Result<CalendarBook> CalendarBook::create(const std::vector<std::pair<std::string, Bytes>>& texts) {
  return over(CalendarBook(), texts);
}

CalendarBook CalendarBook::built_in() {
  std::vector<std::pair<std::string, Bytes>> texts;
  for (const auto& [name, text] : built_in_calendars())
    texts.emplace_back(name, text);
  auto book = create(texts);
  KIP_CHECK(book.has_value());
  return *std::move(book);
}

Result<CalendarBook> CalendarBook::over(const CalendarBook& base,
                                        const std::vector<std::pair<std::string, Bytes>>& texts) {
  CalendarBook out = base;
  std::set<std::string> countries;
  for (const auto& [name, text] : texts) {
    if (is_calendar_amendment(text)) continue;
    auto calendar = parse_calendar(text);
    if (!calendar) return fail_while("reading " + name, calendar.error());
    const std::string country = calendar->country();
    if (!countries.insert(country).second) {
      return fail(ErrorCode::conflict, fmt::format("{} is a second calendar of {}; keep one", name, country));
    }
    out.calendars_.insert_or_assign(country, *std::move(calendar));
  }
  for (const auto& [name, text] : texts) {
    if (!is_calendar_amendment(text)) continue;
    const auto amendment = parse_calendar_amendment(text);
    if (!amendment) return fail_while("reading " + name, amendment.error());
    const auto calendar = out.find(amendment->country);
    if (!calendar) return fail_while("applying " + name, calendar.error());
    auto amended = (*calendar)->amended(*amendment);
    if (!amended) return fail_while("applying " + name, amended.error());
    out.calendars_.insert_or_assign(amendment->country, *std::move(amended));
  }
  return out;
}

Result<const Calendar*> CalendarBook::find(std::string_view country) const {
  if (const auto found = calendars_.find(country); found != calendars_.end()) return &found->second;
  std::string known;
  for (const auto& [name, calendar] : calendars_)
    known += (known.empty() ? "" : ", ") + name;
  return fail(ErrorCode::not_found, fmt::format("there is no calendar of {}, only of: {}", country.substr(0, 40),
                                                known.empty() ? "none" : known));
}

std::vector<const Calendar*> CalendarBook::all() const {
  std::vector<const Calendar*> out;
  for (const auto& [country, calendar] : calendars_)
    out.push_back(&calendar);
  return out;
}

std::optional<DeadlineWarning> coverage_warning(const Calendar& calendar, LegalDate today) {
  const LegalDate end = calendar.coverage().to;
  if (today + kWarnAhead < end) return std::nullopt;
  return DeadlineWarning{today > end ? "coverage-ended" : "coverage-ends-soon",
                         {{"calendar", calendar.version()}, {"date", format_date(end)}}};
}

}  // namespace kip
