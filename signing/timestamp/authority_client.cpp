#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <signing/timestamp/authority_client.hpp>
#include <signing/timestamp/response.hpp>

namespace kip::tsp {
namespace {

constexpr Choices<Refusal, 9> kRefusals{{{Refusal::rejected, "rejected"},
                                         {Refusal::malformed, "malformed"},
                                         {Refusal::other_request, "other_request"},
                                         {Refusal::policy, "policy"},
                                         {Refusal::untrusted, "untrusted"},
                                         {Refusal::expired, "expired"},
                                         {Refusal::revoked, "revoked"},
                                         {Refusal::clock, "clock"},
                                         {Refusal::no_accuracy, "no_accuracy"}}};

/// What verify_token() refuses, in the words of an authority that is asked.
Refusal refusal_of(ErrorCode code) {
  if (code == ErrorCode::integrity) return Refusal::other_request;
  if (code == ErrorCode::denied) return Refusal::policy;
  if (code == ErrorCode::signature) return Refusal::untrusted;
  if (code == ErrorCode::expired) return Refusal::expired;
  if (code == ErrorCode::rollback) return Refusal::revoked;
  return Refusal::malformed;
}

/// Too many requests, too early, timed out, and whatever is the server's own trouble.
bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

Outcome refused(const Authority& authority, Refusal reason, std::string_view message) {
  return Refused{reason, fmt::format("{}: {}", authority.name, message)};
}

/// Of an answer that is no success by HTTP.
Outcome http_outcome(const Authority& authority, const HttpResponse& response, Instant now) {
  const Error error = std::move(http_failure(response, authority.url)).take();
  if (is_passing(response.status)) return Unreachable{error.message, retry_after(response, now)};
  return refused(authority, Refusal::rejected, error.message);
}

/// When a request went out and its answer came in, by our clock.
struct Exchange {
  Instant sent;
  Instant received;
};

std::optional<std::string> clock_fault(const Claims& claims, const Exchange& exchange, std::chrono::seconds tolerance) {
  if (claims.gen_time >= exchange.sent - tolerance && claims.gen_time <= exchange.received + tolerance) {
    return std::nullopt;
  }
  return fmt::format(
      "it says that it is {}, here it is {}, and at most {} s may lie between: one of the two clocks is "
      "wrong; correct this machine's if it is that one",
      format_gen_time(claims.gen_time), format_instant(exchange.received), tolerance.count());
}

}  // namespace

std::string_view to_string(Refusal refusal) {
  return choice_text(kRefusals, refusal);
}

Result<Refusal> parse_refusal(std::string_view text) {
  return parse_choice(kRefusals, "a reason to refuse a time stamp", text);
}

Outcome AuthorityClient::ask(const Authority& authority, const Request& request) {
  HttpRequest post{"POST", authority.url, {{"Content-Type", "application/timestamp-query"}}, request.der};
  post.headers.emplace_back("Accept", "application/timestamp-reply");
  post.max_body = Response::kMaxBytes;
  Exchange exchange{clock_.now(), {}};
  const auto answer = http_.send(post);
  exchange.received = clock_.now();
  if (!answer && answer.error().code == ErrorCode::network) return Unreachable{answer.error().message};
  if (!answer) return refused(authority, Refusal::malformed, answer.error().message);
  if (answer->status != 200) return http_outcome(authority, *answer, exchange.received);
  // The type of the content is not looked at: what counts is signed, and some authorities state another one.
  const auto response = Response::parse(answer->body);
  if (!response) return refused(authority, Refusal::malformed, response.error().message);
  if (response->passing) return Unreachable{fmt::format("{}: {}", authority.name, response->status)};
  if (!response->token) return refused(authority, Refusal::rejected, response->status);
  const auto parsed = UnverifiedToken::parse(*response->token);
  if (!parsed) return refused(authority, Refusal::malformed, parsed.error().message);
  auto token = verify_token(*parsed, {request.digest.bytes(), request.nonce}, authority.trust);
  if (!token) return refused(authority, refusal_of(token.error().code), token.error().message);
  if (const auto fault = clock_fault(token->claims, exchange, tolerance_)) {
    return refused(authority, Refusal::clock, *fault);
  }
  const auto accuracy = token->claims.accuracy ? token->claims.accuracy : authority.accuracy;
  if (!accuracy) {
    return refused(authority, Refusal::no_accuracy,
                   "its tokens do not say how exact they are; state what its policy promises in the settings");
  }
  const bool independent = authority.independent && token->claims.independent();
  return Stamped{*std::move(token), parsed->bytes(), *accuracy, independent};
}

}  // namespace kip::tsp
