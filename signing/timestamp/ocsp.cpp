#include <openssl/err.h>
#include <openssl/ocsp.h>

#include <signing/timestamp/ocsp.hpp>

namespace kip::tsp {
namespace {

using OcspRequest = std::unique_ptr<OCSP_REQUEST, Deleter<OCSP_REQUEST_free>>;
using OcspResponse = std::unique_ptr<OCSP_RESPONSE, Deleter<OCSP_RESPONSE_free>>;
using BasicResponse = std::unique_ptr<OCSP_BASICRESP, Deleter<OCSP_BASICRESP_free>>;
using CertificateId = std::unique_ptr<OCSP_CERTID, Deleter<OCSP_CERTID_free>>;
using Store = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;

/// That the issuer has signed it, or somebody whom the issuer has certified for that, as of when it was made.
bool is_by_issuer(OCSP_BASICRESP* response, const STACK_OF(X509) * chain, int issuer) {
  const Store store(X509_STORE_new());
  for (int i = issuer; i < sk_X509_num(chain); ++i)
    KIP_CHECK(X509_STORE_add_cert(store.get(), sk_X509_value(chain, i)) == 1);
  const auto made = instant_of(OCSP_resp_get0_produced_at(response));
  if (!made) return false;
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(parameters, std::chrono::floor<std::chrono::seconds>(*made).time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  const Certificates signers(sk_X509_new_null());
  KIP_CHECK(X509_add_cert(signers.get(), sk_X509_value(chain, issuer), X509_ADD_FLAG_UP_REF) == 1);
  return OCSP_basic_verify(response, signers.get(), store.get(), 0) == 1;
}

/// Whether a response is about the certificate, whichever hash it names it by.
bool is_about(const OCSP_SINGLERESP* single, X509* certificate, X509* issuer) {
  const OCSP_CERTID* id = OCSP_SINGLERESP_get0_id(single);
  ASN1_OBJECT* hash = nullptr;
  OCSP_id_get0_info(nullptr, &hash, nullptr, nullptr, const_cast<OCSP_CERTID*>(id));
  const EVP_MD* digest = EVP_get_digestbyobj(hash);
  if (digest == nullptr) return false;
  const CertificateId own(OCSP_cert_to_id(digest, certificate, issuer));
  return own && OCSP_id_cmp(own.get(), id) == 0;
}

std::optional<Statement> statement_of(OCSP_SINGLERESP* single) {
  int reason = -1;
  ASN1_GENERALIZEDTIME* revoked = nullptr;
  ASN1_GENERALIZEDTIME* as_of = nullptr;
  const int status = OCSP_single_get0_status(single, &reason, &revoked, &as_of, nullptr);
  const auto time = instant_of(as_of);
  if (!time || (status != V_OCSP_CERTSTATUS_GOOD && status != V_OCSP_CERTSTATUS_REVOKED)) return std::nullopt;
  Statement out{*time};
  if (status == V_OCSP_CERTSTATUS_GOOD) return out;
  out.revoked = true;
  out.revoked_at = instant_of(revoked).value_or(Instant());
  if (reason >= 0) out.reason = reason;
  return out;
}

}  // namespace

bool is_ocsp_response(BytesView bytes) {
  const auto parsed = parse_exactly<d2i_OCSP_RESPONSE>(bytes);
  const OcspResponse owner(parsed.object);
  ERR_clear_error();
  return parsed.whole;
}

Bytes ocsp_request(X509* certificate, X509* issuer) {
  const OcspRequest request(OCSP_REQUEST_new());
  // SHA-1 only names the certificate here; responders know no other hash.
  CertificateId id(OCSP_cert_to_id(EVP_sha1(), certificate, issuer));
  KIP_CHECK(id && OCSP_request_add0_id(request.get(), id.get()) != nullptr);
  static_cast<void>(id.release());  // it is the request's now
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &der);
  KIP_CHECK(size > 0);
  Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

Result<std::optional<Statement>> read_ocsp(BytesView response, const STACK_OF(X509) * chain, int place) {
  const auto parsed = parse_exactly<d2i_OCSP_RESPONSE>(response);
  const OcspResponse whole(parsed.object);
  ERR_clear_error();
  if (!parsed.whole) return fail(ErrorCode::malformed, "an answer of OCSP does not parse");
  std::optional<Statement> out;
  if (OCSP_response_status(whole.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return out;
  const BasicResponse basic(OCSP_response_get1_basic(whole.get()));
  const bool holds = basic && is_by_issuer(basic.get(), chain, place + 1);
  ERR_clear_error();
  if (!holds) return out;
  for (int i = 0; i < OCSP_resp_count(basic.get()); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), i);
    if (!is_about(single, sk_X509_value(chain, place), sk_X509_value(chain, place + 1))) continue;
    const auto statement = statement_of(single);
    if (statement && (!out || statement->revoked || out->as_of < statement->as_of)) out = statement;
    if (out && out->revoked) break;
  }
  ERR_clear_error();
  return out;
}

}  // namespace kip::tsp
