#include <algorithm>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ess.h>

#include <signing/timestamp/chain.hpp>
#include <signing/timestamp/revocation_check.hpp>
#include <signing/timestamp/tst_info.hpp>

namespace kip::tsp {
namespace {

using SigningCertificate = std::unique_ptr<ESS_SIGNING_CERT, Deleter<ESS_SIGNING_CERT_free>>;
using SigningCertificateV2 = std::unique_ptr<ESS_SIGNING_CERT_V2, Deleter<ESS_SIGNING_CERT_V2_free>>;

Unexpected untrusted(std::string why) {
  ERR_clear_error();
  return fail(ErrorCode::signature, std::move(why));
}

Result<void> check_content(const Claims& claims, const Expected& expected, const Trust& trust) {
  if (claims.imprint.digest != expected.digest) {
    return fail(ErrorCode::integrity, fmt::format("the token is for other data: it has the {} {}, the data has {}",
                                                  to_string(claims.imprint.algorithm), to_hex(claims.imprint.digest),
                                                  to_hex(expected.digest)));
  }
  if (expected.nonce && claims.nonce != expected.nonce) {
    return fail(ErrorCode::integrity, "the token answers another request: its nonce is not the one that was sent");
  }
  const auto& policies = trust.policies;
  if (!policies.empty() && std::find(policies.begin(), policies.end(), claims.policy) == policies.end()) {
    return fail(ErrorCode::denied,
                fmt::format("the token is under policy {}, accepted is {}", claims.policy, fmt::join(policies, ", ")));
  }
  return {};
}

/// The value of a signed attribute that stands there once and has one value. Errors: signature.
Result<const ASN1_STRING*> attribute(CMS_SignerInfo* signature, int nid, int type) {
  constexpr int kOnceWithOneValue = -3;
  const void* value = CMS_signed_get0_data_by_OBJ(signature, OBJ_nid2obj(nid), kOnceWithOneValue, type);
  if (value == nullptr)
    return untrusted(fmt::format("its signed attribute {} is not as it should be", OBJ_nid2ln(nid)));
  return static_cast<const ASN1_STRING*>(value);
}

bool has_attribute(CMS_SignerInfo* signature, int nid) {
  return CMS_signed_get_attr_by_NID(signature, nid, -1) >= 0;
}

/// What CMS_verify() does not look at.
Result<void> check_signature_form(CMS_SignerInfo* signature) {
  if (CMS_signed_get_attr_count(signature) <= 0) return untrusted("it has no signed attributes");
  const void* type = CMS_signed_get0_data_by_OBJ(signature, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);
  if (type == nullptr || OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(type)) != NID_id_smime_ct_TSTInfo) {
    return untrusted("what its signature covers is not said to be a time stamp");
  }
  X509_ALGOR* digest = nullptr;
  CMS_SignerInfo_get0_algs(signature, nullptr, nullptr, &digest, nullptr);
  if (!imprint_algorithm(digest)) {
    return untrusted("its signature is by a hash that is not accepted; SHA-256, SHA-384 and SHA-512 are");
  }
  return {};
}

/// Whose key has made the one signature. The certificate lives as long as the message.
Result<X509*> verify_signature(CMS_ContentInfo* cms, STACK_OF(X509) * candidates) {
  CMS_SignerInfo* signature = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
  KIP_TRY_VOID(check_signature_form(signature));
  if (CMS_verify(cms, candidates, nullptr, nullptr, nullptr, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1) {
    const bool missing = ERR_GET_REASON(ERR_peek_last_error()) == CMS_R_SIGNER_CERTIFICATE_NOT_FOUND;
    return untrusted(missing ? "the certificate of its signer is neither in it nor among those that were given; ask "
                               "the authority for it and give it as an untrusted one"
                             : "its signature does not hold: it was changed, or is by another key than it says");
  }
  X509* signer = nullptr;
  CMS_SignerInfo_get0_algs(signature, nullptr, &signer, nullptr, nullptr);
  if (signer == nullptr) return untrusted("it has no signer");
  constexpr int kMinSecurityBits = 112;
  const EVP_PKEY* key = X509_get0_pubkey(signer);
  if (key == nullptr || EVP_PKEY_get_security_bits(key) < kMinSecurityBits) {
    return untrusted("its signer's key is too short to be believed");
  }
  return signer;
}

/// That the signature itself names the certificates of the chain. Source: RFC 5035, RFC 5816
Result<void> check_named_certificates(CMS_SignerInfo* signature, const STACK_OF(X509) * chain) {
  SigningCertificate first;
  SigningCertificateV2 second;
  if (has_attribute(signature, NID_id_smime_aa_signingCertificate)) {
    KIP_TRY(const ASN1_STRING* value, attribute(signature, NID_id_smime_aa_signingCertificate, V_ASN1_SEQUENCE));
    const unsigned char* at = ASN1_STRING_get0_data(value);
    first.reset(d2i_ESS_SIGNING_CERT(nullptr, &at, ASN1_STRING_length(value)));
    if (!first) return untrusted("its attribute signingCertificate does not parse");
  }
  if (has_attribute(signature, NID_id_smime_aa_signingCertificateV2)) {
    KIP_TRY(const ASN1_STRING* value, attribute(signature, NID_id_smime_aa_signingCertificateV2, V_ASN1_SEQUENCE));
    const unsigned char* at = ASN1_STRING_get0_data(value);
    second.reset(d2i_ESS_SIGNING_CERT_V2(nullptr, &at, ASN1_STRING_length(value)));
    if (!second) return untrusted("its attribute signingCertificateV2 does not parse");
  }
  if (OSSL_ESS_check_signing_certs(first.get(), second.get(), chain, 1) != 1) {
    return untrusted("its signature does not name the certificates of its chain (attribute signingCertificate)");
  }
  ERR_clear_error();
  return {};
}

/// Source: RFC 3161 section 2.4.2: the name in the token corresponds to one of the certificate's.
Result<void> check_name(TS_TST_INFO* info, X509* signer) {
  GENERAL_NAME* name = TS_TST_INFO_get_tsa(info);
  if (name == nullptr) return {};
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(name, &type);
  if (type == GEN_DIRNAME && X509_NAME_cmp(static_cast<const X509_NAME*>(value), X509_get_subject_name(signer)) == 0) {
    return {};
  }
  const std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>> others(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(signer, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(others.get()); ++i) {
    if (GENERAL_NAME_cmp(name, sk_GENERAL_NAME_value(others.get(), i)) == 0) return {};
  }
  return untrusted("the authority's name in it is not that of its signer");
}

std::size_t count_unused(const STACK_OF(X509) * embedded, const STACK_OF(X509) * chain) {
  std::size_t out = 0;
  for (int i = 0; i < sk_X509_num(embedded); ++i) {
    bool used = false;
    for (int j = 0; j < sk_X509_num(chain) && !used; ++j)
      used = X509_cmp(sk_X509_value(embedded, i), sk_X509_value(chain, j)) == 0;
    if (!used) ++out;
  }
  return out;
}

Bytes signature_value(CMS_SignerInfo* signature) {
  const ASN1_OCTET_STRING* value = CMS_SignerInfo_get0_signature(signature);
  return Bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
               static_cast<std::size_t>(ASN1_STRING_length(value)));
}

void add_crls(RevocationData& known, CMS_ContentInfo* cms) {
  const Crls embedded(CMS_get1_crls(cms));
  for (int i = 0; i < sk_X509_CRL_num(embedded.get()); ++i)
    known.crls.push_back(der_of(sk_X509_CRL_value(embedded.get(), i)));
}

}  // namespace

Sha256Digest VerifiedToken::identity() const {
  return sha256(signature);
}

Result<Sha256Digest> claimed_identity(BytesView token) {
  KIP_TRY(const UnverifiedToken parsed, UnverifiedToken::parse(token));
  KIP_TRY(const Cms cms, parse_cms(parsed.bytes()));
  const STACK_OF(CMS_SignerInfo)* signatures = CMS_get0_SignerInfos(cms.get());
  if (sk_CMS_SignerInfo_num(signatures) != 1) return fail(ErrorCode::malformed, "the token has not one signature");
  return sha256(signature_value(sk_CMS_SignerInfo_value(signatures, 0)));
}

Result<VerifiedToken> verify_token(const UnverifiedToken& token, const Expected& expected, const Trust& trust) {
  KIP_TRY_VOID(check_content(token.claims(), expected, trust));
  KIP_TRY(const Cms cms, parse_cms(token.bytes()));
  KIP_TRY(const TstInfo info, parse_tst_info(cms.get()));
  const Certificates roots(sk_X509_new_null());
  const Certificates candidates(sk_X509_new_null());
  KIP_TRY_VOID(add_certificates(roots.get(), trust.roots));
  KIP_TRY_VOID(add_certificates(candidates.get(), trust.untrusted));
  KIP_TRY_VOID(add_certificates(candidates.get(), trust.roots));
  KIP_TRY(X509 * signer, verify_signature(cms.get(), candidates.get()));
  CMS_SignerInfo* signature = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms.get()), 0);
  KIP_TRY_VOID(check_made_for_time_stamps(signer));
  const Certificates embedded(CMS_get1_certs(cms.get()));
  for (int i = 0; i < sk_X509_num(embedded.get()); ++i) {
    KIP_CHECK(X509_add_cert(candidates.get(), sk_X509_value(embedded.get(), i),
                            X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP) == 1);
  }
  const auto at = std::chrono::floor<std::chrono::seconds>(token.claims().gen_time);
  KIP_TRY(const Certificates chain, verify_chain(signer, roots.get(), candidates.get(), at));
  KIP_TRY_VOID(check_named_certificates(signature, chain.get()));
  KIP_TRY_VOID(check_name(info.get(), signer));
  VerifiedToken out{.claims = token.claims(), .signature = signature_value(signature)};
  KIP_TRY(out.chain, facts_of_chain(chain.get()));
  out.not_after = std::min_element(out.chain.begin(), out.chain.end(), [](const auto& a, const auto& b) {
                    return a.not_after < b.not_after;
                  })->not_after;
  KIP_TRY(out.warnings, check_strength(chain.get()));
  RevocationData known = trust.revocation;
  add_crls(known, cms.get());
  KIP_TRY(out.revocation, check_revocation(chain.get(), known, at));
  out.unused_certificates = count_unused(embedded.get(), chain.get());
  return out;
}

Result<std::vector<RevocationStatus>> look_up_revocation(const VerifiedToken& token, const RevocationData& known,
                                                         GenTime at) {
  const Certificates chain(sk_X509_new_null());
  for (const CertificateFacts& certificate : token.chain)
    KIP_TRY_VOID(add_certificates(chain.get(), {certificate.der}));
  return check_revocation(chain.get(), known, std::chrono::floor<std::chrono::seconds>(at));
}

}  // namespace kip::tsp
