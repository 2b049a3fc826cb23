#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <manifests/core/bytes.hpp>

namespace kip {

/// A path that is written without a leading slash counts from the folder of the settings file.
enum class SettingType { text, integer, boolean, path };

enum class Presence {
  required,   ///< must stand in the file
  optional,   ///< may be missing: ask with has()
  defaulted,  ///< `fallback` holds where it is missing
};

/// One row of a program's table of settings: all there is to say about it, for reading, for the written sample and for
/// the documentation.
struct Setting {
  std::string_view name;  ///< "TABLE.KEY"
  SettingType type = SettingType::text;
  Presence presence = Presence::required;
  std::string_view fallback = {};  ///< as text: "8080", "true", "127.0.0.1"
  std::string_view help = {};
  std::int64_t min = 0;  ///< of integers; of texts and paths the octets at least
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

/// A group of settings that may stand in the file any number of times, as [[NAME]].
struct SettingList {
  std::string_view name;
  std::span<const Setting> table;  ///< of one such group; their names begin with "NAME."
};

/// The settings of a program, read once from one TOML file. Immutable, thread-safe.
class Settings {
 public:
  /// Reads TOML text against the table. `file` is for messages and for relative paths.
  /// Errors: malformed as "FILE:LINE: what is wrong": no TOML, unknown name, wrong type, outside the bounds, missing.
  static Result<Settings> parse(BytesView text, const std::filesystem::path& file, std::span<const Setting> table,
                                std::span<const SettingList> lists = {});

  /// Whether the setting is in the file or has a fallback. Asking for a name that the table does not have, or for
  /// another type than it says, ends the process.
  bool has(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::filesystem::path path(std::string_view name) const;
  /// The groups of a list, in the file's order.
  const std::vector<Settings>& list(std::string_view name) const;

 private:
  using Value = std::variant<std::string, std::int64_t, bool, std::filesystem::path>;
  friend class SettingsReader;

  Settings() = default;
  template <class T>
  const T& get(std::string_view name) const;

  std::map<std::string, std::optional<Value>, std::less<>> values_;
  std::map<std::string, std::vector<Settings>, std::less<>> lists_;
};

/// TOML with every setting of the table and its help: the given values as they are, the others commented out with their
/// fallback. Values are given as text, as in Setting::fallback. Of each list one group, commented out.
std::string sample_toml(std::span<const Setting> table, const std::map<std::string_view, std::string>& values,
                        std::span<const SettingList> lists = {});

}  // namespace kip
