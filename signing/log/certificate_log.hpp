#pragma once

// Inside signing/log only: how logs of certificates sign. Source: C2SP static-ct-api; RFC 6962 sections 3.2 and 3.5.

#include <optional>

#include <manifests/core/instant.hpp>
#include <signing/crypto/public_key.hpp>

namespace kip::tlog {

/// A P-256 key as DER SubjectPublicKeyInfo. Errors: malformed.
Result<PublicKey> p256_from_der(BytesView der);

/// When the log has signed the tree head that the text, a checkpoint without further lines, tells; nothing where the
/// signature does not hold.
std::optional<Instant> verify_tree_head(BytesView text, const PublicKey& key, BytesView signature);

}  // namespace kip::tlog
