#pragma once

// What differs between systems about the terminal.

namespace kip {

bool stderr_is_terminal();

}  // namespace kip
