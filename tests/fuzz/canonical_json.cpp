// OLPC canonical JSON, over which key ids and signatures are made. It escapes only quote and backslash: a control
// character stands in it as it is, so that the canonical form of a text with one is not JSON. What holds for every
// value that the reader accepts:
//   - the form depends on the value alone, not on the bytes it was read from,
//   - escaping its control characters (all stand in strings, since there are no blanks between tokens) gives the
//     compact form, which is read back as the same value. So different values have different canonical forms,
//   - the reader accepts it, as the same value, exactly where it has no control characters.

#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/json.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

constexpr json::Limits kLimits{.bytes = kMaxInput, .depth = 16, .values = 4000};
constexpr json::Limits kWrittenLimits{.depth = kLimits.depth, .values = kLimits.values};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20;
}

std::string with_controls_escaped(BytesView canonical) {
  std::string out;
  for (const char c : canonical)
    out += is_control(c) ? fmt::format("\\u{:04x}", static_cast<unsigned>(c)) : std::string(1, c);
  return out;
}

void check_value(const json::Value& value) {
  const std::string compact = json::to_compact(value);
  const Bytes canonical = json::to_canonical(value);

  const auto again = json::parse(compact, kWrittenLimits);
  KIP_CHECK(again.has_value());
  KIP_CHECK(*again == value);
  KIP_CHECK(json::to_canonical(*again) == canonical);

  KIP_CHECK(with_controls_escaped(canonical) == compact);

  const bool is_json = std::none_of(canonical.begin(), canonical.end(), is_control);
  const auto direct = json::parse(canonical, kWrittenLimits);
  KIP_CHECK(direct.has_value() == is_json);
  KIP_CHECK(!is_json || *direct == value);
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip;
  if (size > fuzz::kMaxInput) return -1;
  if (const auto value = json::parse(fuzz::view(data, size), fuzz::kLimits)) fuzz::check_value(*value);
  return 0;
}
