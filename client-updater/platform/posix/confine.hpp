#pragma once

// Inside client-updater/platform/posix only.

#include <client-updater/platform/posix/network_process.hpp>

namespace kip::updater {

/// The number of the one file that stays open, besides those of standard input, output and error.
constexpr int kKeptFile = 3;

/// Leaves that file open as number 3; standard input and output lead nowhere. Error denied: then `kept` is still open.
Result<void> leave_other_files(int kept);

/// Gives this process's rights up, for good: see NetworkProcess. Errors: not_found, denied.
Result<void> confine(const NetworkProcessOptions& options);

}  // namespace kip::updater
