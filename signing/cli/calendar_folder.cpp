#include <fmt/format.h>

#include <signing/cli/calendar_folder.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxText = 1U << 20U;

}  // namespace

Result<CalendarBook> open_calendars(FileSystem& files, const std::filesystem::path& folder) {
  if (folder.empty()) return CalendarBook::built_in();
  KIP_TRY(const auto names, files.list_directory(folder));
  std::vector<std::pair<std::string, Bytes>> texts;
  for (const std::string& name : names) {
    if (!name.ends_with(".json")) continue;
    KIP_TRY(Bytes text, read_file(files, folder / name, kMaxText, Links::follow));
    texts.emplace_back((folder / name).string(), std::move(text));
  }
  if (texts.empty()) {
    return fail(ErrorCode::not_found,
                fmt::format("{} holds no calendar; put kip.calendar/1 or kip.calendar-amendment/1 files there",
                            folder.string()));
  }
  return CalendarBook::over(CalendarBook::built_in(), texts);
}

}  // namespace kip::cli
