#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/model/delta.hpp>
#include <manifests/model/release.hpp>
#include <signing/keys/key.hpp>
#include <signing/tuf/metadata.hpp>

namespace kip::testing {

/// A vendor's repository in memory, signed with fresh keys: three officers of whom two must sign, and online keys for
/// timestamp, snapshot and rollouts. One product. Files are under the names by which a web server would have them,
/// below "metadata/" and "targets/".
class TufRepository {
 public:
  /// Publishes version 1 of everything, without any release.
  TufRepository(ProductId product, Instant now);

  /// Puts a release and its package on the list; it is published by publish().
  void add_release(const Release& release, Bytes package);
  /// Puts a delta on the list, whatever its bytes are. Returns its path.
  std::string add_delta(const DeltaSubject& subject, Bytes delta);
  /// Replaces what officers say about a listed release.
  void change_release(const Release& release);
  void set_rollout(const Rollout& rollout) { rollout_ = rollout; }
  void set_now(Instant now) { now_ = now; }

  /// Members that stand in the rollout file beside those that there are: what a thief might try.
  json::Object rollout_extras;
  /// How many officers sign the product's role from now on.
  int officers = 2;
  /// From `now` to the expiry of each role that is published from now on.
  std::chrono::hours timestamp_life{24};
  std::chrono::hours online_life{24 * 30};
  std::chrono::hours offline_life{24 * 365};

  /// What officers say at the top of the targets role; its next version is published by publish().
  void set_custom(json::Value custom);
  /// The next versions of the product's role, rollouts, snapshot and timestamp.
  void publish();
  /// The next timestamp and snapshot only.
  void renew();
  /// What a thief of the online keys can sign: a snapshot that names an earlier version of the product's role again,
  /// and such a role in the thief's own words.
  void replay_product_role(std::int64_t version);
  void forge_product_role(const Release& release);

  /// Every file, by its path: "metadata/1.root.json".
  std::map<std::string, Bytes, std::less<>> files;

  /// One of the three officers, from 0.
  const Signer& officer(std::size_t number) const { return officers_.at(number); }
  Sha256Digest root_digest() const;
  /// The path in `files` of a release's package or of the rollout.
  std::string target_file(std::string_view target_path) const;

 private:
  std::vector<const Signer*> some_officers(int count) const;
  void put(std::string_view role, std::int64_t version, const json::Value& body,
           const std::vector<const Signer*>& signers);

  ProductId product_;
  Instant now_;
  std::vector<Signer> officers_;
  Signer online_;
  tuf::Targets targets_;
  tuf::Targets releases_;
  std::optional<Rollout> rollout_;
  tuf::Targets rollouts_;
  tuf::Snapshot snapshot_;
  std::int64_t timestamp_version_ = 0;
};

}  // namespace kip::testing
