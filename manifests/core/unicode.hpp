#pragma once

#include <string>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

bool is_utf8(std::string_view text);

/// Whether it holds nothing that leaves a mark: blanks of any width, line ends, control and format characters. Text
/// that is no UTF-8 is not blank.
bool is_blank(std::string_view text);

/// Unicode normalisation form C. Errors: malformed where the text is not UTF-8.
Result<std::string> to_nfc(std::string_view text);

/// A key under which names collide on file systems that fold case or normalise (NFC, full case folding).
/// Errors: malformed where the text is not UTF-8.
Result<std::string> collision_key(std::string_view text);

/// Without leading and trailing ASCII blanks, tabs and line ends.
std::string_view trim(std::string_view text);

/// ASCII only, independent of any locale.
std::string to_lower_ascii(std::string_view text);

}  // namespace kip
