#pragma once

// Inside signing/timestamp only.

#include <signing/timestamp/x509.hpp>

namespace kip::tsp {

/// That a certificate is for signing time stamps and for nothing else. Errors: signature.
/// Source: RFC 3161 section 2.3
Result<void> check_made_for_time_stamps(X509* signer);

/// The chain from the signer to one of the roots, as it was at that time. Errors: signature; expired where it was not
/// valid then. Source: RFC 5280 section 6
Result<Certificates> verify_chain(X509* signer, STACK_OF(X509) * roots, STACK_OF(X509) * others,
                                  std::chrono::sys_seconds at);

Result<std::vector<CertificateFacts>> facts_of_chain(const STACK_OF(X509) * chain);

/// Sentences about certificates whose signature is by a hash that is weak today. Errors: signature where it was broken
/// before there were time stamps.
Result<std::vector<std::string>> check_strength(const STACK_OF(X509) * chain);

}  // namespace kip::tsp
