#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include <manifests/deadline/language.hpp>

namespace kip {

/// A text in every language, in the order of kLanguages.
using Texts = std::array<std::string_view, kLanguages.size()>;

/// One text by a code of its table.
struct Phrase {
  std::string_view code;
  Texts texts;
};

/// The one in a language.
constexpr std::string_view text_in(const Texts& texts, Language language) {
  return texts.at(static_cast<std::size_t>(language));
}

/// The text of a code; the code itself where the table does not have it.
template <std::size_t N>
constexpr std::string_view find_phrase(const std::array<Phrase, N>& table, std::string_view code, Language language) {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [code](const Phrase& phrase) { return phrase.code == code; });
  return found == table.end() ? code : text_in(found->texts, language);
}

/// Whether no language was forgotten; for tests.
constexpr bool is_whole(const Texts& texts) {
  return std::none_of(texts.begin(), texts.end(), [](std::string_view text) { return text.empty(); });
}
constexpr bool is_whole(const Phrase& phrase) {
  return is_whole(phrase.texts);
}
template <class Row, std::size_t N>
constexpr bool is_whole(const std::array<Row, N>& table) {
  return std::all_of(table.begin(), table.end(), [](const Row& row) { return is_whole(row); });
}

}  // namespace kip
