#include <openssl/err.h>
#include <openssl/pem.h>

#include <signing/timestamp/development_authority.hpp>
#include <signing/timestamp/x509.hpp>

namespace kip::tsp {
namespace {

using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Oid = std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, Deleter<ASN1_INTEGER_free>>;
using Context = std::unique_ptr<TS_RESP_CTX, Deleter<TS_RESP_CTX_free>>;
using Answer = std::unique_ptr<TS_RESP, Deleter<TS_RESP_free>>;

constexpr const char* kCaName = "NOT INDEPENDENT - root of a development authority";
constexpr const char* kSignerName = "NOT INDEPENDENT - development authority";
constexpr std::chrono::days kLife(3650);
/// So that a token by a clock that is a little behind is within it.
constexpr std::chrono::days kBefore(1);
constexpr std::size_t kSerialOctets = 16;

Result<evp::Key> key_of(const PrivateKey& key) {
  if (key.public_key().type() != KeyType::ecdsa_p256) {
    return fail(ErrorCode::usage, "a development authority signs by ECDSA P-256");
  }
  KIP_TRY(const SecretBytes pem, key.to_plain_pem());
  const evp::Bio bio = evp::reader(pem.reveal());
  evp::Key out(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!out) return evp::failure(ErrorCode::internal, "reading a key failed");
  return out;
}

/// Positive and random.
Integer serial_number(RandomSource& random) {
  Bytes drawn = random.bytes(kSerialOctets);
  drawn[0] = static_cast<char>((static_cast<unsigned char>(drawn[0]) & 0x3FU) | 0x40U);
  const Number number(BN_bin2bn(evp::octets(drawn), static_cast<int>(drawn.size()), nullptr));
  return Integer(BN_to_ASN1_INTEGER(number.get(), nullptr));
}

bool set_time(ASN1_TIME* time, Instant at) {
  return ASN1_TIME_set(time, std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count()) != nullptr;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

struct CertificateParts {
  const char* name;
  EVP_PKEY* key;
  X509* issuer;  ///< null: itself
  EVP_PKEY* issuer_key;
};

Result<Certificate> make_certificate(const CertificateParts& parts, Instant now, RandomSource& random) {
  Certificate made(X509_new());
  X509* certificate = made.get();
  X509* issuer = parts.issuer == nullptr ? certificate : parts.issuer;
  const Integer serial = serial_number(random);
  bool done = X509_set_version(certificate, X509_VERSION_3) == 1 &&
              X509_set_serialNumber(certificate, serial.get()) == 1 &&
              X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                         evp::octets(BytesView(parts.name)), -1, -1, 0) == 1 &&
              X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
              set_time(X509_getm_notBefore(certificate), now - kBefore) &&
              set_time(X509_getm_notAfter(certificate), now + kLife) && X509_set_pubkey(certificate, parts.key) == 1 &&
              add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  if (parts.issuer == nullptr) {
    done = done && add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    done = done && add_extension(certificate, issuer, NID_authority_key_identifier, "keyid") &&
           add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, issuer, NID_ext_key_usage, "critical,timeStamping");
  }
  if (!done || X509_sign(certificate, parts.issuer_key, EVP_sha256()) <= 0) {
    return evp::failure(ErrorCode::internal, "making a certificate failed");
  }
  return made;
}

std::string pem_of(X509* certificate) {
  const evp::Bio bio(BIO_new(BIO_s_mem()));
  KIP_CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return evp::contents(bio.get());
}

Result<Certificate> only_certificate(const std::string& pem) {
  KIP_TRY(const CertificateFile file, parse_certificate_file(pem));
  if (file.certificates.size() != 1) return fail(ErrorCode::malformed, "holds more than one certificate");
  return parse_certificate(file.certificates.front());
}

}  // namespace

struct DevelopmentAuthority::State {
  evp::Key key;
  Certificate ca;
  Certificate signer;
  const Clock& clock;
  RandomSource& random;
};

