#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>

namespace kip::json {

/// How to treat members that this program does not know: in a file of a version that it knows whole ("kip.act/1", and
/// up to `known_minor` "kip.act/1.1") they are typing errors and refused; a file of a later minor version may have
/// them.
inline ObjectReader::Unknown unknown_members(const Value& object, int known_minor = 0) {
  const Value* format = object.find("format");
  const std::string* text = format == nullptr ? nullptr : format->as_text();
  const auto dot = text == nullptr ? std::string::npos : text->find('.', text->find('/'));
  if (dot == std::string::npos) return ObjectReader::Unknown::refuse;
  for (int minor = 0; minor <= known_minor; ++minor) {
    if (text->substr(dot + 1) == std::to_string(minor)) return ObjectReader::Unknown::refuse;
  }
  return ObjectReader::Unknown::keep;
}

/// Words of people, which others will read: empty where they are missing; no control characters but line ends.
inline std::string words(ObjectReader& in, std::string_view name) {
  constexpr std::size_t kMaxText = 4096;
  std::string text = in.optional_text(name, kMaxText).value_or(std::string());
  if (printable(text) != text) in.refuse(name, "has control characters other than line ends");
  return text;
}

/// The texts of a list, each through a parser `Result<T>(std::string_view)`; no items where the member is missing.
template <class Parser>
auto text_items(ObjectReader& in, std::string_view name, Parser&& parser, std::size_t max_items = 1000) {
  using Parsed = decltype(parser(std::string_view()));
  const auto read = [&parser](const Value& item) -> Parsed {
    const std::string* text = item.as_text();
    if (text == nullptr) return fail(ErrorCode::malformed, "has an item that is not text");
    return parser(*text);
  };
  return in.each(name, read, max_items);
}

}  // namespace kip::json
