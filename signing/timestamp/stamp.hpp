#pragma once

#include <signing/timestamp/authority_client.hpp>

namespace kip::tsp {

enum class StampState {
  pending,  ///< asked for, and asked again until there is an answer
  stamped,
  bad,  ///< the authority's answer is of no use; nothing is asked again by itself
};
std::string_view to_string(StampState state);
/// Errors: malformed.
Result<StampState> parse_stamp_state(std::string_view text);

/// What stands of a token once it is verified.
struct StampFacts {
  Bytes token;
  GenTime gen_time;
  std::chrono::microseconds accuracy{0};
  Sha256Digest identity;  ///< VerifiedToken::identity()
  Instant not_after;      ///< VerifiedToken::not_after
  bool independent = false;

  bool operator==(const StampFacts&) const = default;
};

/// One digest at one authority: what has to be kept of it. A value.
struct Stamp {
  Sha256Digest subject;
  std::string authority;
  StampState state = StampState::pending;
  Instant next_at = {};                  ///< pending: not asked before then
  std::uint32_t failures = 0;            ///< in a row
  std::optional<Request> request = {};   ///< kept before it is sent, and sent again until there is an answer
  std::string problem = {};              ///< of the last attempt, for people
  std::optional<Refusal> refusal = {};   ///< of a bad one
  std::optional<StampFacts> facts = {};  ///< of a stamped one

  bool operator==(const Stamp&) const = default;
};

/// How long to stay away from an authority that does not answer: twice as long each time, and by chance up to half of
/// that less, so that not everybody comes back at once. Longer where the authority asks for it.
struct Patience {
  std::chrono::seconds first{15};
  std::chrono::seconds longest{3600};  ///< at most a day
};

/// Whether it is time to ask. A pause that ends further ahead than any can is from before a clock was corrected and has
/// ended.
bool is_due(const Stamp& stamp, Instant now);

/// What to send. The request has to be durable before it is sent; where it is already, it stays the same one.
Result<Stamp> prepare(Stamp stamp, const std::string& policy, RandomSource& random);
/// What an outcome makes of it.
Stamp settle(Stamp stamp, const Outcome& outcome, Instant now, const Patience& patience, RandomSource& random);
/// Asks once more, with a new request, where the answer was bad. The rest stays as it is.
Stamp ask_again(Stamp stamp, Instant now);

/// How far a subject has got.
struct StampSummary {
  std::size_t stamped = 0;
  std::size_t independent = 0;  ///< of those
  std::size_t pending = 0;
  std::size_t bad = 0;

  std::size_t asked() const { return stamped + pending + bad; }
  /// "pending", "stamped 2 of 3", "stamped 1 of 1, not independent", "refused by all"
  std::string text() const;
  bool operator==(const StampSummary&) const = default;
};
StampSummary summarise(const std::vector<Stamp>& stamps);

}  // namespace kip::tsp
