#pragma once

// Inside client-updater/platform/posix only.

#include <string>
#include <system_error>

#include <manifests/core/result.hpp>

namespace kip::updater {

/// "DOING: what errno stands for".
inline Unexpected system_failure(ErrorCode code, int error_number, const std::string& doing) {
  return fail(code, doing + ": " + std::generic_category().message(error_number));
}

}  // namespace kip::updater
