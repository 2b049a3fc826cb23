// Time stamps and what is read beside them. Input: one octet that says what the rest is.
//   - 'v' two octets with the length of a root certificate, the certificate, and a token or response: what is parsed is
//     parsed again the same from the token alone; what is verified has the digest that was asked for, a signer who was
//     valid at its time, a chain that ends in the root, and no other identity than its signature's.
//   - 'r' a response: one that grants has a token and no other has.
//   - 'q' a request: what is accepted is accepted again.
//   - 'c' a file of certificates: each of them is one.

#include <signing/timestamp/request.hpp>
#include <signing/timestamp/response.hpp>
#include <signing/timestamp/token.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

void try_token(BytesView rest) {
  constexpr std::size_t kLengthOctets = 2;
  if (rest.size() < kLengthOctets) return;
  const std::size_t length =
      static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) << 8U | static_cast<unsigned char>(rest[1]);
  rest.remove_prefix(kLengthOctets);
  const Bytes root(rest.substr(0, length));
  const auto token = tsp::UnverifiedToken::parse(rest.substr(std::min(length, rest.size())));
  if (!token) return;
  const auto again = tsp::UnverifiedToken::parse(token->bytes());
  KIP_CHECK(again && again->claims() == token->claims() && again->bytes() == token->bytes());
  const Bytes digest = token->claims().imprint.digest;
  const tsp::Trust trust{.roots = {root}};
  const auto verified = tsp::verify_token(*token, {digest}, trust);
  if (!verified) return;
  KIP_CHECK(!tsp::verify_token(*token, {digest + "x"}, trust));
  KIP_CHECK(verified->claims == token->claims() && verified->identity() == sha256(verified->signature));
  KIP_CHECK(!verified->chain.empty() && verified->chain.back().der == root);
  for (const tsp::CertificateFacts& certificate : verified->chain) {
    KIP_CHECK(certificate.not_after >= verified->not_after);
    KIP_CHECK(certificate.not_before <= verified->claims.gen_time);
    KIP_CHECK(std::chrono::floor<std::chrono::seconds>(verified->claims.gen_time) <= certificate.not_after);
  }
}

void try_response(BytesView rest) {
  const auto response = tsp::Response::parse(rest);
  if (response) KIP_CHECK(response->granted == response->token.has_value());
}

void try_request(BytesView rest) {
  const auto request = tsp::Request::parse(rest);
  if (request) KIP_CHECK(tsp::Request::parse(request->der).value() == *request);
}

void try_certificates(BytesView rest) {
  const auto file = tsp::parse_certificate_file(rest);
  if (!file) return;
  KIP_CHECK(!file->certificates.empty() || !file->crls.empty());
  for (const Bytes& der : file->certificates)
    KIP_CHECK(tsp::parse_certificate_file(der)->certificates.front() == der);
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip::fuzz;
  if (size > kMaxInput) return -1;
  if (size == 0) return 0;
  const kip::BytesView rest = view(data, size).substr(1);
  if (data[0] == 'v') try_token(rest);
  if (data[0] == 'r') try_response(rest);
  if (data[0] == 'q') try_request(rest);
  if (data[0] == 'c') try_certificates(rest);
  return 0;
}
