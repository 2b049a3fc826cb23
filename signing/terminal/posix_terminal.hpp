#pragma once

// What differs between systems about the terminal.

namespace kip {

bool stderr_is_terminal();

/// A standard stream that the caller has closed is made one that cannot be used, so that no file or connection opened
/// later gets its number and what is printed. For the beginning of a program.
void occupy_standard_streams();

}  // namespace kip
