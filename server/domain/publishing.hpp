#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <manifests/model/release_published.hpp>
#include <server/domain/one_at_a_time.hpp>
#include <server/domain/recorder.hpp>
#include <server/domain/release_list.hpp>
#include <server/domain/repository_store.hpp>
#include <server/domain/served_limits.hpp>

namespace kip::server {

/// The private keys of the online roles.
struct OnlineRoleKeys {
  Signer timestamp;
  Signer snapshot;
  Signer rollouts;
};

struct PublishRequest {
  tuf::Publication publication;
  std::vector<Rollout> rollouts = {};  ///< for products whose rollout is to be as it says
  /// Where given: what has to be rolled out of these products until then.
  std::optional<std::vector<Rollout>> instead_of = {};
};

/// What a request would change, before anything is written.
struct Preview {
  std::vector<ListedRelease> news;  ///< releases that would become public, or whose terms or package would change
  std::vector<bool> is_new;         ///< of each of them
  std::vector<Rollout> before;      ///< of every product
  std::vector<Rollout> after;
  /// Of the rollouts that were asked for: tie_warning(); and of acts that releases serve and nobody has registered.
  std::vector<std::string> warnings = {};

  /// Nobody gets anything, or anything sooner, by it: one person may do it alone.
  bool is_no_wider() const;
};

using RoleVersions = std::map<std::string, std::int64_t>;

struct Published {
  std::vector<PublicationRecord> releases;  ///< that became public by this
  RoleVersions versions;
  std::vector<Rollout> rollouts;
  std::vector<std::string> warnings = {};  ///< as of Preview
};

/// When a role that officers sign runs out.
struct RoleExpiry {
  std::string role;
  Instant expires;
};

/// What officers' tools need to go on from what is published.
struct RepositoryState {
  std::vector<Bytes> roots;
  std::optional<Bytes> targets;
  std::map<std::string, Bytes, std::less<>> delegated;  ///< without the online role
  RoleVersions versions;
};

/// Publishes what officers signed, keeps the online metadata fresh, and records what became public when. Thread-safe:
/// whoever comes second waits for his turn.
class Publisher {
 public:
  /// All must outlive it.
  Publisher(Store& store, RepositoryStore& repository, const Recorder& recorder, const OnlineRoleKeys& keys,
            const tuf::Lifetimes& lifetimes, InstallLimit limit)
      : store_(store),
        repository_(repository),
        recorder_(recorder),
        keys_(keys),
        lifetimes_(lifetimes),
        limit_(std::move(limit)) {}

  /// Verifies, puts targets in place, chooses rollouts, signs the online part, writes the timestamp last, and then
  /// records an event for each release that is new and each rollout that is another than before. Nothing is written
  /// before all is verified and every target is there. Handing in the same once more changes nothing. Errors: those of
  /// tuf::accept() and tuf::seal(); not_found for a target that was not uploaded; malformed for a release that is not
  /// listed as it must be; rollback for a rollout to a version that is revoked or below the floor; conflict where
  /// something else than `instead_of` is rolled out by now; busy; storage, disk_full.
  Result<Published> publish(const Actor& actor, const PublishRequest& request);

  /// Nobody else writes to the repository, or records what is rolled out, until it is gone.
  struct Writing {
    OneAtATime::Turn turn;
    std::unique_ptr<FileLock> lock;  ///< against other processes
  };
  /// For what has to be looked at and published in one piece. Errors: busy; those of the repository.
  Result<Writing> begin_writing();
  /// As above, within it.
  Result<Published> publish(const Actor& actor, const PublishRequest& request, const Writing& within);

  /// Verifies all that publish() would, and writes nothing. Errors: as publish(), without those of writing.
  Result<Preview> preview(const PublishRequest& request);

  /// A rollout that is tied to a limit, as that is now. Errors: those of the repository, the store and tie_to_limit().
  Result<Rollout> tied_anew(const Rollout& rollout);

  /// Signs timestamp, snapshot and rollouts anew where half of a life is over, or where versions are to grow by more
  /// than one. Returns whether anything was written.
  Result<bool> renew();

  /// Records what is public without an event: a crash came between. Returns how many releases.
  Result<std::size_t> reconcile();

  /// Of the roles that officers sign and that run out before that instant.
  Result<std::vector<RoleExpiry>> expiring_before(Instant instant);
  /// When the timestamp runs out that is public; none before the first publication. Errors: those of the repository;
  /// malformed.
  Result<std::optional<Instant>> timestamp_expires();

  /// Errors: not_found before the first publication.
  Result<RepositoryState> state();

  /// Of the bytes of 1.root.json. Errors: conflict before the first publication.
  Result<Sha256Digest> first_root();

 private:
  struct Plan;
  using OnlineTargets = std::map<std::string, tuf::TargetFile, std::less<>>;

  Result<Plan> plan(const PublishRequest& request);
  struct Tied;
  Result<std::vector<std::string>> unknown_acts(const Release& release) const;
  Result<Tied> tie(std::vector<Rollout> asked, const std::vector<Rollout>& present, const ReleaseList& list) const;
  Result<std::vector<tuf::NamedFile>> seal(tuf::RepositoryFiles& files, const OnlineTargets& targets) const;
  Result<void> expect_admitted(const Actor& actor) const;
  Result<std::vector<PublicationRecord>> record_new(const Actor& actor, const tuf::RepositoryFiles& files,
                                                    const std::vector<Rollout>& rollouts);

  Store& store_;
  RepositoryStore& repository_;
  const Recorder& recorder_;
  const OnlineRoleKeys& keys_;
  tuf::Lifetimes lifetimes_;
  InstallLimit limit_;
  OneAtATime writing_;
};

}  // namespace kip::server
