#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <signing/crypto/private_key.hpp>

#include "public_key_impl.hpp"

namespace kip {
namespace {

// The largest N within the 32 MiB that OpenSSL allows when it reads such a key; p makes up for it in time.
constexpr std::uint64_t kScryptN = 1U << 14U;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 8;

int give_passphrase(char* buffer, int size, int, void* user) {
  const BytesView secret = static_cast<const SecretBytes*>(user)->reveal();
  if (secret.empty() || secret.size() > static_cast<std::size_t>(size)) return -1;
  secret.copy(buffer, secret.size());
  return static_cast<int>(secret.size());
}

}  // namespace

struct PrivateKey::Impl {
  evp::Key key;
  PublicKey public_key;
};

bool is_encrypted_pem(BytesView pem) {
  return pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != BytesView::npos;
}

Result<PrivateKey> PrivateKey::adopt(void* key) {
  evp::Key owned(static_cast<EVP_PKEY*>(key));
  KIP_TRY(const KeyType type, evp::type_of(owned.get()));
  if (type != KeyType::ed25519 && type != KeyType::ecdsa_p256) {
    return fail(ErrorCode::usage, "keys that sign are Ed25519 or ECDSA P-256; make one with \"kip key new\"");
  }
  KIP_CHECK(EVP_PKEY_up_ref(owned.get()) == 1);
  Bytes material = evp::material_of(owned.get(), type);
  PublicKey public_key(
      std::make_shared<const PublicKey::Impl>(PublicKey::Impl{type, evp::Key(owned.get()), std::move(material)}));
  return PrivateKey(std::make_shared<const Impl>(Impl{std::move(owned), std::move(public_key)}));
}

Result<PrivateKey> PrivateKey::generate(KeyType type) {
  if (type != KeyType::ed25519 && type != KeyType::ecdsa_p256) {
    return fail(ErrorCode::usage, "keys that sign are Ed25519 or ECDSA P-256");
  }
  EVP_PKEY* key = type == KeyType::ed25519 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                           : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  if (key == nullptr) return evp::failure(ErrorCode::internal, "making a key failed");
  return adopt(key);
}

Result<PrivateKey> PrivateKey::from_pem(const SecretBytes& pem, const SecretBytes& passphrase) {
  const bool encrypted = is_encrypted_pem(pem.reveal());
  if (encrypted && passphrase.empty()) {
    return fail(ErrorCode::denied, "the key is encrypted and no passphrase was given");
  }
  const evp::Bio bio = evp::reader(pem.reveal());
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, const_cast<SecretBytes*>(&passphrase));
  if (key == nullptr) {
    ERR_clear_error();
    if (encrypted) return fail(ErrorCode::denied, "the passphrase is wrong, or the key file is damaged");
    return fail(ErrorCode::malformed, "not a PEM private key");
  }
  return adopt(key);
}

Result<SecretBytes> PrivateKey::to_encrypted_pem(const SecretBytes& passphrase) const {
  if (passphrase.empty()) return fail(ErrorCode::usage, "an empty passphrase protects nothing; give one");
  const evp::Pkcs8Info info(EVP_PKEY2PKCS8(impl_->key.get()));
  std::unique_ptr<X509_ALGOR, evp::Deleter<X509_ALGOR_free>> algorithm(
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, kScryptN, kScryptR, kScryptP));
  if (!info || !algorithm) return evp::failure(ErrorCode::internal, "encrypting a key failed");
  const BytesView secret = passphrase.reveal();
  const evp::Pkcs8 sealed(PKCS8_set0_pbe(secret.data(), static_cast<int>(secret.size()), info.get(), algorithm.get()));
  if (!sealed) return evp::failure(ErrorCode::internal, "encrypting a key failed");
  static_cast<void>(algorithm.release());  // PKCS8_set0_pbe has taken it over
  const evp::Bio bio(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_PKCS8(bio.get(), sealed.get()) != 1) {
    return evp::failure(ErrorCode::internal, "writing a key failed");
  }
  return SecretBytes(evp::contents(bio.get()));
}

Result<SecretBytes> PrivateKey::to_plain_pem() const {
  const evp::Bio bio(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return evp::failure(ErrorCode::internal, "writing a key failed");
  }
  return SecretBytes(evp::contents(bio.get()));
}

const PublicKey& PrivateKey::public_key() const {
  return impl_->public_key;
}

Result<Bytes> PrivateKey::sign(BytesView message) const {
  const evp::DigestContext context(EVP_MD_CTX_new());
  const KeyType type = impl_->public_key.type();
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, evp::digest_of(type), nullptr, impl_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, evp::octets(message), message.size()) != 1) {
    return evp::failure(ErrorCode::internal, "signing failed");
  }
  Bytes signature(size, '\0');
  if (EVP_DigestSign(context.get(), evp::octets(signature), &size, evp::octets(message), message.size()) != 1) {
    return evp::failure(ErrorCode::internal, "signing failed");
  }
  signature.resize(size);
  return signature;
}

}  // namespace kip
