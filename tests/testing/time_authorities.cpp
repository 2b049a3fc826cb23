#include <atomic>
#include <stdexcept>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <testing/time_authorities.hpp>

namespace kip::testing {
namespace {

void must(bool done) {
  if (done) return;
  char text[200] = {};
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  throw std::runtime_error(std::string("a test's token could not be made: ") + text);
}

X509* certificate_of(const Identity& identity) {
  return static_cast<X509*>(identity.certificate.get());
}
EVP_PKEY* key_of(const Identity& identity) {
  return static_cast<EVP_PKEY*>(identity.key.get());
}

Bytes take(unsigned char* data, int size) {
  must(size > 0);
  Bytes out(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  OPENSSL_free(data);
  return out;
}

Bytes contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  Bytes out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

void set_time(ASN1_TIME* time, const std::string& text) {
  const auto at = std::chrono::floor<std::chrono::seconds>(parse_instant(text).value());
  must(ASN1_TIME_set(time, at.time_since_epoch().count()) != nullptr);
}

void add_extension(X509* certificate, int nid, const std::string& value, X509* issuer) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

ASN1_INTEGER* integer(const std::string& hex) {
  BIGNUM* number = nullptr;
  must(BN_hex2bn(&number, hex.c_str()) > 0);
  ASN1_INTEGER* out = BN_to_ASN1_INTEGER(number, nullptr);
  BN_free(number);
  return out;
}

void set_imprint(TS_TST_INFO* info, const TokenSpec& spec) {
  TS_MSG_IMPRINT* imprint = TS_MSG_IMPRINT_new();
  X509_ALGOR* algorithm = X509_ALGOR_new();
  X509_ALGOR_set0(algorithm, OBJ_nid2obj(OBJ_sn2nid(spec.algorithm)), V_ASN1_NULL, nullptr);
  TS_MSG_IMPRINT_set_algo(imprint, algorithm);
  Bytes digest = spec.digest;
  TS_MSG_IMPRINT_set_msg(imprint, reinterpret_cast<unsigned char*>(digest.data()), static_cast<int>(digest.size()));
  must(TS_TST_INFO_set_msg_imprint(info, imprint) == 1);
  X509_ALGOR_free(algorithm);
  TS_MSG_IMPRINT_free(imprint);
}

void set_accuracy(TS_TST_INFO* info, const TokenSpec& spec) {
  if (spec.seconds == 0) return;
  TS_ACCURACY* accuracy = TS_ACCURACY_new();
  ASN1_INTEGER* number = ASN1_INTEGER_new();
  ASN1_INTEGER_set(number, spec.seconds);
  TS_ACCURACY_set_seconds(accuracy, number);
  ASN1_INTEGER_set(number, spec.millis);
  TS_ACCURACY_set_millis(accuracy, number);
  TS_TST_INFO_set_accuracy(info, accuracy);
  ASN1_INTEGER_free(number);
  TS_ACCURACY_free(accuracy);
}

void set_options(TS_TST_INFO* info, const TokenSpec& spec) {
  if (!spec.nonce.empty()) {
    ASN1_INTEGER* nonce = integer(spec.nonce);
    TS_TST_INFO_set_nonce(info, nonce);
    ASN1_INTEGER_free(nonce);
  }
  if (!spec.tsa.empty()) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, spec.tsa.data(), static_cast<int>(spec.tsa.size()));
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    TS_TST_INFO_set_tsa(info, name);
    GENERAL_NAME_free(name);
  }
  if (spec.critical_extension) {
    ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
    ASN1_STRING_set(value, "\x05\x00", 2);
    X509_EXTENSION* extension = X509_EXTENSION_create_by_NID(nullptr, NID_netscape_comment, 1, value);
    must(TS_TST_INFO_add_ext(info, extension, -1) == 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
  }
}

Bytes make_info(const TokenSpec& spec) {
  static std::atomic<int> serial{1000};
  TS_TST_INFO* info = TS_TST_INFO_new();
  TS_TST_INFO_set_version(info, spec.version);
  ASN1_OBJECT* policy = OBJ_txt2obj(spec.policy.c_str(), 1);
  TS_TST_INFO_set_policy_id(info, policy);
  ASN1_OBJECT_free(policy);
  set_imprint(info, spec);
  ASN1_INTEGER* number = ASN1_INTEGER_new();
  ASN1_INTEGER_set(number, ++serial);
  TS_TST_INFO_set_serial(info, number);
  ASN1_INTEGER_free(number);
  ASN1_GENERALIZEDTIME* time = ASN1_GENERALIZEDTIME_new();
  ASN1_STRING_set(time, spec.time.data(), static_cast<int>(spec.time.size()));
  TS_TST_INFO_set_time(info, time);
  ASN1_GENERALIZEDTIME_free(time);
  set_accuracy(info, spec);
  set_options(info, spec);
  unsigned char* der = nullptr;
  const int size = i2d_TS_TST_INFO(info, &der);
  TS_TST_INFO_free(info);
  return take(der, size);
}

void embed(CMS_ContentInfo* cms, const std::vector<Bytes>& certificates) {
  for (const Bytes& der : certificates) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    X509* certificate = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
    must(CMS_add1_cert(cms, certificate) == 1);
    X509_free(certificate);
  }
}

void add_signer(CMS_ContentInfo* cms, const Identity& signer, const TokenSpec& spec) {
  unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_NOCERTS;
  if (spec.name_certificate) flags |= CMS_CADES;
  if (spec.pss) flags |= CMS_KEY_PARAM;
  CMS_SignerInfo* signature =
      CMS_add1_signer(cms, certificate_of(signer), key_of(signer), EVP_get_digestbyname(spec.signing_digest), flags);
  must(signature != nullptr);
  if (spec.pss) EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(signature), RSA_PKCS1_PSS_PADDING);
}

}  // namespace

