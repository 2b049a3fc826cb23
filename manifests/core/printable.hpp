#pragma once

#include <string>
#include <string_view>

namespace kip {

/// Text for a person's screen, whoever wrote it: control characters (C0 but line end and tab, DEL, C1), the marks that
/// turn the direction of writing round, and octets that are no UTF-8 are shown as \u{9b} or \x{ff}, so that no text can
/// move the cursor, clear the screen or look like another. Every line after the first is indented, by two blanks
/// where it was not before, so that no text can begin a line of its own.
std::string printable(std::string_view text);

/// The same on one line: line ends and tabs are shown as well.
std::string printable_line(std::string_view text);

/// Whether printable_line() would change the text: what a name or a label must not have.
bool is_printable_line(std::string_view text);

}  // namespace kip
