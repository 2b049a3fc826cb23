#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <manifests/core/result.hpp>

namespace kip {

/// Octets of any value. A std::string, so that text that was checked costs no copy.
using Bytes = std::string;
using BytesView = std::string_view;

/// Bytes from outside of which nothing has been checked. What takes this type parses strictly; nothing else may.
struct UnverifiedBytes {
  Bytes bytes;
};

/// 0 to 15 of a hexadecimal digit in either case, -1 of anything else.
int hex_digit(char c);
/// Lower-case hexadecimal.
std::string to_hex(BytesView bytes);
/// Accepts lower- and upper-case digits. Errors: malformed on odd length or another character.
Result<Bytes> from_hex(std::string_view text);

/// RFC 4648 section 4 with padding.
std::string to_base64(BytesView bytes);
/// Errors: malformed unless the text is the one canonical encoding (padding present, unused bits zero).
Result<Bytes> from_base64(std::string_view text);

/// RFC 4648 section 5 without padding.
std::string to_base64url(BytesView bytes);
Result<Bytes> from_base64url(std::string_view text);

}  // namespace kip
