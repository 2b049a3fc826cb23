#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/ids.hpp>

namespace kip::detail {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kUlidLength = 26;
constexpr std::size_t kMaxSlug = 63;

bool is_slug(std::string_view text) {
  if (text.empty() || text.size() > kMaxSlug || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

Result<std::string> checked_slug(std::string_view text) {
  if (is_slug(text)) return std::string(text);
  return fail(
      ErrorCode::malformed,
      fmt::format("\"{}\" is not a name; use a-z, 0-9 and inner hyphens, at most 63 characters", text.substr(0, 80)));
}

Result<std::string> checked_ulid(std::string_view text) {
  const bool characters =
      std::all_of(text.begin(), text.end(), [](char c) { return kCrockford.find(c) != std::string_view::npos; });
  if (text.size() == kUlidLength && characters && text[0] <= '7') return std::string(text);
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is not an id (26 characters, as 01JD…)", text.substr(0, 40)));
}

std::string encode_ulid(Instant now, const std::array<std::uint8_t, 10>& random) {
  std::array<std::uint8_t, 16> octets{};
  auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (std::size_t i = 6; i-- > 0; millis >>= 8U)
    octets[i] = static_cast<std::uint8_t>(millis & 255U);
  std::copy(random.begin(), random.end(), octets.begin() + 6);
  std::string out;
  unsigned buffer = 0;
  int bits = 2;  // 128 bits are 26 digits of 5 bits less the two leading zero bits
  for (const std::uint8_t octet : octets) {
    buffer = (buffer << 8U) | octet;
    for (bits += 8; bits >= 5; bits -= 5)
      out += kCrockford[(buffer >> static_cast<unsigned>(bits - 5)) & 31U];
  }
  return out;
}

}  // namespace kip::detail
