#pragma once

#include <string>
#include <variant>
#include <vector>

#include <client-updater/update/state.hpp>

namespace kip::updater {

// The decisions of an attempt, without any I/O. The shell (apply.hpp) performs the effects of a step in their order and
// feeds back what came of the last one, until a step has no Do at its end.

/// A person or the vendor's rollout wants this version in use. The same target as before continues where it stopped.
struct Begin {
  Move move = Move::install;
  Target target;
  std::optional<Target> current;  ///< what is in use now
};

/// The program has started and looked at what is in use.
struct Started {
  bool switched = false;  ///< the attempt has passed the commit point
};

/// What was asked for by a Do has happened.
enum class Happened {
  admitted,    ///< officers allow the version, and there is room for it
  downloaded,  ///< the package is here and is, octet for octet, what was signed
  staged,      ///< its content is whole and durable on this machine
  wanted,      ///< asked once more, the vendor still wants it installed
  unwanted,    ///< the vendor has stopped it meanwhile
  switched,    ///< it is in use, durably
  gone_back,   ///< what was in use before the attempt is so again, durably
};

/// What is in use passed its checks.
struct Healthy {
  std::vector<std::string> kept_edited = {};  ///< files of the customer's that stayed, with the vendor's beside them
};

struct Failed {
  Error error;
  bool switched = false;  ///< the commit point was passed, or that could not be found out
};

/// Somebody has looked at a held install, and wants the way back tried again, or the version kept if it passes its
/// checks now.
struct Resume {
  bool keeps = false;
};

using Event = std::variant<Begin, Started, Happened, Healthy, Failed, Resume>;

/// Make `Step::next` durable, and with it, in one transaction, what follows here.
struct Record {
  std::optional<InstallState> report = {};  ///< on the target, or of a rollback on the version left
  std::string detail = {};
  bool makes_current = false;  ///< the target is what is in use now
  bool confirms = false;       ///< the target has passed its checks
  bool takes_back = false;     ///< what was in use before the attempt is so again

  bool operator==(const Record&) const = default;
};

/// Do this, and feed back what happened.
enum class Do { admit, download, stage, verify_kept, ask_again, switch_over, check_health, go_back };

/// The attempt ends here with this failure; a later run continues it.
struct Stop {
  Error error;

  bool operator==(const Stop&) const = default;
};

using Effect = std::variant<Record, Do, Stop>;

struct Step {
  Attempt next;
  std::vector<Effect> effects;
};

/// What a held install says to whoever wants something of it. The attempt is one that is held.
Error held_error(const Attempt& attempt);

/// Total: an event that does not fit the state changes nothing and has no effects.
Step step(const Attempt& state, const Event& event);

/// What a Record of an attempt makes of the state. Pure.
State recorded(State state, const Attempt& attempt, const Record& record, Instant now);

/// Checks of one version that may begin without ending before it is taken back: a machine that dies at each start must
/// not die for ever.
constexpr int kTrials = 2;

/// How a failure is reported: rejected where what came from outside is at fault, failed where this machine is, nothing
/// where trying again later is all there is to it.
std::optional<InstallState> report_of(ErrorCode code);

}  // namespace kip::updater
