#include "certificate_log.hpp"

#include <fmt/format.h>

#include <signing/log/checkpoint.hpp>

#include "big_endian.hpp"

namespace kip::tlog {
namespace {

constexpr std::size_t kTime = 8;
constexpr std::size_t kSize = 8;
constexpr std::size_t kHead = kTime + 4;  ///< with the algorithms and the length of the signature
constexpr char kSha256 = 4;
constexpr char kEcdsa = 3;
constexpr char kVersion1 = 0;
constexpr char kTreeHash = 1;

}  // namespace

Result<PublicKey> p256_from_der(BytesView der) {
  constexpr std::size_t kLine = 64;
  const std::string text = to_base64(der);
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t at = 0; at < text.size(); at += kLine)
    pem += text.substr(at, kLine) + "\n";
  return PublicKey::from_pem(KeyType::ecdsa_p256, pem + "-----END PUBLIC KEY-----\n");
}

std::optional<Instant> verify_tree_head(BytesView text, const PublicKey& key, BytesView signature) {
  constexpr std::uint64_t kLast = 253'402'300'799'999;  // 9999-12-31
  const auto checkpoint = Checkpoint::parse(text);
  if (!checkpoint || !checkpoint->extensions.empty() || signature.size() <= kHead) return std::nullopt;
  const BytesView time = signature.substr(0, kTime);
  const bool is_known = signature[kTime] == kSha256 && signature[kTime + 1] == kEcdsa;
  const BytesView body = signature.substr(kHead);
  if (!is_known || read_big_endian(signature.substr(kTime + 2, 2)) != body.size() || read_big_endian(time) > kLast)
    return std::nullopt;
  const Bytes head = Bytes{kVersion1, kTreeHash} + Bytes(time) + big_endian(checkpoint->head.size, kSize) +
                     checkpoint->head.root.bytes();
  if (!key.verify(head, body)) return std::nullopt;
  return Instant(std::chrono::milliseconds(static_cast<std::int64_t>(read_big_endian(time))));
}

}  // namespace kip::tlog
