#pragma once

#include <string>
#include <vector>

#include <client-updater/update/layout.hpp>

namespace kip::updater {

/// Becomes the program, which from then on shares the lock of LaunchGuard as long as it runs. Needs no right but to
/// read the install's folder. Only returns with an error: busy while an update is being put in use; conflict where one
/// was interrupted; not_found where there is no install or no such program; denied.
Result<void> launch(const Layout& layout, std::vector<std::string> command);

}  // namespace kip::updater
