#pragma once

#include <memory>

#include <manifests/core/digest.hpp>

namespace kip {

/// SHA-256 of octets that are in memory. Thread-safe.
Sha256Digest sha256(BytesView bytes);

/// SHA-512, 64 octets: for foreign TUF metadata that lists it. Thread-safe.
Bytes sha512(BytesView bytes);

/// SHA-256 of octets that arrive in pieces. One object, one message, one thread.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;

  void update(BytesView bytes);
  /// The digest of all updates; the object is of no further use.
  Sha256Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kip
