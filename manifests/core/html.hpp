#pragma once

#include <string>
#include <string_view>

namespace kip {

/// Text as the content of an HTML element or of a quoted attribute: & < > " ' become entities.
std::string html_escape(std::string_view text);

}  // namespace kip
