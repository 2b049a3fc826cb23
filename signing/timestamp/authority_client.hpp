#pragma once

#include <variant>

#include <signing/fetch/http_client.hpp>
#include <signing/timestamp/request.hpp>
#include <signing/timestamp/token.hpp>

namespace kip::tsp {

/// One authority as it is configured.
struct Authority {
  std::string name;  ///< short, for records and messages
  std::string url;
  Trust trust;
  /// What the authority's policy promises where its tokens do not say how exact they are.
  std::optional<std::chrono::microseconds> accuracy = {};
  bool independent = true;  ///< of whoever asks it
};

/// A token that holds.
struct Stamped {
  VerifiedToken token;
  Bytes bytes;  ///< of the token, as received
  /// That of the token, else that of the authority.
  std::chrono::microseconds accuracy;
  bool independent;  ///< authority and token both
};

/// Why an answer is of no use. Asking again would bring the same one.
enum class Refusal {
  rejected,       ///< the authority does not want to
  malformed,      ///< garbage, or another protocol
  other_request,  ///< other data or another nonce
  policy,         ///< under a policy that is not accepted
  untrusted,      ///< signature, signer or chain
  expired,        ///< of a signer that was not valid at the token's time
  revoked,
  clock,        ///< its time is too far from ours: one of the two clocks is wrong
  no_accuracy,  ///< neither the token nor the configuration says how exact it is
};
std::string_view to_string(Refusal refusal);
/// Errors: malformed.
Result<Refusal> parse_refusal(std::string_view text);

struct Refused {
  Refusal reason = Refusal::malformed;
  std::string message = {};
};

/// No answer, or one that says to come back later.
struct Unreachable {
  std::string message = {};
  std::optional<std::chrono::seconds> retry_after = {};
};

using Outcome = std::variant<Stamped, Refused, Unreachable>;

/// Asks authorities over HTTP. Not thread-safe.
class AuthorityClient {
 public:
  /// How far an authority's time may be from ours, beyond the time that the answer took.
  static constexpr std::chrono::seconds kTolerance{300};

  /// The ports must outlive it. How long an answer may take is the HTTP client's to say.
  AuthorityClient(HttpClient& http, const Clock& clock, std::chrono::seconds tolerance = kTolerance)
      : http_(http), clock_(clock), tolerance_(tolerance) {}

  /// Sends the request and judges the answer. Never fails in another way: what goes wrong is an outcome.
  /// Source: RFC 3161 section 3.4
  Outcome ask(const Authority& authority, const Request& request);

 private:
  HttpClient& http_;
  const Clock& clock_;
  std::chrono::seconds tolerance_;
};

}  // namespace kip::tsp
