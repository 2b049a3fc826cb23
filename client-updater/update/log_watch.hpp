#pragma once

#include <optional>

#include <client-updater/update/install.hpp>

namespace kip::updater {

/// What came of looking at the vendor's log O.
struct LogLook {
  std::optional<KeptHead> newer = {};        ///< seen now for the first time, and kept
  std::optional<LogConflict> conflict = {};  ///< noticed now for the first time, and kept
  std::optional<Error> failure = {};         ///< why nothing can be told
};

/// Contradictions that an install keeps at most; the first ones stay.
inline constexpr std::size_t kMaxLogConflicts = 16;

/// Looks at the newest life of the vendor's log O whose keys officers have signed (`log_keys`, a kip.log-keys/1), and
/// keeps its head where that extends the kept one, by a proof from the log's tiles. A head that does not is kept beside
/// it, both as the log has signed them. The newest time stamp of which the log's server tells becomes the basis of what
/// the install reports from then on. A life with another origin is another log: what was kept of the one before
/// stays. Never fails: an update does not wait for the log. Nothing is asked where officers name no log, where this
/// install does not report, or where a bundle stands in for the vendor.
LogLook look_at_log(Install& install, const json::Value& log_keys);

}  // namespace kip::updater
