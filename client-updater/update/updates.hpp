#pragma once

#include <functional>
#include <optional>

#include <client-updater/update/apply.hpp>
#include <client-updater/update/log_watch.hpp>
#include <client-updater/update/narrator.hpp>
#include <client-updater/update/offer.hpp>
#include <client-updater/update/supply.hpp>

namespace kip::updater {

/// What the vendor offers, as far as this install is concerned.
struct CheckResult {
  OfferKind kind = OfferKind::nothing_published;
  std::optional<Rollout> rollout = {};
  std::optional<Release> release =
      {};                            ///< that the rollout names, or that it names for those whom that has not reached
  std::optional<Instant> from = {};  ///< of not_yet: when the rollout comes to this install, where it will
  std::optional<Target> current = {};
  LogLook log = {};          ///< what the vendor's log shows
  std::string warning = {};  ///< where officers have revoked the version in use or raised the floor above it
};

struct UpdateResult {
  CheckResult offer;                   ///< as it was at the beginning
  bool installed = false;              ///< the release is in use now
  Waiting waiting = Waiting::nothing;  ///< it was available, and has to wait
  bool stopped_by_vendor = false;      ///< it was available, but no longer just before it would have been put in use
  std::optional<Fetched> fetched = {};
  std::vector<std::string> kept_edited = {};  ///< the customer's files that stayed, with the vendor's beside them
};

struct ResumeResult {
  std::optional<Target> current;
};

struct RollbackResult {
  Target left;
  Target current;
};

// Each begins with the recovery of what a crash has interrupted. Errors: those of Applier and read_repository(). A
// failure before anything was changed leaves everything as it was.

/// Ends the hold of an install, after a person has looked at it. Errors: conflict where it is not held, and where it is
/// held again.
Result<ResumeResult> resume(Install& install, const Narrator& narrator, ResumeWay way);

Result<CheckResult> check(Install& install, const Narrator& narrator);

/// Checks, and brings what is available into use. `again`: also a version that a person here has gone back from.
/// Asked before anything is changed, once it is known what is available.
using MayBegin = std::function<Result<Waiting>(const CheckResult&)>;
Result<UpdateResult> update(
    Install& install, const Narrator& narrator, bool again,
    const MayBegin& may_begin = [](const CheckResult&) { return Result<Waiting>(Waiting::nothing); });

/// The same for an applier that has recovered. Errors: as above.
Result<UpdateResult> take_offer(Install& install, Applier& applier, bool again, const MayBegin& may_begin);

/// Brings an earlier version that is kept here back into use: the one named, or the newest before the present one. The
/// version left is not taken again by itself. Errors: not_found where none is kept; usage for a later version; rollback
/// where officers do not allow it; integrity where its files are damaged.
Result<RollbackResult> rollback(Install& install, const Narrator& narrator, const std::optional<Version>& to);

}  // namespace kip::updater
