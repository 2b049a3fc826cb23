#pragma once

#include <optional>
#include <string_view>

#include <manifests/core/digest.hpp>
#include <manifests/model/event.hpp>

namespace kip {

/// The transparency logs of a vendor. Each event stands in at least one of them.
enum class LogName {
  o,  ///< what was owed and published, for everybody to read; names no customer and no person
  r,  ///< receipts and whatever else concerns customers: salted commitments only
};

/// "o", "r"; they stand in URLs and files.
std::string_view to_string(LogName log);
/// Errors: malformed.
Result<LogName> parse_log_name(std::string_view text);

/// One life of a transparency log. A new one begins where the old one cannot be continued.
struct LogLife {
  LogName log = LogName::o;
  std::int64_t number = 1;  ///< from 1, ascending
  std::string origin;       ///< of its checkpoints

  bool operator==(const LogLife&) const = default;
};

/// "o", "r"; from the second life on with its number: "o2". In URLs and as the name of its folder.
std::string folder_of(const LogLife& life);

/// Whose signature an event needs to be believed; verifiers ask for it.
enum class EntrySigner {
  server,   ///< the entry key attests who was authenticated, in the event's actor
  install,  ///< the install's own key, in each envelope that the event carries
  officer,  ///< officers' keys, over the metadata that the event names by hashes
};

std::string_view to_string(EntrySigner signer);

/// Where events of a type go. Format: docs/formats/log.md.
struct EntryRule {
  std::string_view type;
  EntrySigner signer = EntrySigner::server;
  bool in_o = false;
  bool in_r = true;
  /// Of the body: what stands in O, without members "note", "reason" and "evidence" anywhere in it.
  std::vector<std::string_view> open_members = {};

  bool is_news = true;  ///< in O: asks for a time stamp at once

  bool stands_in(LogName log) const { return log == LogName::o ? in_o : in_r; }
};

/// A type that is not known here stands in R.
const EntryRule& entry_rule(std::string_view type);
/// Every type that has a rule of its own.
const std::vector<EntryRule>& entry_rules();

/// DSSE payload type of what stands in O.
inline constexpr std::string_view kLogEntryType = "application/vnd.kip.log-entry+json";

/// What of an event stands in O: the members of its body that are for everybody, and a commitment to all of it.
/// Format: "kip.log-entry/1".
struct LogEntry {
  EventId id;
  TenantId tenant;
  std::string origin;
  std::string type;
  Instant claimed_time;
  json::Value body;
  bool withheld = false;    ///< the open members would not fit: nothing of them is here
  Sha256Digest commitment;  ///< SHA-256 of the salt and the event's envelope

  bool operator==(const LogEntry&) const = default;
};

/// By the rule of its type.
LogEntry open_part(const Event& event, const Sha256Digest& commitment);

/// Errors: malformed.
Result<LogEntry> parse_log_entry(BytesView payload);
json::Value to_json(const LogEntry& entry);

}  // namespace kip
