#pragma once

#include <string>

#include <signing/tuf/metadata.hpp>

namespace kip::tuf {

/// What a server said of the state of a file, to ask it for the file only where that has changed. Source: RFC
/// 9110, 8.8.
struct Validators {
  std::string etag;           ///< empty where none was sent
  std::string last_modified;  ///< likewise

  bool empty() const { return etag.empty() && last_modified.empty(); }
  bool operator==(const Validators&) const = default;
};

struct VerifiedFile {
  std::string sha256;  ///< of the exact bytes, hexadecimal
  Header header;
};

/// That these very bytes of root, timestamp, snapshot and targets were verified together. It holds for exactly these
/// bytes, and with the root's for the keys that signed them; expiry is for each user to judge anew. Whoever can write
/// it could as well write the trusted root beside it. Format: docs/formats/verified.md.
struct Verified {
  VerifiedFile root;
  VerifiedFile timestamp;
  VerifiedFile snapshot;
  VerifiedFile targets;
  Validators validators;  ///< of timestamp.json
};

Bytes to_bytes(const Verified& verified);

/// Errors: malformed.
Result<Verified> parse_verified(BytesView bytes);

}  // namespace kip::tuf
