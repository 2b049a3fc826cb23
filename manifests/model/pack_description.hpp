#pragma once

#include <vector>

#include <manifests/model/package_parts.hpp>
#include <manifests/model/path_pattern.hpp>

namespace kip {

/// What a release engineer says about a folder that becomes a package: "kip.pack/1". Format: docs/formats/package.md.
struct PackDescription {
  static constexpr std::size_t kMaxBytes = 4U << 20U;

  PackageSubject subject;
  /// Files that belong to the customer once they are installed; all others are managed.
  std::vector<PathPattern> editable;
  /// ZIP containers (.xlsx, .ods, ...) whose entries are packed uncompressed and in one order, so that deltas are
  /// small.
  std::vector<PathPattern> normalize_zip = {};
};

/// Errors: malformed, too_large. Whether the files exist is the packer's business.
Result<PackDescription> parse_pack_description(BytesView bytes);

}  // namespace kip
