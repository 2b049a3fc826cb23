#include <algorithm>

#include <manifests/core/bytes.hpp>

namespace kip {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string encode64(BytesView bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6)
      out += alphabet[(buffer >> (bits - 6)) & 63U];
  }
  if (bits > 0) out += alphabet[(buffer << (6 - bits)) & 63U];
  while (pad && out.size() % 4 != 0)
    out += '=';
  return out;
}

Result<Bytes> decode64(std::string_view text, std::string_view alphabet, bool pad) {
  const std::string_view digits = text.substr(0, std::min(text.find('='), text.size()));
  Bytes out;
  out.reserve(digits.size() * 3 / 4);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : digits) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos) return fail(ErrorCode::malformed, "not base64: unexpected character");
    buffer = (buffer << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((buffer >> bits) & 255U);
    }
  }
  if (encode64(out, alphabet, pad) != text) return fail(ErrorCode::malformed, "not canonical base64");
  return out;
}

}  // namespace

std::string to_hex(BytesView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    out += kHexDigits[value >> 4U];
    out += kHexDigits[value & 15U];
  }
  return out;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return fail(ErrorCode::malformed, "hexadecimal text has an odd number of digits");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return fail(ErrorCode::malformed, "hexadecimal text has another character");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string to_base64(BytesView bytes) {
  return encode64(bytes, kBase64, true);
}
Result<Bytes> from_base64(std::string_view text) {
  return decode64(text, kBase64, true);
}
std::string to_base64url(BytesView bytes) {
  return encode64(bytes, kBase64Url, false);
}
Result<Bytes> from_base64url(std::string_view text) {
  return decode64(text, kBase64Url, false);
}

}  // namespace kip
