#pragma once

// Inside signing/timestamp only: owners of OpenSSL's objects, and their values as ours.

#include <openssl/cms.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <signing/crypto/evp.hpp>
#include <signing/timestamp/certificates.hpp>

namespace kip::tsp {

using evp::Deleter;

struct FreeCertificates {
  void operator()(STACK_OF(X509) * list) const { sk_X509_pop_free(list, X509_free); }
};
struct FreeCrls {
  void operator()(STACK_OF(X509_CRL) * list) const { sk_X509_CRL_pop_free(list, X509_CRL_free); }
};

using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Certificates = std::unique_ptr<STACK_OF(X509), FreeCertificates>;
using Crl = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using Crls = std::unique_ptr<STACK_OF(X509_CRL), FreeCrls>;
using Cms = std::unique_ptr<CMS_ContentInfo, Deleter<CMS_ContentInfo_free>>;
using TstInfo = std::unique_ptr<TS_TST_INFO, Deleter<TS_TST_INFO_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;

/// Parses exactly these octets. Null where they are something else or more.
template <auto Parse>
auto parse_exactly(BytesView der) {
  const unsigned char* at = evp::octets(der);
  auto* object = Parse(nullptr, &at, static_cast<long>(der.size()));
  using Object = std::remove_pointer_t<decltype(object)>;
  struct Parsed {
    Object* object;
    bool whole;
  };
  return Parsed{object, object != nullptr && at == evp::octets(der) + der.size()};
}

Certificate parse_certificate(BytesView der);
Crl parse_crl(BytesView der);
/// Adds certificates that parse, each once. Errors: malformed.
Result<void> add_certificates(STACK_OF(X509) * list, const std::vector<Bytes>& der);

Bytes der_of(const X509* certificate);
Bytes der_of(const X509_CRL* crl);
std::string name_text(const X509_NAME* name);
/// A whole number in hexadecimal digits.
std::string integer_text(const ASN1_INTEGER* number);
/// "1.2.840.113549", whatever name there may be for it.
std::string oid_text(const ASN1_OBJECT* oid);
Result<Instant> instant_of(const ASN1_TIME* time);
Result<CertificateFacts> facts_of(X509* certificate);

}  // namespace kip::tsp
