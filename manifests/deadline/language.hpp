#pragma once

#include <array>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

/// The languages in which deadlines are explained.
enum class Language { en, vi, hu, zh };

inline constexpr std::array kLanguages = {Language::en, Language::vi, Language::hu, Language::zh};

std::string_view to_string(Language language);
/// "en", "vi", "hu" or "zh". Errors: malformed.
Result<Language> parse_language(std::string_view text);

}  // namespace kip
