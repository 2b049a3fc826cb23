#pragma once

#include <client-updater/app/commands.hpp>

namespace kip::updater {

/// Asks the vendor for help, or forgets a request that is kept. A server that cannot be reached is no failure: the
/// request is kept. One that refuses is, and the request is kept as well.
Result<void> run_support(const Arguments& arguments);

}  // namespace kip::updater
