#pragma once

#include <memory>

#include <manifests/core/digest.hpp>

namespace kip {

/// SHA-256 of octets that are in memory. Thread-safe.
Sha256Digest sha256(BytesView bytes);

/// SHA-512, 64 octets: for foreign TUF metadata that lists it. Thread-safe.
Bytes sha512(BytesView bytes);

enum class HashAlgorithm { sha256, sha384, sha512 };

/// The hash of octets that arrive in pieces. One object, one message, one thread.
class Hasher {
 public:
  explicit Hasher(HashAlgorithm algorithm);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(BytesView bytes);
  /// The digest of all updates, 32, 48 or 64 octets; the object is of no further use.
  Bytes finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The same for SHA-256, as a value of its own type.
class Sha256Hasher {
 public:
  void update(BytesView bytes) { hasher_.update(bytes); }
  Sha256Digest finish() { return Sha256Digest::from_bytes(hasher_.finish()).value(); }

 private:
  Hasher hasher_{HashAlgorithm::sha256};
};

}  // namespace kip
