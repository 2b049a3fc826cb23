#pragma once

#include <client-updater/app/commands.hpp>

namespace kip::updater {

// `kip-updater bundle` and `receipts`: what an office without internet does by files. As in commands.hpp, but that
// nothing is delivered over a network at the end.

/// Also where the bundle is refused, the receipts that wait are written.
Result<void> run_bundle_apply(const Arguments& arguments);
/// Needs no install.
Result<void> run_bundle_inspect(const Arguments& arguments);
Result<void> run_receipts_export(const Arguments& arguments);
Result<void> run_receipts_acknowledge(const Arguments& arguments);

}  // namespace kip::updater
