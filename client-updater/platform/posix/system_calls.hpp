#pragma once

// Inside client-updater/platform/posix only.

#include <manifests/core/result.hpp>

namespace kip::updater {

/// Takes from this process, for good, the system calls that Landlock leaves: to change modes, owners, times and
/// attributes of files, to send signals and look into other processes, to start programs, and to speak over Unix
/// sockets. Nothing where the kernel has no filters, or on a machine that it does not know. Source: seccomp(2)
/// Error denied.
Result<void> forbid_system_calls();

}  // namespace kip::updater
