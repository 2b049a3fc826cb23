#pragma once

#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

/// Writes to standard output and lets nothing of it wait in a buffer. That nobody reads any more is no error: it ends a
/// pipe, not the work. Errors: disk_full, storage.
Result<void> write_out(std::string_view text);

/// The same for what is shown once, as a secret is: that nobody reads it is a failure, too.
Result<void> hand_out(std::string_view text);

}  // namespace kip
