// The strict JSON reader. It never fails but by a Result; and what it accepts
//   - holds no octet that RFC 8259 does not allow,
//   - is read again as the same from both of our writers, within the same depth and count.

#include <algorithm>

#include <manifests/codec/json.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

constexpr json::Limits kLimits{.bytes = kMaxInput, .depth = 8, .values = 1000};

/// Source: RFC 8259, 2 and 7: control characters are escaped in strings, and four of them are blanks elsewhere.
bool may_stand_in_json(char c) {
  return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r';
}

void check_written(const json::Value& value, BytesView written) {
  // Longer than what was read it may be: a control character takes six octets.
  const auto again = json::parse(written, {.depth = kLimits.depth, .values = kLimits.values});
  KIP_CHECK(again.has_value());
  KIP_CHECK(*again == value);
}

void check_error(const Error& error) {
  KIP_CHECK(error.code == ErrorCode::malformed || error.code == ErrorCode::too_large);
  KIP_CHECK(!error.message.empty());
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip;
  if (size > fuzz::kMaxInput) return -1;
  const BytesView input = fuzz::view(data, size);
  const auto value = json::parse(input, fuzz::kLimits);
  if (!value) {
    fuzz::check_error(value.error());
    return 0;
  }
  KIP_CHECK(std::all_of(input.begin(), input.end(), fuzz::may_stand_in_json));
  fuzz::check_written(*value, json::to_compact(*value));
  fuzz::check_written(*value, json::to_pretty(*value));
  return 0;
}
