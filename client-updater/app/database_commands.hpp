#pragma once

#include <client-updater/app/commands.hpp>

namespace kip::updater {

// `kip-updater database`, and `launch`. As in commands.hpp.

Result<void> run_database_attach(const Arguments& arguments);
Result<void> run_database_detach(const Arguments& arguments);
Result<void> run_database_list(const Arguments& arguments);
/// Only returns where the program could not be started.
Result<void> run_launch(const Arguments& arguments);

}  // namespace kip::updater
