#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <manifests/deadline/calendar_book.hpp>
#include <server/app/server_settings.hpp>
#include <signing/storage/file_system.hpp>
#include <signing/timestamp/authority_settings.hpp>

namespace kip::server {

// What a vendor's part of the server is opened with.

/// Every calendar of a folder. Errors: not_found where it holds none; those of reading and of CalendarBook.
Result<CalendarBook> load_calendars(FileSystem& files, const std::filesystem::path& folder);

/// With port 0 in the settings' URL, which only a trial has, the port that the system chose.
std::string public_url(const std::string& url, int port);

/// Errors: those of tsp::open_authority().
Result<std::vector<tsp::Authority>> open_authorities(FileSystem& files,
                                                     const std::vector<tsp::AuthoritySettings>& settings);

/// Under which notices are written.
std::string vendor_name(const ServerSettings& settings);

}  // namespace kip::server
