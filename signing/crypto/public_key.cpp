#include <array>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "public_key_impl.hpp"

namespace kip {
namespace evp {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;

/// NIST SP 800-56B asks for an odd exponent above 2^16; real keys have 65537, so that 64 bits are plenty.
bool has_sound_exponent(const EVP_PKEY* key) {
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return false;
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> owner(exponent);
  return BN_is_odd(exponent) == 1 && BN_num_bits(exponent) > 16 && BN_num_bits(exponent) <= 64;
}

}  // namespace

Result<KeyType> type_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyType::ed25519;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < kMinRsaBits || bits > kMaxRsaBits || !has_sound_exponent(key)) {
      return fail(ErrorCode::malformed, "an RSA key must have 2048 to 8192 bits and an odd exponent above 65536");
    }
    return KeyType::rsa;
  }
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    int is_explicit = 0;
    if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) != 1 ||
        is_explicit != 0) {
      return fail(ErrorCode::malformed, "an ECDSA key must give its curve by name");
    }
    std::array<char, 64> curve{};
    if (EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1) {
      const std::string_view name = curve.data();
      if (name == "prime256v1" || name == "P-256") return KeyType::ecdsa_p256;
      if (name == "secp384r1" || name == "P-384") return KeyType::ecdsa_p384;
    }
  }
  return fail(ErrorCode::malformed, "the key is of a type that is not used here (Ed25519, ECDSA P-256 or P-384, RSA)");
}

const EVP_MD* digest_of(KeyType type) {
  switch (type) {
    case KeyType::ed25519:
      return nullptr;
    case KeyType::ecdsa_p256:
      return EVP_sha256();
    case KeyType::ecdsa_p384:
      return EVP_sha384();
    case KeyType::rsa:
      return EVP_sha256();
  }
  KIP_CHECK(false);
  return nullptr;
}

bool configure(EVP_PKEY_CTX* context, KeyType type) {
  if (type != KeyType::rsa) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0;
}

Bytes material_of(EVP_PKEY* key, KeyType type) {
  if (type == KeyType::ed25519) {
    Bytes raw(32, '\0');
    std::size_t size = raw.size();
    KIP_CHECK(EVP_PKEY_get_raw_public_key(key, octets(raw), &size) == 1 && size == raw.size());
    return raw;
  }
  if (type != KeyType::rsa) {
    // A point is written as it was read: compressed, hybrid or plain, which would make three keys of one.
    KIP_CHECK(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                             OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) == 1);
  }
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  KIP_CHECK(size > 0);
  Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace evp

namespace {

constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
constexpr std::string_view kBlanks = " \t\r\n";

/// One PEM block with blanks around it at most, and in it neither a second block nor a header, both of which OpenSSL
/// would take. Base64 has no dash and no colon.
bool is_one_block(std::string_view pem) {
  const auto begin = pem.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return false;
  pem = pem.substr(begin, pem.find_last_not_of(kBlanks) + 1 - begin);
  if (!pem.starts_with(kBegin)) return false;
  pem.remove_prefix(kBegin.size());
  return pem.ends_with(kEnd) && pem.find_first_of("-:") == pem.size() - kEnd.size();
}

/// OpenSSL's own one asks whoever sits at the terminal, for a block whose header says that it is encrypted.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

Result<PublicKey> PublicKey::from_ed25519(BytesView octets) {
  if (octets.size() != 32) return fail(ErrorCode::malformed, "an Ed25519 public key has 32 octets");
  evp::Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, evp::octets(octets), octets.size()));
  if (!key) return evp::failure(ErrorCode::malformed, "not an Ed25519 public key");
  return PublicKey(std::make_shared<const Impl>(Impl{KeyType::ed25519, std::move(key), Bytes(octets)}));
}

Result<PublicKey> PublicKey::from_pem(KeyType type, std::string_view pem) {
  if (!is_one_block(pem)) return fail(ErrorCode::malformed, "a PEM public key is one block and nothing else");
  const evp::Bio bio = evp::reader(pem);
  evp::Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) return evp::failure(ErrorCode::malformed, "not a PEM public key");
  KIP_TRY(const KeyType found, evp::type_of(key.get()));
  if (found != type) return fail(ErrorCode::malformed, "the PEM public key is of another type than stated");
  Bytes material = evp::material_of(key.get(), type);
  return PublicKey(std::make_shared<const Impl>(Impl{type, std::move(key), std::move(material)}));
}

KeyType PublicKey::type() const {
  return impl_->type;
}

const Bytes& PublicKey::material() const {
  return impl_->material;
}

std::string PublicKey::text() const {
  if (impl_->type == KeyType::ed25519) return to_hex(impl_->material);
  const evp::Bio bio(BIO_new(BIO_s_mem()));
  KIP_CHECK(PEM_write_bio_PUBKEY(bio.get(), impl_->key.get()) == 1);
  return evp::contents(bio.get());
}

bool PublicKey::verify(BytesView message, BytesView signature) const {
  const evp::DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  const bool valid =
      EVP_DigestVerifyInit(context.get(), &key_context, evp::digest_of(impl_->type), nullptr, impl_->key.get()) == 1 &&
      evp::configure(key_context, impl_->type) &&
      EVP_DigestVerify(context.get(), evp::octets(signature), signature.size(), evp::octets(message), message.size()) ==
          1;
  ERR_clear_error();
  return valid;
}

bool PublicKey::operator==(const PublicKey& other) const {
  return impl_->type == other.impl_->type && impl_->material == other.impl_->material;
}

}  // namespace kip
