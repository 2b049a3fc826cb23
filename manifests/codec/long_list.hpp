#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <manifests/codec/json.hpp>

namespace kip::json {

// A member of the outermost object that is a list of many items: as values they take some ten times the memory of their
// text, so they are made and taken one by one and never held together.

struct ItemsToTake {
  std::string_view list;  ///< the member's name
  std::function<void(const Value&)> take;
};
/// As parse(), and the same limits hold; what comes back has the list without its items. Those that stand before a
/// fault were taken by then.
Result<Value> parse_long(BytesView text, const ItemsToTake& items, const Limits& limits = {});

struct ItemsToGive {
  std::string_view list;
  std::size_t count = 0;
  std::function<Value(std::size_t)> give;
  std::size_t octets = 0;  ///< about as many as all of the text will have
};
/// As to_compact(). The object has an empty list of that name.
std::string to_compact_long(const Object& object, const ItemsToGive& items);

}  // namespace kip::json
