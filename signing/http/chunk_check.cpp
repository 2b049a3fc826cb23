#include <algorithm>

#include <manifests/core/bytes.hpp>
#include <signing/http/chunk_check.hpp>

namespace kip::http {
namespace {

constexpr std::size_t kMaxDigits = 15;
/// Of all extensions and trailers of a body, which are read and dropped.
constexpr std::size_t kMaxBeside = 8U << 10U;

bool is_text(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet == '\t' || (octet >= 0x20 && octet != 0x7f);
}

}  // namespace

bool ChunkCheck::take(std::string_view octets) {
  while (!octets.empty() && state_ != State::end && state_ != State::wrong) {
    if (state_ == State::data) {
      const auto count = std::min<std::uint64_t>(left_, octets.size());
      left_ -= count;
      octets.remove_prefix(count);
      if (left_ == 0) state_ = State::data_return;
    } else {
      state_ = after(octets.front());
      octets.remove_prefix(1);
    }
  }
  return state_ != State::wrong;
}

ChunkCheck::State ChunkCheck::after_size(char octet) {
  const int digit = hex_digit(octet);
  if (digit >= 0) {
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return ++digits_ > kMaxDigits ? State::wrong : State::size;
  }
  if (digits_ == 0) return State::wrong;
  if (octet == '\r') return State::size_end;
  return octet == ';' ? State::extension : State::wrong;
}

ChunkCheck::State ChunkCheck::after(char octet) {
  const auto only = [octet](char wanted, State next) { return octet == wanted ? next : State::wrong; };
  const auto text_or_return = [this, octet](State same, State next) {
    if (octet == '\r') return next;
    return is_text(octet) && ++beside_ <= kMaxBeside ? same : State::wrong;
  };
  switch (state_) {
    case State::size:
      return after_size(octet);
    case State::extension:
      return text_or_return(State::extension, State::size_end);
    case State::size_end:
      digits_ = 0;
      return only('\n', left_ == 0 ? State::trailer_line : State::data);
    case State::data_return:
      return only('\r', State::data_end);
    case State::data_end:
      return only('\n', State::size);
    case State::trailer_line:
      return text_or_return(State::trailer, State::last_end);
    case State::trailer:
      return text_or_return(State::trailer, State::trailer_end);
    case State::trailer_end:
      return only('\n', State::trailer_line);
    case State::last_end:
      return only('\n', State::end);
    case State::data:
    case State::end:
    case State::wrong:
      break;
  }
  return State::wrong;
}

}  // namespace kip::http
