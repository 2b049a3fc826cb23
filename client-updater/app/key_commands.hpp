#pragma once

#include <client-updater/app/commands.hpp>

namespace kip::updater {

/// Gives the install a new key, or finishes what an earlier call began. Errors: those of rotate_key().
Result<void> run_rotate_key(const Arguments& arguments);

}  // namespace kip::updater
