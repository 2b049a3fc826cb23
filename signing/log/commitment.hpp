#pragma once

#include <manifests/core/digest.hpp>
#include <signing/crypto/random.hpp>

namespace kip::tlog {

/// Octets of a salt: without it nobody can try out what a commitment stands for.
inline constexpr std::size_t kSaltSize = 32;

/// A commitment to bytes that are shown only to those who may see them: SHA-256 of the salt, then the bytes. Who has
/// both can check it; once the salt is destroyed nobody can. `salt` has kSaltSize octets.
Sha256Digest commit(BytesView salt, BytesView bytes);

}  // namespace kip::tlog
