#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/bytes.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/model/receipt.hpp>

namespace kip {

/// A head of the vendor's log O as an install has seen it.
struct KeptHead {
  SeenHead head;
  Bytes note;  ///< as the log has signed it
  Instant seen_at;

  bool operator==(const KeptHead&) const = default;
};

/// How a log is not what it was.
enum class LogFault {
  forked,  ///< its first entries are others than it had signed before
  shrunk,  ///< it shows fewer entries than it had signed before: it went back, or somebody in between shows an old copy
};

/// "forked", "shrunk".
std::string_view to_string(LogFault fault);
/// Errors: malformed.
Result<LogFault> parse_log_fault(std::string_view text);

/// Two notes that the log has signed and that contradict each other, kept for whoever audits the vendor.
struct LogConflict {
  LogFault fault = LogFault::forked;
  std::string origin;
  Bytes earlier;
  Bytes later;
  Instant noticed_at;

  bool operator==(const LogConflict&) const = default;
};

/// What an install has kept of the vendor's log, as it hands it to an auditor, "kip.log-heads/1". Nothing of it is
/// believed but the notes, which speak for themselves. Format: docs/formats/witness.md.
struct LogHeads {
  static constexpr std::size_t kMaxBytes = 8U << 20U;
  /// Of a signed checkpoint: three lines, the log's signatures and those of witnesses.
  static constexpr std::size_t kMaxNote = 64U << 10U;

  TenantId tenant;
  InstallId install;
  Instant exported_at;
  std::vector<KeptHead> heads;
  std::vector<LogConflict> conflicts;

  bool operator==(const LogHeads&) const = default;
};

/// Errors: malformed, too_large.
Result<LogHeads> parse_log_heads(BytesView bytes);
Bytes to_bytes(const LogHeads& heads);

}  // namespace kip
