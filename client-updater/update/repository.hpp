#pragma once

#include <client-updater/update/download.hpp>
#include <client-updater/update/install.hpp>
#include <manifests/model/release.hpp>
#include <signing/tuf/client.hpp>

namespace kip::updater {

/// A release that officers signed, with the file that holds it.
struct ListedRelease {
  Release release;
  tuf::TargetInfo package;
  std::optional<tuf::TargetInfo> delta = {};  ///< leads to it from the version in use; only found, not yet checked
};

/// What the vendor's repository says about the install's product. All of it is verified.
struct Listing {
  ProductPolicy policy;                  ///< of all releases that the officers list
  std::optional<Rollout> rollout;        ///< absent before the first one
  std::optional<ListedRelease> release;  ///< that the rollout names; present wherever there is a rollout
  std::optional<ListedRelease> base;     ///< for those whom that one has not reached, where the rollout names one
  Instant valid_until;                   ///< when the first of the metadata behind this expires
  json::Value log_keys = {};  ///< of the vendor's logs, as officers have signed them; null where they have not
  bool handed_over = false;   ///< by a bundle, to this install

  /// Whether what is offered here can depend on the labels that the vendor has given to this install.
  bool asks_for_labels() const {
    return rollout && (rollout->asks_for_labels() || (release && !release->release.audience.empty()) ||
                       (base && !base->release.audience.empty()));
  }
};

/// Refreshes the trusted metadata and reads on from there. What was verified is kept, also where a later step fails:
/// metadata, and in the install's state the officers' floor and revocations and the time of this check.
/// Errors: those of tuf::Client; integrity where the rollout file is not what was signed; not_found where the rollout
/// names a release that no officer has signed; malformed.
Result<Listing> read_repository(Install& install);

/// One version that officers list, whatever the rollout names. Errors: as above.
Result<ListedRelease> read_release(Install& install, const Version& version);

/// Every version that officers list and do not revoke, newest first. Errors: as above.
Result<std::vector<ListedRelease>> list_releases(Install& install);

/// When expiry is judged: now, but for roles of online keys that an officer vouched for.
/// Why: docs/adr/0012-offline-bundles.md
tuf::JudgedAt judged_at(Instant now, const std::optional<Instant>& vouched_at);

/// Where a package or delta is, with the length and SHA-256 that officers signed. Error malformed where they signed no
/// SHA-256.
Result<DownloadRequest> package_request(const Install& install, const tuf::TargetInfo& package);

}  // namespace kip::updater
