#pragma once

namespace kip::updater {

/// Whether somebody reads standard output and can answer on standard input.
bool person_is_there();

}  // namespace kip::updater
