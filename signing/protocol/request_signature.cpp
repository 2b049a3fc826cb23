#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/protocol/request_signature.hpp>

namespace kip {
namespace {

constexpr std::size_t kNonceOctets = 16;

Bytes statement(std::string_view install, std::string_view method, std::string_view path, BytesView body,
                std::string_view time, std::string_view nonce) {
  return fmt::format("kip-request/1\n{}\n{}\n{}\n{}\n{}\n{}\n", install, method, path, sha256(body).hex(), time, nonce);
}

}  // namespace

Result<Headers> sign_request(const InstallId& install, const PrivateKey& key, std::string_view method,
                             std::string_view path, BytesView body, Instant now, RandomSource& random) {
  const std::string time = format_instant(now);
  const std::string nonce = to_hex(random.bytes(kNonceOctets));
  KIP_TRY(const Bytes signature, key.sign(statement(install.str(), method, path, body, time, nonce)));
  return Headers{{"Kip-Install", install.str()},
                 {"Kip-Time", time},
                 {"Kip-Nonce", nonce},
                 {"Kip-Signature", to_base64(signature)}};
}

Result<RequestSignature> parse_request_signature(std::string_view install, std::string_view time,
                                                 std::string_view nonce, std::string_view signature) {
  auto id = InstallId::parse(install);
  const auto at = parse_instant(time);
  const auto nonce_octets = from_hex(nonce);
  auto octets = from_base64(signature);
  if (!id || !at || !nonce_octets || nonce_octets->size() != kNonceOctets || !octets) {
    return fail(ErrorCode::denied,
                "the request is not signed by an install (Kip-Install, Kip-Time, Kip-Nonce, Kip-Signature)");
  }
  return RequestSignature{*std::move(id), *at, std::string(time), std::string(nonce), *std::move(octets)};
}

Result<void> verify_request(const RequestSignature& signature, const PublicKey& key, std::string_view method,
                            std::string_view path, BytesView body, Instant now) {
  const auto off = signature.time > now ? signature.time - now : now - signature.time;
  if (off > kRequestClockTolerance) {
    return fail(ErrorCode::denied, fmt::format("the request was signed at {}, it is {} here; set the machine's clock",
                                               format_instant(signature.time), format_instant(now)));
  }
  const Bytes message = statement(signature.install.str(), method, path, body, signature.time_text, signature.nonce);
  if (!key.verify(message, signature.signature)) return fail(ErrorCode::denied, "the request's signature is not valid");
  return {};
}

}  // namespace kip
