#include <manifests/codec/choice.hpp>
#include <manifests/deadline/language.hpp>

namespace kip {
namespace {

constexpr Choices<Language, 4> kNames = {
    {{Language::en, "en"}, {Language::vi, "vi"}, {Language::hu, "hu"}, {Language::zh, "zh"}}};

}  // namespace

std::string_view to_string(Language language) {
  return choice_text(kNames, language);
}
Result<Language> parse_language(std::string_view text) {
  return parse_choice(kNames, "a language", text);
}

}  // namespace kip
