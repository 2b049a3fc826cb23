#include <algorithm>

#include <manifests/codec/plain_json.hpp>

namespace kip::json {

std::optional<std::string_view> PlainJson::take_text(std::size_t max) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '\\'; };
  const auto found = take_until_quote(max);
  return found && std::all_of(found->begin(), found->end(), is_plain) ? found : std::nullopt;
}

std::optional<Bytes> PlainJson::take_base64(std::size_t max) {
  const auto found = take_until_quote(max);
  auto octets = found ? from_base64(*found) : Result<Bytes>(fail(ErrorCode::malformed, "no text"));
  return octets ? std::optional(*std::move(octets)) : std::nullopt;
}

std::optional<std::string_view> PlainJson::take_until_quote(std::size_t max) {
  const std::string_view found = left_.substr(0, left_.find('"'));
  if (found.size() == left_.size() || found.size() > max) return std::nullopt;
  left_.remove_prefix(found.size());
  return found;
}

}  // namespace kip::json
