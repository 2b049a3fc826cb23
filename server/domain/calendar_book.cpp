#include <fmt/format.h>

#include <server/domain/calendar_book.hpp>

namespace kip::server {

Result<CalendarBook> CalendarBook::create(const std::vector<std::pair<std::string, Bytes>>& texts) {
  CalendarBook out;
  for (const auto& [name, text] : texts) {
    auto calendar = parse_calendar(text);
    if (!calendar) return fail_while("reading " + name, calendar.error());
    std::string country = calendar->country();
    if (!out.calendars_.emplace(country, *std::move(calendar)).second) {
      return fail(ErrorCode::conflict, fmt::format("{} is a second calendar of {}; keep one", name, country));
    }
  }
  return out;
}

Result<const Calendar*> CalendarBook::find(std::string_view country) const {
  if (const auto found = calendars_.find(country); found != calendars_.end()) return &found->second;
  std::string known;
  for (const auto& [name, calendar] : calendars_)
    known += (known.empty() ? "" : ", ") + name;
  return fail(ErrorCode::not_found,
              fmt::format("this server has no calendar of {}, only of: {}", country, known.empty() ? "none" : known));
}

}  // namespace kip::server