namespace {

/// What the callbacks below get handed.
struct Ports {
  const Clock& clock;
  RandomSource& random;
};

ASN1_INTEGER* draw_serial(TS_RESP_CTX*, void* ports) {
  return serial_number(static_cast<Ports*>(ports)->random).release();
}

int tell_time(TS_RESP_CTX*, void* ports, long* seconds, long* micros) {
  const Instant now = static_cast<Ports*>(ports)->clock.now();
  const auto whole = std::chrono::floor<std::chrono::seconds>(now);
  *seconds = whole.time_since_epoch().count();
  *micros = std::chrono::duration_cast<std::chrono::microseconds>(now - whole).count();
  return 1;
}

bool set_up(TS_RESP_CTX* context, X509* signer, EVP_PKEY* key, X509* ca) {
  const Certificates chain(sk_X509_new_null());
  const Oid policy(OBJ_txt2obj(kDevelopmentPolicy.data(), 1));
  constexpr unsigned kMillis = 3;
  return policy && X509_add_cert(chain.get(), ca, X509_ADD_FLAG_UP_REF) == 1 &&
         TS_RESP_CTX_set_signer_cert(context, signer) == 1 && TS_RESP_CTX_set_signer_key(context, key) == 1 &&
         TS_RESP_CTX_set_certs(context, chain.get()) == 1 &&
         TS_RESP_CTX_set_signer_digest(context, EVP_sha256()) == 1 &&
         TS_RESP_CTX_set_ess_cert_id_digest(context, EVP_sha256()) == 1 &&
         TS_RESP_CTX_set_def_policy(context, policy.get()) == 1 && TS_RESP_CTX_add_md(context, EVP_sha256()) == 1 &&
         TS_RESP_CTX_add_md(context, EVP_sha384()) == 1 && TS_RESP_CTX_add_md(context, EVP_sha512()) == 1 &&
         TS_RESP_CTX_set_accuracy(context, static_cast<int>(DevelopmentAuthority::kAccuracy.count()), 0, 0) == 1 &&
         TS_RESP_CTX_set_clock_precision_digits(context, kMillis) == 1;
}

}  // namespace

Result<AuthorityCertificates> certify_development_authority(const PrivateKey& key, Instant now, RandomSource& random) {
  KIP_TRY(const evp::Key signer_key, key_of(key));
  const evp::Key ca_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!ca_key) return evp::failure(ErrorCode::internal, "making a key failed");
  KIP_TRY(const Certificate ca, make_certificate({kCaName, ca_key.get(), nullptr, ca_key.get()}, now, random));
  KIP_TRY(const Certificate signer,
          make_certificate({kSignerName, signer_key.get(), ca.get(), ca_key.get()}, now, random));
  return AuthorityCertificates{pem_of(ca.get()), pem_of(signer.get())};
}

Result<DevelopmentAuthority> DevelopmentAuthority::create(const PrivateKey& key,
                                                          const AuthorityCertificates& certificates, const Clock& clock,
                                                          RandomSource& random) {
  KIP_TRY(evp::Key opened, key_of(key));
  KIP_TRY(Certificate ca, only_certificate(certificates.ca));
  KIP_TRY(Certificate signer, only_certificate(certificates.signer));
  if (X509_check_private_key(signer.get(), opened.get()) != 1) {
    return evp::failure(ErrorCode::malformed, "the authority's certificate is not that of its key");
  }
  return DevelopmentAuthority(
      std::make_shared<const State>(State{std::move(opened), std::move(ca), std::move(signer), clock, random}));
}

Result<Bytes> DevelopmentAuthority::answer(BytesView request) const {
  const Context context(TS_RESP_CTX_new());
  if (!context || !set_up(context.get(), state_->signer.get(), state_->key.get(), state_->ca.get())) {
    return evp::failure(ErrorCode::internal, "preparing a time stamp failed");
  }
  Ports ports{state_->clock, state_->random};
  TS_RESP_CTX_set_serial_cb(context.get(), draw_serial, &ports);
  TS_RESP_CTX_set_time_cb(context.get(), tell_time, &ports);
  TS_RESP_CTX_add_flags(context.get(), TS_TSA_NAME);
  const evp::Bio bio = evp::reader(request.substr(0, kMaxRequest));
  const Answer response(TS_RESP_create_response(context.get(), bio.get()));
  if (!response) return evp::failure(ErrorCode::internal, "making a time stamp failed");
  unsigned char* out = nullptr;
  const int size = i2d_TS_RESP(response.get(), &out);
  if (size <= 0) return evp::failure(ErrorCode::internal, "writing a time stamp failed");
  Bytes der(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  ERR_clear_error();
  return der;
}

}  // namespace kip::tsp
