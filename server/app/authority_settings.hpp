#pragma once

#include <filesystem>

#include <signing/config/settings.hpp>
#include <signing/storage/file_system.hpp>
#include <signing/timestamp/authority_client.hpp>

namespace kip::server {

/// One [[authority]] of kip-server.toml: who stamps.
struct AuthoritySettings {
  std::string name;
  std::string url;
  std::filesystem::path ca_file;
  std::optional<std::filesystem::path> untrusted_file = {};
  std::vector<std::string> policies = {};
  std::optional<std::chrono::microseconds> accuracy = {};
  bool independent = true;

  bool operator==(const AuthoritySettings&) const = default;
};

/// For Settings::parse().
const SettingList& authority_setting_list();

/// Errors: usage for a name, URL or policy that cannot be, or a name that stands twice.
Result<std::vector<AuthoritySettings>> read_authorities(const Settings& settings);

/// With the certificates out of its files. Errors: those of reading; malformed.
Result<tsp::Authority> open_authority(FileSystem& files, const AuthoritySettings& settings);

}  // namespace kip::server
