#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/model/log_entry.hpp>
#include <signing/keys/key.hpp>
#include <signing/log/note.hpp>

namespace kip {

/// Whose signatures count for one life of a transparency log.
struct LogAuthority {
  LogName log = LogName::o;
  std::vector<tlog::NoteKey> checkpoint_keys;  ///< at least one; all named after the log's origin
  std::vector<Key> entry_keys;                 ///< at least one

  const std::string& origin() const { return checkpoint_keys.front().name(); }
};

/// The logs of a vendor and their keys, as its officers sign them: the member "custom" of top-level targets metadata.
/// Format: docs/formats/log.md, "kip.log-keys/1".
struct LogKeys {
  TenantId tenant;
  std::vector<LogAuthority> logs;  ///< each origin once

  /// Null where it is not authorised.
  const LogAuthority* find(std::string_view origin) const;
};

/// Errors: malformed.
Result<LogKeys> parse_log_keys(const json::Value& value);
json::Value to_json(const LogKeys& keys);

/// One authority, as a server tells it to officers. Errors: malformed.
Result<LogAuthority> parse_log_authority(const json::Value& value);
json::Value to_json(const LogAuthority& authority);

/// With everything that was authorised before: what was signed by earlier keys stays worth what it was.
LogKeys joined(const LogKeys& before, const std::vector<LogAuthority>& now);

}  // namespace kip
