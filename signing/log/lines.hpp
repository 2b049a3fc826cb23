#pragma once

#include <charconv>
#include <optional>

#include <manifests/core/bytes.hpp>
#include <manifests/core/digest.hpp>

namespace kip::tlog {

/// Takes lines from the front, each ended by a line feed.
class Lines {
 public:
  explicit Lines(BytesView text) : left_(text) {}

  /// Nothing where there is no whole line left.
  std::optional<BytesView> next() {
    const auto end = left_.find('\n');
    if (end == BytesView::npos) return std::nullopt;
    const BytesView line = left_.substr(0, end);
    left_.remove_prefix(end + 1);
    return line;
  }
  BytesView left() const { return left_; }

 private:
  BytesView left_;
};

/// Decimal, without leading zeros.
inline std::optional<std::uint64_t> parse_number(BytesView text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  const bool is_short = text.size() == 1 || !text.starts_with('0');
  return is_whole && is_short ? std::optional(value) : std::nullopt;
}

/// In base64.
inline std::optional<Sha256Digest> parse_hash(BytesView text) {
  const auto octets = from_base64(text);
  if (!octets) return std::nullopt;
  const auto digest = Sha256Digest::from_bytes(*octets);
  return digest ? std::optional(*digest) : std::nullopt;
}

}  // namespace kip::tlog
