#include <server/domain/publication_events.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/tuf/client.hpp>

namespace kip::server {

Metadata metadata_hashes(const tuf::RepositoryFiles& files) {
  Metadata out;
  const auto add = [&out](std::string_view role, const std::optional<Bytes>& bytes) {
    if (bytes) out.push_back({std::string(role), sha256(*bytes)});
  };
  add(tuf::kRoot, files.root);
  add(tuf::kTimestamp, files.timestamp);
  add(tuf::kSnapshot, files.snapshot);
  add(tuf::kTargets, files.targets);
  for (const auto& [role, bytes] : files.delegated)
    out.push_back({role, sha256(bytes)});
  return out;
}

Result<std::vector<PublicationRecord>> record_releases(UnitOfWork& unit, const Recorder& recorder, const Actor& actor,
                                                       const ReleaseList& list, const Metadata& metadata) {
  std::vector<PublicationRecord> out;
  for (const ListedRelease& listed : list.releases()) {
    const Release& release = listed.release;
    const PublicationKey key{release.product, release.version.str()};
    KIP_TRY(const auto present, unit.projection().publications.find(key));
    if (present) continue;
    KIP_TRY(const Sha256Digest target, Sha256Digest::parse(listed.file.hashes.at("sha256")));
    const ReleasePublished body{release.product,       release.version, release.manifest, release.acts,
                                {listed.path, target}, metadata,        release.audience};
    KIP_TRY_VOID(recorder.record(unit, event_type::kReleasePublished, actor, release_published_body(body)));
    KIP_TRY(auto recorded, unit.projection().publications.find(key));
    if (recorded) out.push_back(*std::move(recorded));
  }
  return out;
}

Result<bool> record_rollouts(UnitOfWork& unit, const Recorder& recorder, const Actor& actor,
                             const std::vector<Rollout>& rollouts) {
  bool changed = false;
  for (const Rollout& rollout : rollouts) {
    KIP_TRY(const auto present, unit.projection().rollouts.find(rollout.product));
    if (present && present->rollout == rollout) continue;
    KIP_TRY_VOID(recorder.record(unit, event_type::kRolloutChanged, actor, rollout_changed_body(rollout)));
    changed = true;
  }
  return changed;
}

}  // namespace kip::server
