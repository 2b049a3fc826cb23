#pragma once

// Inside signing/timestamp only.

#include <signing/timestamp/token.hpp>
#include <signing/timestamp/x509.hpp>

namespace kip::tsp {

/// A signed message whose content is a time stamp's, with exactly one signature. Errors: malformed.
Result<Cms> parse_cms(BytesView token);
/// The content of what parse_cms() has accepted. Errors: malformed, also where it is not DER.
Result<TstInfo> parse_tst_info(CMS_ContentInfo* cms);
/// Errors: malformed.
Result<Claims> read_claims(TS_TST_INFO* info);

/// The algorithm of an imprint. Errors: malformed for any but SHA-256, SHA-384 and SHA-512.
Result<HashAlgorithm> imprint_algorithm(const X509_ALGOR* algorithm);
std::size_t digest_size(HashAlgorithm algorithm);

}  // namespace kip::tsp
