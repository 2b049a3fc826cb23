#pragma once

#include <filesystem>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

/// What every backend of the file-system port says: "DOING PATH: what is wrong; what to do". `detail` replaces the
/// general words for that kind of failure where something more exact is known.
Unexpected storage_failure(ErrorCode code, std::string_view doing, const std::filesystem::path& path,
                           std::string_view detail = {});

}  // namespace kip
