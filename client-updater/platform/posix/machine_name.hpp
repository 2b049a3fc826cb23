#pragma once

#include <string>

namespace kip::updater {

/// What this machine is called on its network; "unnamed" where it has no name.
std::string machine_name();

}  // namespace kip::updater
