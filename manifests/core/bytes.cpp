#include <algorithm>
#include <array>
#include <cstdint>

#include <manifests/core/bytes.hpp>

namespace kip {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode64(BytesView bytes, std::string_view alphabet, bool pad) {
  std::string out(pad ? (bytes.size() + 2) / 3 * 4 : (bytes.size() * 4 + 2) / 3, '=');
  char* to = out.data();
  const auto octet = [&bytes](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t three = octet(i) << 16U | octet(i + 1) << 8U | octet(i + 2);
    *to++ = alphabet[three >> 18U];
    *to++ = alphabet[three >> 12U & 63U];
    *to++ = alphabet[three >> 6U & 63U];
    *to++ = alphabet[three & 63U];
  }
  if (i == bytes.size()) return out;
  const bool has_two = i + 2 == bytes.size();
  const std::uint32_t rest = octet(i) << 16U | (has_two ? octet(i + 1) << 8U : 0U);
  *to++ = alphabet[rest >> 18U];
  *to++ = alphabet[rest >> 12U & 63U];
  if (has_two) *to = alphabet[rest >> 6U & 63U];
  return out;
}

/// The value of each octet as a digit, or -1.
using Digits = std::array<std::int8_t, 256>;

constexpr Digits digits_of(std::string_view alphabet) {
  Digits out{};
  for (std::int8_t& value : out)
    value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return out;
}

constexpr Digits kDigits = digits_of(kBase64);
constexpr Digits kUrlDigits = digits_of(kBase64Url);

/// Only the one canonical text of some octets: all of its padding, and no bits behind their end.
Result<Bytes> decode64(std::string_view text, const Digits& digits, bool pad) {
  const std::size_t end = pad ? text.find_last_not_of('=') + 1 : text.size();
  const std::size_t rest = end % 4;
  if (rest == 1 || (pad && text.size() != (end + 3) / 4 * 4)) {
    return fail(ErrorCode::malformed, "not canonical base64");
  }
  Bytes out(end * 3 / 4, '\0');
  char* to = out.data();
  const auto digit = [&](std::size_t i) { return digits[static_cast<unsigned char>(text[i])]; };
  std::size_t done = 0;
  for (; done + 4 <= end; done += 4) {
    const int four[] = {digit(done), digit(done + 1), digit(done + 2), digit(done + 3)};
    if ((four[0] | four[1] | four[2] | four[3]) < 0) break;
    const auto bits = static_cast<std::uint32_t>(four[0] << 18 | four[1] << 12 | four[2] << 6 | four[3]);
    *to++ = static_cast<char>(bits >> 16U);
    *to++ = static_cast<char>(bits >> 8U & 0xffU);
    *to++ = static_cast<char>(bits & 0xffU);
  }
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text.substr(done, end - done)) {
    const int value = digits[static_cast<unsigned char>(c)];
    if (value < 0) return fail(ErrorCode::malformed, "not base64: unexpected character");
    buffer = (buffer << 6U) | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      *to++ = static_cast<char>((buffer >> static_cast<unsigned>(bits)) & 0xffU);
    }
  }
  if ((buffer & ((1U << static_cast<unsigned>(bits)) - 1U)) != 0)
    return fail(ErrorCode::malformed, "not canonical base64");
  return out;
}

}  // namespace

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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
  return decode64(text, kDigits, true);
}
std::string to_base64url(BytesView bytes) {
  return encode64(bytes, kBase64Url, false);
}
Result<Bytes> from_base64url(std::string_view text) {
  return decode64(text, kUrlDigits, false);
}

}  // namespace kip
