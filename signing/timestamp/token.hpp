#pragma once

#include <optional>

#include <manifests/core/digest.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/timestamp/certificates.hpp>
#include <signing/timestamp/revocation.hpp>

namespace kip::tsp {

/// When an authority says that it was, UTC, to the microsecond.
using GenTime = std::chrono::sys_time<std::chrono::microseconds>;

/// RFC 3339 with zone Z; the fraction only where there is one: 2025-11-03T17:00:00.25Z
std::string format_gen_time(GenTime time);

/// The policy of the development authority, under which a token proves nothing to anybody else: its times are by the
/// clock of whoever runs it.
inline constexpr std::string_view kDevelopmentPolicy = "2.25.61420235686073075702171515274610083401";
inline constexpr std::string_view kNotIndependent = "not independent";

/// The hash that a token is about.
struct Imprint {
  HashAlgorithm algorithm = HashAlgorithm::sha256;
  Bytes digest;

  bool operator==(const Imprint&) const = default;
};

/// "sha256"
std::string_view to_string(HashAlgorithm algorithm);

/// What a token says. Source: RFC 3161 section 2.4.2
struct Claims {
  GenTime gen_time;
  /// How far the true time may be away, to either side. Missing where the authority does not state it.
  std::optional<std::chrono::microseconds> accuracy = {};
  std::string serial;  ///< hexadecimal
  std::string policy;  ///< "1.2.3.4"
  Imprint imprint;
  std::optional<std::string> nonce = {};  ///< hexadecimal
  bool ordering = false;
  std::string tsa = {};  ///< the authority's name as the token has it; may be empty

  /// False for a token of the development authority.
  bool independent() const { return policy != kDevelopmentPolicy; }
  bool operator==(const Claims&) const = default;
};

/// A token that parses, of which nothing is verified.
class UnverifiedToken {
 public:
  static constexpr std::size_t kMaxBytes = 64U << 10U;

  /// Reads a token, or the token out of a response that grants it. Errors: too_large; denied for a response that
  /// grants nothing; malformed for everything else that is no token with a SHA-2 imprint.
  static Result<UnverifiedToken> parse(BytesView token_or_response);

  const Claims& claims() const { return claims_; }
  /// The token alone, as received.
  const Bytes& bytes() const { return bytes_; }

 private:
  UnverifiedToken(Bytes bytes, Claims claims) : bytes_(std::move(bytes)), claims_(std::move(claims)) {}

  Bytes bytes_;
  Claims claims_;
};

/// Whom a verification believes.
struct Trust {
  std::vector<Bytes> roots;                ///< in DER; a chain has to end in one of these that is its own issuer
  std::vector<Bytes> untrusted = {};       ///< further certificates that a chain may need
  std::vector<std::string> policies = {};  ///< one of these has to be the token's; none: any will do
  RevocationData revocation = {};
};

/// What a token has to be about.
struct Expected {
  Bytes digest;                           ///< by the algorithm of its imprint
  std::optional<std::string> nonce = {};  ///< hexadecimal, of the request
};

/// A token whose signature, chain and content hold at its own time. Only verify_token() makes one.
struct VerifiedToken {
  Claims claims;
  Bytes signature = {};  ///< the authority's signature value
  /// From the signer, whose key has made the signature, to the root.
  std::vector<CertificateFacts> chain = {};
  Instant not_after = {};  ///< when the first certificate of the chain expires
  /// For each certificate of the chain but the root: what was known of its revocation.
  std::vector<RevocationStatus> revocation = {};
  std::size_t unused_certificates = 0;  ///< in the token, with no part in this: nobody has signed that they are there
  std::vector<std::string> warnings = {};  ///< sentences

  const CertificateFacts& signer() const { return chain.front(); }
  /// SHA-256 of the signature value: the token's identity. Other octets of a token may change without making another
  /// one of it, so that a hash of the token itself is none.
  Sha256Digest identity() const;
};

/// The identity that a token has if it holds; nothing of it is verified. Errors: malformed.
Result<Sha256Digest> claimed_identity(BytesView token);

/// Verifies a token as of its own genTime: exactly one signature; the signing certificate named in it, certified for
/// time stamps alone; its chain, as of genTime; nothing that is known revoked in a way that reaches back.
/// Whether the chain has expired since is for the caller to judge, by `not_after`.
/// Errors: integrity where it is about other data or another request; denied for another policy; signature where
/// signature, signer or chain do not hold; expired where the chain was not valid at genTime; rollback where a
/// certificate is revoked; malformed for what does not parse, also among `trust`.
/// Source: RFC 3161 sections 2.3 and 2.4.2, RFC 5816, RFC 5280
Result<VerifiedToken> verify_token(const UnverifiedToken& token, const Expected& expected, const Trust& trust);

/// What further statements say of a token's chain, for each certificate but the root, as of that time: of the token, or
/// of a later one of the same chain, since what reaches an earlier token reaches a later one as well. Errors: rollback
/// where a certificate is revoked in a way that reaches back to it; malformed.
Result<std::vector<RevocationStatus>> look_up_revocation(const VerifiedToken& token, const RevocationData& known,
                                                         GenTime at);

}  // namespace kip::tsp
