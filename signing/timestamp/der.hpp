#pragma once

// Inside signing/timestamp only.

#include <vector>

#include <manifests/core/bytes.hpp>

namespace kip::tsp {

/// BER allows lengths that are not told in advance, which some programs use for the frame of a token; DER does not.
enum class Encoding { ber, der };

/// One element of ASN.1. The views are into what it was read from.
struct Element {
  unsigned char tag = 0;  ///< the first octet of its identifier
  BytesView whole;
  BytesView content;
};

inline constexpr unsigned char kSequence = 0x30;
inline constexpr unsigned char kObjectIdentifier = 0x06;

/// The one element that the octets are, all that lies in it included. Errors: malformed, also where octets follow.
Result<Element> read_element(BytesView bytes, Encoding encoding);
/// The elements of a constructed one that read_element() has accepted.
std::vector<Element> children_of(const Element& element);

}  // namespace kip::tsp