Bytes Identity::der() const {
  unsigned char* out = nullptr;
  const int size = i2d_X509(static_cast<X509*>(certificate.get()), &out);
  return take(out, size);
}

std::string Identity::pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, static_cast<X509*>(certificate.get()));
  return contents(bio);
}

std::string Identity::key_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, static_cast<EVP_PKEY*>(key.get()), nullptr, nullptr, 0, nullptr, nullptr);
  return contents(bio);
}

Identity make_identity(const IdentitySpec& spec) {
  static std::atomic<int> serial{1};
  Identity out;
  constexpr std::size_t kRsaBits = 2048;
  if (spec.same_key != nullptr)
    out.key = spec.same_key->key;
  else
    out.key.reset(spec.rsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", kRsaBits)
                           : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"),
                  [](void* key) { EVP_PKEY_free(static_cast<EVP_PKEY*>(key)); });
  X509* certificate = X509_new();
  out.certificate.reset(certificate, [](void* made) { X509_free(static_cast<X509*>(made)); });
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), spec.serial != 0 ? spec.serial : ++serial);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(spec.name.c_str()), -1, -1, 0);
  const Identity& issuer = spec.issuer == nullptr ? out : *spec.issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate_of(issuer)));
  set_time(X509_getm_notBefore(certificate), spec.not_before);
  set_time(X509_getm_notAfter(certificate), spec.not_after);
  X509_set_pubkey(certificate, key_of(out));
  X509* issuing = certificate_of(issuer);
  add_extension(certificate, NID_subject_key_identifier, "hash", issuing);
  add_extension(certificate, NID_basic_constraints, spec.ca ? "critical,CA:TRUE" : "CA:FALSE", issuing);
  add_extension(certificate, NID_key_usage, spec.ca ? "critical,keyCertSign,cRLSign" : spec.key_usage, issuing);
  if (!spec.ca) add_extension(certificate, NID_ext_key_usage, spec.usage, issuing);
  if (const auto equals = spec.more.find('='); equals != std::string::npos) {
    add_extension(certificate, OBJ_sn2nid(spec.more.substr(0, equals).c_str()), spec.more.substr(equals + 1), issuing);
  }
  must(X509_sign(certificate, key_of(issuer), EVP_get_digestbyname(spec.signed_by)) > 0);
  return out;
}

Bytes make_token(const Identity& signer, const TokenSpec& spec) {
  const Bytes info = make_info(spec);
  CMS_ContentInfo* cms = CMS_sign(nullptr, nullptr, nullptr, nullptr, CMS_BINARY | CMS_PARTIAL);
  must(cms != nullptr);
  CMS_set1_eContentType(cms, OBJ_nid2obj(spec.content_type != 0 ? spec.content_type : NID_id_smime_ct_TSTInfo));
  add_signer(cms, signer, spec);
  if (spec.second_signer != nullptr) add_signer(cms, *spec.second_signer, spec);
  if (spec.first) embed(cms, spec.certificates);
  if (spec.embed_signer) embed(cms, {signer.der()});
  if (!spec.first) embed(cms, spec.certificates);
  for (const Bytes& der : spec.crls) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    X509_CRL* crl = d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size()));
    must(CMS_add1_crl(cms, crl) == 1);
    X509_CRL_free(crl);
  }
  BIO* content = BIO_new_mem_buf(info.data(), static_cast<int>(info.size()));
  must(CMS_final(cms, content, nullptr, CMS_BINARY) == 1);
  BIO_free(content);
  unsigned char* der = nullptr;
  const int size = i2d_CMS_ContentInfo(cms, &der);
  CMS_ContentInfo_free(cms);
  return take(der, size);
}

