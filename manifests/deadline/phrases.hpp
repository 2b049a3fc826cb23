#pragma once

#include <string_view>

#include <manifests/deadline/language.hpp>

namespace kip {

/// Which words a key stands for.
enum class Words { sentence, event, unit, clock };

/// The words of a key, or the key itself where there are none, so that nothing is ever silently left out. In sentences
/// {name} is an argument as it is; {name:date}, {name:moment}, {name:event}, {name:clock} and {name:ordinal} are
/// rendered, {period} is amount and unit, {source} the legal source in brackets with what separates it, or nothing.
std::string_view phrase(Words words, std::string_view key, Language language);

}  // namespace kip
