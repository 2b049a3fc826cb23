#pragma once

#include <filesystem>

#include <signing/config/settings.hpp>
#include <signing/daemon/listen_address.hpp>
#include <signing/witness/witness.hpp>

namespace kip::tlog {

/// In a witness's folder: its settings, its private key, what it keeps.
inline constexpr const char* kWitnessSettingsFile = "kip-witness.toml";
inline constexpr const char* kWitnessKeyFile = "witness.key";
inline constexpr const char* kWitnessLogsFolder = "logs";

/// What kip-witness.toml says.
struct WitnessSettings {
  std::string name;  ///< of its key
  ListenAddress listen;
  std::vector<WatchedLog> logs;
};

/// Groups [[log]] of one origin are keys of one log. Errors: those of Settings::parse(); usage for a key that cannot
/// sign for a log, or an address that cannot be.
Result<WitnessSettings> read_witness_settings(BytesView text, const std::filesystem::path& file);
/// A settings file for a new witness of that name, with every setting explained.
std::string sample_witness_settings(const std::string& name);

}  // namespace kip::tlog