namespace {

Bytes status_info(int status, int failure_bit, const std::string& text) {
  const auto wrapped = [](char tag, const Bytes& content) {
    return Bytes(1, tag) + static_cast<char>(content.size()) + content;
  };
  Bytes parts = wrapped('\x02', Bytes(1, static_cast<char>(status)));
  if (!text.empty()) parts += wrapped('\x30', wrapped('\x0c', text));
  if (failure_bit >= 0) {
    Bytes bits(static_cast<std::size_t>(failure_bit) / 8 + 1, '\0');
    bits.back() = static_cast<char>(0x80U >> (static_cast<unsigned>(failure_bit) % 8U));
    parts += wrapped('\x03', static_cast<char>(7 - failure_bit % 8) + bits);
  }
  return wrapped('\x30', parts);
}

Bytes sequence(const Bytes& content) {
  const auto size = content.size();
  if (size < 0x80) return Bytes("\x30") + static_cast<char>(size) + content;
  return Bytes("\x30\x82") + static_cast<char>(size >> 8U) + static_cast<char>(size & 0xFFU) + content;
}

}  // namespace

Bytes grant(const Bytes& token, int status) {
  return sequence(status_info(status, -1, "") + token);
}

Bytes reject(int status, int failure_bit, const std::string& text) {
  return sequence(status_info(status, failure_bit, text));
}

Bytes make_crl(const Identity& issuer, const std::string& this_update, const std::vector<RevokedSpec>& revoked,
               const std::string& more) {
  X509_CRL* crl = X509_CRL_new();
  X509_CRL_set_version(crl, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl, X509_get_subject_name(certificate_of(issuer)));
  ASN1_TIME* time = ASN1_TIME_new();
  set_time(time, this_update);
  X509_CRL_set1_lastUpdate(crl, time);
  set_time(time, "2033-01-01T00:00:00Z");
  X509_CRL_set1_nextUpdate(crl, time);
  for (const RevokedSpec& spec : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate_of(*spec.certificate)));
    set_time(time, spec.since);
    X509_REVOKED_set_revocationDate(entry, time);
    if (spec.reason) {
      ASN1_ENUMERATED* reason = ASN1_ENUMERATED_new();
      ASN1_ENUMERATED_set(reason, *spec.reason);
      X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
      ASN1_ENUMERATED_free(reason);
    }
    X509_CRL_add0_revoked(crl, entry);
  }
  ASN1_TIME_free(time);
  if (const auto equals = more.find('='); equals != std::string::npos) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate_of(issuer), nullptr, nullptr, crl, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, OBJ_sn2nid(more.substr(0, equals).c_str()),
                                                    more.substr(equals + 1).c_str());
    must(extension != nullptr && X509_CRL_add_ext(crl, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }
  must(X509_CRL_sign(crl, key_of(issuer), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509_CRL(crl, &der);
  X509_CRL_free(crl);
  return take(der, size);
}

Bytes make_ocsp(const OcspSpec& spec) {
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  OCSP_CERTID* id = OCSP_cert_to_id(EVP_get_digestbyname(spec.named_by), certificate_of(*spec.certificate),
                                    certificate_of(*spec.issuer));
  ASN1_TIME* at = ASN1_TIME_new();
  ASN1_TIME* since = ASN1_TIME_new();
  set_time(at, spec.this_update);
  set_time(since, spec.revoked.empty() ? spec.this_update : spec.revoked);
  ASN1_GENERALIZEDTIME* as_of = ASN1_TIME_to_generalizedtime(at, nullptr);
  ASN1_GENERALIZEDTIME* revoked = ASN1_TIME_to_generalizedtime(since, nullptr);
  const int status = spec.unknown           ? V_OCSP_CERTSTATUS_UNKNOWN
                     : spec.revoked.empty() ? V_OCSP_CERTSTATUS_GOOD
                                            : V_OCSP_CERTSTATUS_REVOKED;
  must(OCSP_basic_add1_status(basic, id, status, spec.reason, status == V_OCSP_CERTSTATUS_REVOKED ? revoked : nullptr,
                              as_of, nullptr) != nullptr);
  must(OCSP_basic_sign(basic, certificate_of(*spec.signer), key_of(*spec.signer), EVP_sha256(), nullptr, 0) == 1);
  OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &der);
  ASN1_TIME_free(at);
  ASN1_TIME_free(since);
  ASN1_GENERALIZEDTIME_free(as_of);
  ASN1_GENERALIZEDTIME_free(revoked);
  OCSP_CERTID_free(id);
  OCSP_BASICRESP_free(basic);
  OCSP_RESPONSE_free(response);
  return take(der, size);
}

std::string crl_pem(const Bytes& crl) {
  std::string text = to_base64(crl);
  for (std::size_t at = 64; at < text.size(); at += 65)
    text.insert(at, "\n");
  return "-----BEGIN X509 CRL-----\n" + text + "\n-----END X509 CRL-----\n";
}

}  // namespace kip::testing
