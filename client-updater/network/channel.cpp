#include <client-updater/network/channel.hpp>

namespace kip::updater {
namespace {

constexpr std::size_t kNumberSize = 8;
constexpr unsigned kOctetBits = 8;

}  // namespace

FieldWriter& FieldWriter::number(std::uint64_t value) {
  for (std::size_t at = kNumberSize; at-- > 0;)
    bytes_ += static_cast<char>(value >> (at * kOctetBits));
  return *this;
}

FieldWriter& FieldWriter::text(BytesView value) {
  number(value.size());
  bytes_ += value;
  return *this;
}

std::uint64_t FieldReader::number() {
  if (rest_.size() < kNumberSize) {
    is_short_ = true;
    return 0;
  }
  std::uint64_t value = 0;
  for (const char octet : rest_.substr(0, kNumberSize))
    value = value << kOctetBits | static_cast<unsigned char>(octet);
  rest_.remove_prefix(kNumberSize);
  return value;
}

Bytes FieldReader::text() {
  const std::uint64_t size = number();
  if (size > rest_.size()) {
    is_short_ = true;
    return {};
  }
  Bytes value(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return value;
}

Result<void> FieldReader::finish() const {
  if (!is_short_ && rest_.empty()) return {};
  return fail(ErrorCode::malformed, is_short_ ? "a value is missing" : "something follows");
}

}  // namespace kip::updater
