#pragma once

// Inside signing/timestamp only.

#include <signing/timestamp/revocation_check.hpp>

namespace kip::tsp {

/// Asks for the status of a certificate. Source: RFC 6960 section 4.1
Bytes ocsp_request(X509* certificate, X509* issuer);

/// What a response says of the certificate at that place of a chain that was verified. Nothing where it is about
/// others, or not signed by the issuer or by whom the issuer has certified for it.
/// Errors: malformed where it does not parse. Source: RFC 6960 section 4.2
Result<std::optional<Statement>> read_ocsp(BytesView response, const STACK_OF(X509) * chain, int place);

}  // namespace kip::tsp
