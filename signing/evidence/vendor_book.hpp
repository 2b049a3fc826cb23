#pragma once

#include <map>
#include <string>
#include <vector>

#include <manifests/model/obligation.hpp>
#include <manifests/model/release_published.hpp>
#include <signing/evidence/officer_word.hpp>
#include <signing/evidence/open_log.hpp>

namespace kip {

/// An act as O has it.
struct LoggedAct {
  Act act;
  ActHistory history;
  std::uint64_t place = 0;
  std::string problem = {};  ///< why its dates are not certain; empty where they are
  bool hidden = false;       ///< since an event is not shown
};

struct LoggedObligation {
  std::int64_t number = 0;
  ActKey act;
  CommitmentId commitment;
  std::uint64_t place = 0;
};

struct LoggedRelease {
  ReleasePublished release;
  std::uint64_t place = 0;
  Instant claimed;
  bool is_judged = false;    ///< it serves what is judged
  std::string problem = {};  ///< why officers' signatures do not stand behind it; empty where they do or nobody looked
};

struct LoggedRollout {
  Rollout rollout;
  std::uint64_t place = 0;
};

/// What a vendor has said in O about acts, promises and releases. A value.
class VendorBook {
 public:
  /// Errors: malformed for an entry that does not read; integrity where numbers of obligations have a
  /// gap, or an act or promise is registered twice.
  static Result<VendorBook> read(const OpenLog& log);

  const std::map<std::string, LoggedAct>& acts() const { return acts_; }
  const std::map<CommitmentId, Commitment>& commitments() const { return commitments_; }
  const std::map<std::int64_t, LoggedObligation>& obligations() const { return obligations_; }
  const std::vector<LoggedRelease>& releases() const { return releases_; }
  const std::vector<LoggedRollout>& rollouts() const { return rollouts_; }

  /// Looks for the officers' signatures behind every release that serves one of these acts. Tells how many there were.
  std::size_t check_releases(const std::vector<ActKey>& acts, const OfficerWord& officers);

 private:
  Result<void> take(const OpenEntry& entry);
  Result<void> take_act(const OpenEntry& entry);
  Result<void> take_word(const OpenEntry& entry);
  Result<void> take_obligation(const OpenEntry& entry);
  Result<void> take_release(const OpenEntry& entry);

  std::map<std::string, LoggedAct> acts_;
  std::map<CommitmentId, Commitment> commitments_;
  std::map<std::int64_t, LoggedObligation> obligations_;
  std::vector<LoggedRelease> releases_;
  std::vector<LoggedRollout> rollouts_;
};

/// Whether what stands in O about an act needs its event, since dates count only by two people's words.
bool is_about_act(std::string_view type);
/// The act that such an entry is about. Errors: malformed.
Result<ActKey> act_of(const LogEntry& entry);

}  // namespace kip
