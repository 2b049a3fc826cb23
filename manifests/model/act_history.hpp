#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/model/act.hpp>

namespace kip {

/// That a person has read a date of an act somewhere.
struct DateStatement {
  Trigger date = Trigger::act_signed;
  LegalDate day;
  std::string source = {};  ///< empty where none was given
  std::string by = {};      ///< who: the actor of the event
  Instant at = {};

  bool operator==(const DateStatement&) const = default;
};

/// That another person has compared a stated date with its source and found it right.
struct DateConfirmation {
  Trigger date = Trigger::act_signed;
  LegalDate day;
  std::string reason = {};  ///< why this one, where sources disagree
  std::string by = {};
  Instant at = {};
  std::size_t known = 0;  ///< how many statements there were when it was given

  bool operator==(const DateConfirmation&) const = default;
};

/// What an authority did to an act after it was registered.
enum class ActTurn { corrected, suspended, resumed, withdrawn };

/// "corrected", "suspended", "resumed", "withdrawn"
std::string_view to_string(ActTurn turn);
Result<ActTurn> parse_act_turn(std::string_view text);

/// What a person decides about the clocks that the act has started.
enum class ClockDecision { goes_on, starts_anew, stops };

/// "goes-on", "starts-anew", "stops"
std::string_view to_string(ClockDecision decision);
Result<ClockDecision> parse_clock_decision(std::string_view text);

/// A turn with the decision about clocks. It counts once another person has confirmed it; until then it is only shown.
struct ActDevelopment {
  ActTurn turn = ActTurn::corrected;
  LegalDate on;  ///< of the turn; where clocks stop, what was due before it stays due
  std::string source;
  ClockDecision clock = ClockDecision::goes_on;
  std::optional<LegalDate> from = {};  ///< exactly where the clock starts anew: the day from which it runs
  std::string reason;                  ///< of the decision
  std::string by = {};
  Instant at = {};
  std::string confirmed_by = {};  ///< empty: not yet
  std::optional<Instant> confirmed_at = {};

  bool is_confirmed() const { return confirmed_at.has_value(); }
  bool operator==(const ActDevelopment&) const = default;
};

/// How one date of an act stands.
struct DateStanding {
  std::vector<LegalDate> stated;           ///< each once, in the order in which they were stated
  std::optional<LegalDate> in_force = {};  ///< confirmed last
  bool disputed = false;                   ///< another day was stated, and nobody has decided since

  bool is_confirmed() const { return in_force.has_value(); }
};

inline constexpr std::size_t kMaxStatements = 200;

/// What people have said about an act, in the order of events. Nothing is ever taken out: what was said first stays
/// visible beside what holds now. Not thread-safe.
class ActHistory {
 public:
  /// The act's own dates are the first statements.
  static ActHistory begin(const Act& act, std::string_view by, Instant at);

  const std::string& act() const { return act_; }
  const std::string& registered_by() const { return registered_by_; }
  Instant registered() const { return registered_; }
  const std::vector<DateStatement>& statements() const { return statements_; }
  const std::vector<DateConfirmation>& confirmations() const { return confirmations_; }
  const std::vector<ActDevelopment>& developments() const { return developments_; }

  DateStanding standing(Trigger date) const;

  /// Errors: usage for a date that no act has; conflict where this person has stated the day already; too_large.
  Result<void> state(DateStatement statement);

  /// Errors: not_found where nobody has stated the day; denied where nobody else has; usage where sources disagree and
  /// no reason is given; conflict where it is in force already.
  Result<void> confirm(DateConfirmation confirmation);

  /// Errors: usage where `from` and the decision do not go together, or source or reason are missing; too_large.
  Result<void> develop(ActDevelopment development);

  /// `number` counts developments from 1. Errors: not_found; conflict where it is confirmed; denied for the person who
  /// entered it.
  Result<void> confirm_development(std::size_t number, std::string_view by, Instant at);

  bool operator==(const ActHistory&) const = default;

 private:
  friend Result<ActHistory> parse_act_history(BytesView text);
  ActHistory() = default;

  std::string act_;
  std::string registered_by_;
  Instant registered_;
  std::vector<DateStatement> statements_;
  std::vector<DateConfirmation> confirmations_;
  std::vector<ActDevelopment> developments_;
};

/// What is rarely meant: an act signed or gazetted on a day that is still to come ("date-to-come"), one that was
/// gazetted or took effect before it was signed, by what was stated later ("gazetted-before-signed",
/// "effective-before-signed"), a clock that stops by a turn that is still to come ("turn-to-come"), a clock that starts
/// anew before the turn that is the reason for it ("restart-before-turn") or on a day that is still to come
/// ("restart-to-come"). `today` is that of the act's country.
std::vector<Warning> check_history(const ActHistory& history, LegalDate today);

/// How a server keeps it, and what its API shows. Errors: malformed.
Result<ActHistory> parse_act_history(BytesView text);
json::Value to_json(const ActHistory& history);

}  // namespace kip
