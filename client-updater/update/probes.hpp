#pragma once

#include <client-updater/update/hooks.hpp>
#include <manifests/model/package_manifest.hpp>

namespace kip::updater {

/// What a version that is in use has to show. Errors: conflict where a probe does not pass, which it names.

/// Those that need no running program: queries on the databases that are attached.
Result<void> probe_databases(const Install& install, const PackageManifest& manifest);

/// Those of the running application, each tried until it passes or its time is over. `tree`: where the version's files
/// are. Programs of the package run only where the administrator allows it; else the probe is left out, and said so.
Result<void> probe_application(const Install& install, const Narrator& narrator, Hooks& hooks,
                               const PackageManifest& manifest, const std::filesystem::path& tree);

}  // namespace kip::updater
