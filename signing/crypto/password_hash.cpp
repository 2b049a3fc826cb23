#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <manifests/core/check.hpp>
#include <signing/crypto/evp.hpp>
#include <signing/crypto/password_hash.hpp>

namespace kip {
namespace {

// What OWASP's cheat sheet on storing passwords names for 32 MiB (2025), but for p: the pool of threads has others too.
constexpr std::string_view kCost = "$scrypt$ln=15,r=8,p=1$";
constexpr unsigned kLogN = 15;
constexpr std::uint32_t kR = 8;
constexpr std::uint32_t kP = 1;
constexpr std::size_t kSaltOctets = 16;
constexpr std::size_t kKeyOctets = 32;
constexpr std::uint64_t kMaxMemory = 64U << 20U;

using Kdf = std::unique_ptr<EVP_KDF, evp::Deleter<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, evp::Deleter<EVP_KDF_CTX_free>>;

/// Fails only where memory does.
Bytes derive(const SecretBytes& password, Bytes salt) {
  const Kdf kdf(EVP_KDF_fetch(nullptr, "SCRYPT", nullptr));
  KIP_CHECK(kdf != nullptr);
  const KdfContext context(EVP_KDF_CTX_new(kdf.get()));
  KIP_CHECK(context != nullptr);
  Bytes secret(password.reveal());
  std::uint64_t n = std::uint64_t{1} << kLogN;
  std::uint32_t r = kR;
  std::uint32_t p = kP;
  std::uint64_t memory = kMaxMemory;
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
      OSSL_PARAM_construct_end(),
  };
  Bytes key(kKeyOctets, '\0');
  const int done = EVP_KDF_derive(context.get(), evp::octets(key), key.size(), params);
  SecretBytes::wipe(secret);
  KIP_CHECK(done == 1);
  return key;
}

std::string unpadded(BytesView octets) {
  std::string out = to_base64(octets);
  out.erase(out.find_last_not_of('=') + 1);
  return out;
}

/// Errors: malformed unless it is the one way to write that many octets.
Result<Bytes> read_unpadded(std::string_view text, std::size_t octets) {
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  KIP_TRY(Bytes out, from_base64(padded));
  if (out.size() != octets || unpadded(out) != text) {
    return fail(ErrorCode::malformed, "a kept password is not as this program writes them");
  }
  return out;
}

struct Halves {
  Bytes salt;
  Bytes key;
};

Result<Halves> split(std::string_view text) {
  if (!text.starts_with(kCost)) {
    return fail(ErrorCode::malformed, fmt::format("a kept password does not begin with {}", kCost));
  }
  text.remove_prefix(kCost.size());
  const auto middle = text.find('$');
  if (middle == std::string_view::npos) return fail(ErrorCode::malformed, "a kept password has no salt");
  KIP_TRY(Bytes salt, read_unpadded(text.substr(0, middle), kSaltOctets));
  KIP_TRY(Bytes key, read_unpadded(text.substr(middle + 1), kKeyOctets));
  return Halves{std::move(salt), std::move(key)};
}

}  // namespace

PasswordHash PasswordHash::make(const SecretBytes& password, RandomSource& random) {
  const Bytes salt = random.bytes(kSaltOctets);
  return PasswordHash(fmt::format("{}{}${}", kCost, unpadded(salt), unpadded(derive(password, salt))));
}

PasswordHash PasswordHash::of_nobody(RandomSource& random) {
  return PasswordHash(
      fmt::format("{}{}${}", kCost, unpadded(random.bytes(kSaltOctets)), unpadded(random.bytes(kKeyOctets))));
}

Result<PasswordHash> PasswordHash::parse(std::string_view text) {
  KIP_TRY_VOID(split(text));
  return PasswordHash(std::string(text));
}

bool PasswordHash::is_of(const SecretBytes& password) const {
  const auto halves = split(text_);
  KIP_CHECK(halves.has_value());
  return equal_in_constant_time(derive(password, halves->salt), halves->key);
}

}  // namespace kip
