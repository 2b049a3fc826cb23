#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <client-updater/update/schedule.hpp>
#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/version.hpp>
#include <manifests/model/log_heads.hpp>
#include <manifests/model/postponement.hpp>
#include <manifests/model/receipt.hpp>
#include <manifests/model/release.hpp>

namespace kip::updater {

/// How versions lie on the disk. Format: docs/formats/install-folder.md
enum class LayoutKind {
  versioned,  ///< each complete in a directory of its own, and a pointer to one of them: programs never see a mix
  in_place,   ///< one directory whose files are replaced, for programs that read fixed paths
};

/// "versioned", "in-place".
std::string_view to_string(LayoutKind kind);
/// Errors: malformed.
Result<LayoutKind> parse_layout_kind(std::string_view text);

/// What an install learned when it was enrolled. Only its incarnation changes afterwards.
struct Enrolment {
  Sha256Digest code;  ///< of the enrolment code's text: tells a retry from another code
  std::string url;    ///< of the server, without a slash at its end
  TenantId tenant;
  ProductId product;
  Sha256Digest root;        ///< of the root that was trusted first
  Bytes log_key;            ///< Ed25519, 32 octets: signs acknowledgements
  InstallId install;        ///< given by the server
  std::string incarnation;  ///< of this install's chain of receipts; see Install::begin_incarnation()
  std::string customer;
  std::string label;
  Instant enrolled_at;
  LayoutKind layout = LayoutKind::versioned;
  std::string app_folder = {};  ///< absolute, of an in-place install; empty: "app" in the install's folder

  bool operator==(const Enrolment&) const = default;
};

/// One version of the product's content: what officers call it and what it is.
struct Target {
  Version version;
  Sha256Digest manifest;

  bool operator==(const Target&) const = default;
};

json::Value to_json(const Target& target);
/// Errors: malformed.
Result<Target> parse_target(const json::Value& value);

/// How a database is reached.
enum class DatabaseMake {
  sqlite,  ///< it is a file
  odbc,    ///< on a server, by a connection string in a file
};

/// "sqlite", "odbc".
std::string_view to_string(DatabaseMake make);
/// Errors: malformed.
Result<DatabaseMake> parse_database_make(std::string_view text);

/// A database of the customer's that releases may bring migrations for.
struct AttachedDatabase {
  std::string kind;      ///< which migrations are meant for it
  std::string location;  ///< absolute path of the file
  Instant attached_at;
  DatabaseMake make = DatabaseMake::sqlite;

  bool operator==(const AttachedDatabase&) const = default;
};

json::Object to_json(const AttachedDatabase& database);

/// A version that is whole on this machine.
struct InstalledVersion {
  Target target;
  Instant committed_at;                 ///< when the pointer was last set to it
  std::optional<Instant> confirmed_at;  ///< when it had passed its checks
  bool current = false;                 ///< at most one of an install

  bool operator==(const InstalledVersion&) const = default;
};

enum class Move { install, rollback };

/// How far an attempt has come; each step includes those before it.
enum class Phase {
  idle,        ///< nothing of it is here
  downloaded,  ///< the package is here, whole
  staged,      ///< verified, unpacked and durable, beside what is in use
  applying,    ///< announced: the pointer may change from now on
  committed,   ///< it is in use, durably, and on trial
  confirmed,   ///< it has passed its checks; the attempt is over
  reverting,   ///< it has not: what was in use before is being brought back
  reverted,    ///< what was in use before is so again; the attempt is over
  held,        ///< that could not be done safely: nothing moves until somebody has looked at it
};

/// Whether an attempt in this phase may have touched what programs read, and is not over.
constexpr bool is_unsettled(Phase phase) {
  return phase == Phase::applying || phase == Phase::committed || phase == Phase::reverting || phase == Phase::held;
}

/// A failure as it was reported last, so that the same one is not reported at every retry.
struct ReportedFailure {
  InstallState state = InstallState::failed;
  std::string detail;

  bool operator==(const ReportedFailure&) const = default;
};

/// The one attempt to bring another version into use. After its end it tells what the last one was.
struct Attempt {
  Move move = Move::install;
  std::optional<Target> target = {};  ///< absent before the first attempt
  std::optional<Target> from = {};    ///< what was in use when it began
  Phase phase = Phase::idle;
  std::optional<ReportedFailure> failure = {};
  int trials = 0;  ///< tries of the present phase that have begun

  bool operator==(const Attempt&) const = default;
};

/// When the outbox is to be delivered again.
struct Delivery {
  std::int64_t failures = 0;  ///< one after the other, since the last success
  std::optional<Instant> next_try;

  bool operator==(const Delivery&) const = default;
};

/// A version that is available and waits, as it was reported.
struct WaitingVersion {
  Version version;
  Waiting what = Waiting::window;

  bool operator==(const WaitingVersion&) const = default;
};

/// All that an install remembers, but for its receipts.
struct State {
  std::optional<Enrolment> enrolment;
  ProductPolicy policy;  ///< what officers said: the floor only rises, revocations are only added
  std::vector<InstalledVersion> versions;
  Attempt attempt;
  std::optional<Target> skipped;      ///< left by a rollback: not taken again by itself
  std::optional<Instant> last_check;  ///< as of when the vendor's metadata is known; by a bundle: when that was made
  Delivery delivery;
  std::optional<Deferral> deferral = {};
  std::optional<WaitingVersion> waiting = {};
  std::optional<Postponement> postponement = {};  ///< by the server's last word
  std::vector<AttachedDatabase> databases;        ///< in the order in which they were attached
  /// Of each life of the vendor's log O the newest head, in the order in which they were first seen.
  std::vector<KeptHead> log_heads = {};
  std::vector<LogConflict> log_conflicts = {};  ///< in the order in which they were noticed
  std::optional<Sha256Digest> basis = {};       ///< the newest time stamp of which the server has told

  /// Null where nothing is installed.
  const InstalledVersion* current() const;

  bool operator==(const State&) const = default;
};

}  // namespace kip::updater
