#include <utility>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/tuf/client.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/tuf_repository.hpp>

namespace kip::testing {
namespace {

constexpr int kOfficers = 3;

Signer fresh_signer() {
  return Signer::of(PrivateKey::generate(KeyType::ed25519).value());
}

tuf::Role role_of(const std::vector<const Signer*>& signers, std::int64_t threshold) {
  tuf::Role role;
  for (const Signer* signer : signers)
    role.key_ids.push_back(signer->key_id);
  role.threshold = threshold;
  return role;
}

void add_keys(tuf::KeyMap& keys, const std::vector<const Signer*>& signers) {
  for (const Signer* signer : signers)
    keys.emplace(signer->key_id, Key::of(signer->key.public_key()));
}

}  // namespace

TufRepository::TufRepository(ProductId product, Instant now)
    : product_(std::move(product)), now_(now), online_(fresh_signer()) {
  for (int i = 0; i < kOfficers; ++i)
    officers_.push_back(fresh_signer());
  const auto all = some_officers(kOfficers);
  const std::vector<const Signer*> online = {&online_};

  tuf::Root root;
  root.header = {1, now_ + offline_life};
  add_keys(root.keys, all);
  add_keys(root.keys, online);
  root.roles = {{std::string(tuf::kRoot), role_of(all, 2)},
                {std::string(tuf::kTargets), role_of(all, 2)},
                {std::string(tuf::kSnapshot), role_of(online, 1)},
                {std::string(tuf::kTimestamp), role_of(online, 1)}};
  put(tuf::kRoot, 1, tuf::to_json(root), some_officers(2));

  targets_.header = {1, now_ + offline_life};
  add_keys(targets_.delegation_keys, all);
  add_keys(targets_.delegation_keys, online);
  targets_.delegations = {{product_role(product_), role_of(all, 2), {product_.str() + "/*"}, true},
                          {std::string(kRolloutsRole), role_of(online, 1), {"rollouts/*"}, true}};
  put(tuf::kTargets, 1, tuf::to_json(targets_), some_officers(2));
  snapshot_.meta["targets.json"].version = 1;
  publish();
}

std::vector<const Signer*> TufRepository::some_officers(int count) const {
  std::vector<const Signer*> out;
  for (int i = 0; i < count; ++i)
    out.push_back(&officers_.at(static_cast<std::size_t>(i)));
  return out;
}

void TufRepository::put(std::string_view role, std::int64_t version, const json::Value& body,
                        const std::vector<const Signer*>& signers) {
  const Bytes bytes = tuf::sign_metadata(body, signers).value();
  const std::string name = tuf::encode_role(role) + ".json";
  files[role == tuf::kTimestamp ? "metadata/" + name : fmt::format("metadata/{}.{}", version, name)] = bytes;
}

void TufRepository::add_release(const Release& release, Bytes package) {
  const std::string path = release_target_path(release.product, release.version);
  releases_.targets[path] = tuf::target_of(package, to_json(release));
  files[target_file(path)] = std::move(package);
}

std::string TufRepository::add_delta(const DeltaSubject& subject, Bytes delta) {
  std::string path = delta_target_path(subject.product, subject.to.version, subject.from.manifest);
  releases_.targets[path] = tuf::target_of(delta, to_json(subject));
  files[target_file(path)] = std::move(delta);
  return path;
}

void TufRepository::change_release(const Release& release) {
  releases_.targets.at(release_target_path(release.product, release.version)).custom = to_json(release);
}

std::string TufRepository::target_file(std::string_view target_path) const {
  const auto& listed = target_path.starts_with("rollouts/") ? rollouts_.targets : releases_.targets;
  return "targets/" + tuf::target_location(target_path, listed.find(target_path)->second, true);
}

void TufRepository::set_custom(json::Value custom) {
  targets_.custom = std::move(custom);
  ++targets_.header.version;
  put(tuf::kTargets, targets_.header.version, tuf::to_json(targets_), some_officers(2));
  snapshot_.meta["targets.json"].version = targets_.header.version;
}

void TufRepository::publish() {
  releases_.header = {releases_.header.version + 1, now_ + offline_life};
  put(product_role(product_), releases_.header.version, tuf::to_json(releases_), some_officers(officers));

  rollouts_.header = {rollouts_.header.version + 1, now_ + online_life};
  rollouts_.targets.clear();
  if (rollout_) {
    json::Value members = to_json(*rollout_);
    members.as_object()->insert(rollout_extras.begin(), rollout_extras.end());
    Bytes content = json::to_compact(members);
    const std::string path = rollout_target_path(product_);
    rollouts_.targets[path] = tuf::target_of(content);
    files[target_file(path)] = std::move(content);
  }
  put(kRolloutsRole, rollouts_.header.version, tuf::to_json(rollouts_), {&online_});
  renew();
}

void TufRepository::renew() {
  snapshot_.header = {snapshot_.header.version + 1, now_ + online_life};
  snapshot_.meta[product_role(product_) + ".json"].version = releases_.header.version;
  snapshot_.meta[std::string(kRolloutsRole) + ".json"].version = rollouts_.header.version;
  put(tuf::kSnapshot, snapshot_.header.version, tuf::to_json(snapshot_), {&online_});

  tuf::Timestamp timestamp;
  timestamp.header = {++timestamp_version_, now_ + timestamp_life};
  timestamp.snapshot.version = snapshot_.header.version;
  put(tuf::kTimestamp, timestamp_version_, tuf::to_json(timestamp), {&online_});
}

void TufRepository::replay_product_role(std::int64_t version) {
  const std::int64_t right = std::exchange(releases_.header.version, version);
  renew();
  releases_.header.version = right;
}

void TufRepository::forge_product_role(const Release& release) {
  tuf::Targets forged = releases_;
  ++forged.header.version;
  forged.targets.at(release_target_path(release.product, release.version)).custom = to_json(release);
  put(product_role(product_), forged.header.version, tuf::to_json(forged), {&online_});
  replay_product_role(forged.header.version);
}

Sha256Digest TufRepository::root_digest() const {
  return sha256(files.find("metadata/1.root.json")->second);
}

}  // namespace kip::testing
