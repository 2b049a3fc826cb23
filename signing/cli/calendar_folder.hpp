#pragma once

#include <filesystem>

#include <manifests/deadline/calendar_book.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::cli {

/// The built-in calendars, with those of a folder (its *.json, by name) before them; an empty path names no folder.
/// Errors: not_found for a folder without calendar or amendment; those of CalendarBook::over() and of storage.
Result<CalendarBook> open_calendars(FileSystem& files, const std::filesystem::path& folder);

}  // namespace kip::cli
