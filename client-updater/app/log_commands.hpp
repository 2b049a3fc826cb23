#pragma once

#include <client-updater/app/commands.hpp>

namespace kip::updater {

/// What this install has seen of the vendor's log, without asking anybody. Error integrity, after it was shown, where
/// the log contradicts itself.
Result<void> run_log_show(const Arguments& arguments);
/// The same into a file, for an auditor.
Result<void> run_log_export(const Arguments& arguments);

}  // namespace kip::updater
