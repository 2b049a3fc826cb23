#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <manifests/codec/json.hpp>
#include <manifests/codec/reader.hpp>

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

/// Reads the items of such a list, each by `parse`, up to the first fault. Must not move while items() are taken.
template <class T>
class LongListReader {
 public:
  using Parse = std::function<Result<T>(const Value&)>;

  LongListReader(std::string_view list, std::size_t max_items, Parse parse)
      : list_(list), max_items_(max_items), parse_(std::move(parse)) {}

  /// For parse_long().
  ItemsToTake items() {
    return {list_, [this](const Value& value) { take(value); }};
  }

  /// `in` is the reader of the object. A fault, or more items than allowed, is one of its member.
  std::vector<T> finish(ObjectReader& in) && {
    in.array_or_empty(list_);
    if (count_ > max_items_) {
      in.refuse(list_, fmt::format("has {} items, allowed are {}", count_, max_items_), ErrorCode::too_large);
    } else if (fault_) {
      in.refuse(list_, fault_->message, fault_->code);
    }
    values_.shrink_to_fit();
    return std::move(values_);
  }

 private:
  void take(const Value& value) {
    if (++count_ > max_items_ || fault_) return;
    if (auto read = parse_(value)) {
      values_.push_back(*std::move(read));
    } else {
      fault_ = std::move(read).error();
    }
  }

  std::string_view list_;
  std::size_t max_items_;
  Parse parse_;
  std::size_t count_ = 0;
  std::vector<T> values_;
  std::optional<Error> fault_;
};

struct ItemsToGive {
  std::string_view list;
  std::size_t count = 0;
  std::function<Value(std::size_t)> give;
  std::size_t octets = 0;  ///< about as many as all of the text will have
};
/// As to_compact(). The object has an empty list of that name.
std::string to_compact_long(const Object& object, const ItemsToGive& items);

}  // namespace kip::json
