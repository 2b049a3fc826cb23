#include <optional>

#include <signing/timestamp/der.hpp>

namespace kip::tsp {
namespace {

constexpr unsigned kMaxDepth = 32;
constexpr unsigned char kConstructed = 0x20;
constexpr unsigned char kLongTag = 0x1f;
constexpr unsigned char kMore = 0x80;
constexpr std::size_t kMaxLengthOctets = 4;
constexpr std::size_t kEndOctets = 2;

unsigned char octet_at(BytesView bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

struct Header {
  std::size_t octets = 0;
  std::optional<std::size_t> length;  ///< nothing: up to an end mark
};

/// The octets of the identifier; 0 where it is cut short or longer than any that is in use.
std::size_t tag_octets(BytesView bytes) {
  if ((octet_at(bytes, 0) & kLongTag) != kLongTag) return 1;
  constexpr std::size_t kMaxTagOctets = 5;
  for (std::size_t at = 1; at < bytes.size() && at < kMaxTagOctets; ++at) {
    if ((octet_at(bytes, at) & kMore) == 0) return at + 1;
  }
  return 0;
}

std::optional<Header> read_header(BytesView bytes, Encoding encoding) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t tag = tag_octets(bytes);
  if (tag == 0 || tag >= bytes.size()) return std::nullopt;
  const unsigned char first = octet_at(bytes, tag);
  if (first < kMore) return Header{tag + 1, first};
  if (first == kMore) {
    if (encoding == Encoding::der || (octet_at(bytes, 0) & kConstructed) == 0) return std::nullopt;
    return Header{tag + 1, std::nullopt};
  }
  const std::size_t count = first - kMore;
  if (count > kMaxLengthOctets || bytes.size() - tag - 1 < count) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i)
    length = length << 8U | octet_at(bytes, tag + 1 + i);
  const bool shortest = length >= kMore && (count == 1 || length >> (8U * (count - 1)) != 0);
  if (encoding == Encoding::der && !shortest) return std::nullopt;
  return Header{tag + 1 + count, length};
}

bool is_end(BytesView bytes) {
  return bytes.size() >= kEndOctets && bytes[0] == '\0' && bytes[1] == '\0';
}

/// The first element of the octets with all that lies in it.
std::optional<Element> first_element(BytesView bytes, Encoding encoding, unsigned depth) {
  const auto header = read_header(bytes, encoding);
  if (!header || depth > kMaxDepth) return std::nullopt;
  Element out{octet_at(bytes, 0), {}, {}};
  const bool constructed = (out.tag & kConstructed) != 0;
  BytesView rest = bytes.substr(header->octets);
  if (header->length) {
    if (*header->length > rest.size()) return std::nullopt;
    out.content = rest.substr(0, *header->length);
    out.whole = bytes.substr(0, header->octets + *header->length);
    rest = out.content;
    while (constructed && !rest.empty()) {
      const auto inner = first_element(rest, encoding, depth + 1);
      if (!inner || inner->tag == 0) return std::nullopt;
      rest.remove_prefix(inner->whole.size());
    }
    return out;
  }
  while (!is_end(rest)) {
    const auto inner = first_element(rest, encoding, depth + 1);
    if (!inner || inner->tag == 0) return std::nullopt;
    rest.remove_prefix(inner->whole.size());
  }
  const std::size_t total = bytes.size() - rest.size();
  out.content = bytes.substr(header->octets, total - header->octets);
  out.whole = bytes.substr(0, total + kEndOctets);
  return out;
}

}  // namespace

Result<Element> read_element(BytesView bytes, Encoding encoding) {
  const auto element = first_element(bytes, encoding, 0);
  if (!element) return fail(ErrorCode::malformed, "it is not in the encoding that ASN.1 asks for, or cut short");
  if (element->whole.size() != bytes.size()) {
    return fail(ErrorCode::malformed, "octets follow after its end, which nothing covers; remove them");
  }
  return *element;
}

std::vector<Element> children_of(const Element& element) {
  std::vector<Element> out;
  if ((element.tag & kConstructed) == 0) return out;
  BytesView rest = element.content;
  while (!rest.empty()) {
    const auto inner = first_element(rest, Encoding::ber, 0);
    KIP_CHECK(inner.has_value());
    out.push_back(*inner);
    rest.remove_prefix(inner->whole.size());
  }
  return out;
}

}  // namespace kip::tsp
