#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include <manifests/codec/reader.hpp>

namespace kip::json {

/// How to treat members that this program does not know: in a file of exactly the version it writes ("kip.act/1") they
/// are typing errors and refused; a file of a later minor version ("kip.act/1.3") may have them.
inline ObjectReader::Unknown unknown_members(const Value& object) {
  const Value* format = object.find("format");
  const std::string* text = format == nullptr ? nullptr : format->as_text();
  const bool later_minor = text != nullptr && text->find('.', text->find('/')) != std::string::npos;
  return later_minor ? ObjectReader::Unknown::keep : ObjectReader::Unknown::refuse;
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
