#pragma once

#include <manifests/core/digest.hpp>
#include <signing/crypto/secret.hpp>

namespace kip {

/// HMAC with SHA-256. Source: RFC 2104
Sha256Digest hmac_sha256(const SecretBytes& key, BytesView message);

}  // namespace kip
