#pragma once

#include <client-updater/update/install.hpp>
#include <client-updater/update/narrator.hpp>

namespace kip::updater {

/// Finds out which version an in-place install's folder holds, from a time before Kịp: the newest release that officers
/// list whose managed files are all there with their hashes. That version is then in use and reported as
/// already_installed; nothing in the folder is touched. Nothing where no release is there whole: the next update then
/// puts its files in, and keeps aside what it replaces.
///
/// Errors: conflict where a version is in use already, or the layout is not in place; those of an update.
Result<std::optional<Target>> adopt(Install& install, const Narrator& narrator);

}  // namespace kip::updater
