#pragma once

#include <string>
#include <string_view>

#include <manifests/core/bytes.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/model/receipt.hpp>

namespace kip::updater {

/// A head of the vendor's log O as this install has seen it.
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

}  // namespace kip::updater
