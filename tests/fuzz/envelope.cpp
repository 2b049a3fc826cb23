// Envelopes. As this program writes them they are read directly, and in every other form as JSON:
//   - what is read does not depend on the way, and neither does whether it is read;
//   - what is accepted is written again as what is read as the same.

#include <signing/dsse/envelope.hpp>

#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip;
  if (size > fuzz::kMaxInput) return -1;
  const BytesView input = fuzz::view(data, size);
  const auto direct = dsse::parse(input);
  if (input.starts_with('{')) {
    // A blank behind the brace changes nothing but the way.
    const auto by_json = dsse::parse("{ " + Bytes(input.substr(1)));
    KIP_CHECK(direct.has_value() == by_json.has_value());
    KIP_CHECK(!direct || *direct == *by_json);
  }
  if (direct) KIP_CHECK(dsse::parse(dsse::to_bytes(*direct)).value() == *direct);
  return 0;
}
