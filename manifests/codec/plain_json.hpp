#pragma once

#include <optional>
#include <string_view>

#include <manifests/core/bytes.hpp>

namespace kip::json {

/// Walks over JSON that is written in exactly the way that is expected. Large texts go through a JSON parser octet by
/// octet; where nearly all that comes was written by these programs, what is not can still go there. A view: the text
/// must outlive it.
class PlainJson {
 public:
  explicit PlainJson(std::string_view text) : left_(text) {}

  /// Goes past it if it is next.
  bool take(std::string_view expected) {
    if (!left_.starts_with(expected)) return false;
    left_.remove_prefix(expected.size());
    return true;
  }
  /// What stands before the next quotation mark: printable ASCII without escapes, of so many octets at most.
  std::optional<std::string_view> take_text(std::size_t max);
  /// The same, decoded.
  std::optional<Bytes> take_base64(std::size_t max);
  bool is_at_end() const { return left_.empty(); }

 private:
  std::optional<std::string_view> take_until_quote(std::size_t max);

  std::string_view left_;
};

}  // namespace kip::json
