#pragma once

#include <manifests/model/delta.hpp>

namespace kip {

/// What a delta between two versions is to carry: files that lie close together in one patch of at most 16 MiB on both
/// sides together, which so shares what they have in common; and whole what the customer may have edited, or what is
/// too large to patch. Pure.
Delta propose_delta(const PackageManifest& from, const PackageManifest& to, DeltaSubject subject);

}  // namespace kip
