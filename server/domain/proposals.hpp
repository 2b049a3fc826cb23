#pragma once

#include <optional>
#include <string>
#include <vector>

#include <server/domain/publishing.hpp>

namespace kip::server {

/// What came of a publication that somebody handed in.
struct HandedIn {
  std::optional<Published> published = {};  ///< it was done at once
  std::optional<Proposal> waits = {};       ///< another person has to approve it
  std::vector<std::string> warnings = {};   ///< of what waits: as of Preview, and what else waits
};

/// What of a release a person judges before it becomes public.
struct ReleaseDiff {
  ProposedRelease release;
  std::int64_t package_bytes = 0;
  std::optional<Version> compared_with = {};  ///< the release before it; none where it is the first
  /// As the officers saw them: what opens and narrows where it is signed anew, acts, forms, periods, migrations, files.
  std::vector<std::string> lines = {};
  std::string unreadable = {};  ///< why its package could not be looked into; empty where it could
};

struct ProposalDetail {
  Proposal proposal;
  std::vector<ReleaseDiff> releases;
  std::vector<std::string> warnings =
      {};  ///< while it is open: as of Preview, why it could not be published now, and what else waits
};

/// How a release stands.
enum class ReleaseState {
  signed_by_officers,  ///< and it waits for another person
  approved,            ///< by that one, and not public yet
  published,
  superseded,  ///< a later version of the product is rolled out
  revoked,
};

std::string_view to_string(ReleaseState state);

struct StandingRelease {
  ProductId product;
  Version version;
  ReleaseState state = ReleaseState::published;
  std::vector<std::string> acts = {};
  std::optional<Instant> published_at = {};
  std::optional<ProposalId> proposal = {};  ///< that it waits in
  std::string reason = {};                  ///< of a revocation
};

/// Changes of what installs may get. What only holds back, narrows or stops one person does alone and at once; what
/// opens something waits until a second person has approved it. Thread-safe.
class Proposals {
 public:
  /// All must outlive it.
  Proposals(Store& store, RepositoryStore& repository, const Recorder& recorder, Publisher& publisher)
      : store_(store), repository_(repository), recorder_(recorder), publisher_(publisher) {}

  /// Verifies all of it first. The same thing of the same person that waits already is not made twice. Errors: those of
  /// Publisher::publish(); too_large where 100 proposals wait.
  Result<HandedIn> hand_in(const Actor& actor, const PublishRequest& request, const std::string& reason);

  /// Approves it as a second person, and publishes. What was approved and could not be published is tried again.
  /// Errors: not_found; denied for whom it was made by, and who answers for that one; conflict where it was decided
  /// already, or what it is to replace is not rolled out any more; those of Publisher::publish().
  Result<Published> approve(const Actor& actor, const ProposalId& id);

  /// Takes it off the table: withdrawn by whom it was made by, declined by anybody else. While it is being published,
  /// waits for the outcome. Errors: not_found; conflict where it was decided already; busy.
  Result<Proposal> decline(const Actor& actor, const ProposalDecision& decision);

  /// Newest first; only open ones unless all are asked for.
  Result<std::vector<Proposal>> list(bool all);
  /// Errors: not_found.
  Result<ProposalDetail> show(const ProposalId& id);

  /// Every release that is public or waits, by product and version, and where each stands.
  Result<std::vector<StandingRelease>> releases();

 private:
  Result<PublishRequest> request_of(const Proposal& proposal);
  Result<HandedIn> wait(const Actor& actor, const PublishRequest& request, Proposal proposal);
  Result<Proposal> admit_approval(const Actor& actor, const ProposalId& id);
  Result<void> decide(const Actor& actor, const ProposalDecision& decision);
  Result<bool> is_live(const Proposal& proposal);
  Result<void> expect_not_live(const Actor& actor, const ProposalId& id);
  /// `published`: the same release as it is now; null where it is not public, or was decided about.
  ReleaseDiff diff(const ReleaseList& list, const ListedRelease& listed, const ListedRelease* published, bool is_new);

  Store& store_;
  RepositoryStore& repository_;
  const Recorder& recorder_;
  Publisher& publisher_;
  OneAtATime deciding_;
};

}  // namespace kip::server
