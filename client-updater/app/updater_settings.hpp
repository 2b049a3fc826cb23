#pragma once

#include <chrono>
#include <filesystem>
#include <span>

#include <client-updater/app/commands.hpp>
#include <client-updater/update/layout.hpp>
#include <client-updater/update/schedule.hpp>
#include <signing/config/settings.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::updater {

/// What the administrator of the machine has set. Every setting has a fallback: there need be no file.
struct UpdaterSettings {
  CurlOptions network;
  std::string network_user;  ///< of the process for the network; empty: the default
  Schedule schedule;
  std::chrono::minutes check_every{0};
  bool self_update = false;       ///< run brings the updater itself up to date
  bool automatic_support = true;  ///< a failed update asks the vendor for help
  std::string language;           ///< of notes; empty: that of the environment
};

/// The table behind it, for the documentation.
std::span<const Setting> updater_setting_table();

/// Reads the file; where there is none, all are fallbacks. Errors: malformed, which names file and setting; denied
/// where others can read the proxy's credentials.
Result<UpdaterSettings> read_updater_settings(FileSystem& files, const std::filesystem::path& file);

/// The same of the file that the command line names, or else of the one in the install's folder.
Result<UpdaterSettings> read_updater_settings(FileSystem& files, const Arguments& arguments, const Layout& layout);

}  // namespace kip::updater
