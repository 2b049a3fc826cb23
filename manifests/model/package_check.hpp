#pragma once

// Inside manifests/model only: what must hold in a package manifest beyond the form of its members.

#include <manifests/model/package_manifest.hpp>

namespace kip {

/// Errors: malformed, too_large. The message names the items at fault.
Result<void> check_package(const PackageContent& content);

}  // namespace kip
