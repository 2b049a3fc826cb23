#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kip::http {

/// Looks along at a chunked body and says whether each octet stands where the standard wants it: the library that
/// decodes it is more lenient than a proxy in front may be. Source: RFC 9112, 7.1
class ChunkCheck {
 public:
  /// False from the first octet on that is wrong. What follows the end is not looked at.
  bool take(std::string_view octets);
  bool complete() const { return state_ == State::end; }

 private:
  enum class State {
    size,
    extension,
    size_end,
    data,
    data_return,
    data_end,
    trailer_line,
    trailer,
    trailer_end,
    last_end,
    end,
    wrong,
  };

  State after(char octet);
  State after_size(char octet);

  State state_ = State::size;
  std::size_t digits_ = 0;
  std::uint64_t left_ = 0;  ///< octets of this chunk
  std::size_t beside_ = 0;  ///< octets of extensions and trailers so far
};

}  // namespace kip::http
