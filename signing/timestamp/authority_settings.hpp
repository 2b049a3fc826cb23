#pragma once

#include <filesystem>

#include <signing/config/settings.hpp>
#include <signing/storage/file_system.hpp>
#include <signing/timestamp/authority_client.hpp>

namespace kip::tsp {

/// One [[authority]] in the settings of a server or in a trust policy: who stamps.
struct AuthoritySettings {
  std::string name;
  std::string url;  ///< empty where it is not asked
  std::filesystem::path ca_file;
  std::optional<std::filesystem::path> untrusted_file = {};
  std::vector<std::string> policies = {};
  std::optional<std::chrono::microseconds> accuracy = {};
  bool independent = true;

  bool operator==(const AuthoritySettings&) const = default;
};

/// Whether it is an object identifier in numbers, as the policy of a token is: "1.2.3.4".
bool is_policy(std::string_view text);

/// For Settings::parse().
const SettingList& authority_setting_list();

enum class Asked { yes, no };

/// Errors: usage for a name, URL or policy that cannot be, a name that stands twice, or no URL where they are asked.
Result<std::vector<AuthoritySettings>> read_authorities(const Settings& settings, Asked asked);

/// With the certificates out of its files. Errors: those of reading; malformed.
Result<Authority> open_authority(FileSystem& files, const AuthoritySettings& settings);

}  // namespace kip::tsp
