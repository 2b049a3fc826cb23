#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/tuf_simulator.hpp>

namespace kip::testing {
namespace {

constexpr std::chrono::days kLife{30};

}  // namespace

Signer new_signer(KeyType type) {
  return Signer::of(PrivateKey::generate(type).value());
}

TufSimulator::TufSimulator(Instant now) {
  const tuf::Header header{1, now + kLife};
  root.header = {0, now + kLife};
  for (const std::string_view role : {tuf::kRoot, tuf::kTimestamp, tuf::kSnapshot, tuf::kTargets})
    trust(std::string(role), new_signer());
  timestamp.header = snapshot.header = targets["targets"].header = header;
  timestamp.snapshot.version = 1;
  snapshot.meta["targets.json"].version = 1;
  publish_root();
}

void TufSimulator::trust(const std::string& role, const Signer& signer) {
  signers[role] = {signer};
  root.keys.emplace(signer.key_id, Key::of(signer.key.public_key()));
  root.roles[role] = tuf::Role{{signer.key_id}, 1};
}

void TufSimulator::publish_root() {
  ++root.header.version;
  std::vector<const Signer*> by;
  std::map<std::string, const Signer*> distinct;
  for (const auto* list : {&signers["root"], &last_root_signers_}) {
    for (const Signer& signer : *list) {
      if (distinct.emplace(signer.key_id, &signer).second) by.push_back(&signer);
    }
  }
  roots.push_back(tuf::sign_metadata(tuf::to_json(root), by).value());
  last_root_signers_ = signers["root"];
}

void TufSimulator::rotate(const std::string& role) {
  trust(role, new_signer());
  publish_root();
}

void TufSimulator::update_targets(const std::string& role) {
  ++targets.at(role).header.version;
  update_snapshot();
}

void TufSimulator::update_snapshot() {
  ++snapshot.header.version;
  for (const auto& [role, body] : targets)
    snapshot.meta[role + ".json"] = meta_of(role, body.header.version);
  update_timestamp();
}

void TufSimulator::update_timestamp() {
  ++timestamp.header.version;
  timestamp.snapshot = meta_of("snapshot", snapshot.header.version);
}

tuf::MetaFile TufSimulator::meta_of(const std::string& role, std::int64_t version) {
  if (!with_hashes) return {version, {}, {}};
  const Bytes bytes = current(role);
  return {version, static_cast<std::int64_t>(bytes.size()), {{"sha256", sha256(bytes).hex()}}};
}

void TufSimulator::delegate(const std::string& parent, tuf::DelegatedRole delegated) {
  const std::string name = delegated.name;
  if (!signers.contains(name)) signers[name] = {new_signer()};
  const Signer& signer = signers[name].front();
  targets.at(parent).delegation_keys.emplace(signer.key_id, Key::of(signer.key.public_key()));
  delegated.role = {{signer.key_id}, 1};
  targets.at(parent).delegations.push_back(std::move(delegated));
  if (targets[name].header.version == 0) targets[name].header = {1, targets.at("targets").header.expires};
}

void TufSimulator::delegate_succinctly(const std::string& parent, int bit_length, const std::string& prefix) {
  const Signer signer = new_signer();
  targets.at(parent).delegation_keys.emplace(signer.key_id, Key::of(signer.key.public_key()));
  targets.at(parent).succinct_roles = tuf::SuccinctRoles{{{signer.key_id}, 1}, bit_length, prefix};
  for (int bin = 0; bin < 1 << bit_length; ++bin) {
    const std::string name = fmt::format("{}-{:0{}x}", prefix, bin, (bit_length + 3) / 4);
    signers[name] = {signer};
    targets[name].header = {1, targets.at("targets").header.expires};
  }
}

Bytes TufSimulator::sign(const json::Value& body, const std::string& role) const {
  std::vector<const Signer*> by;
  for (const Signer& signer : signers.at(role))
    by.push_back(&signer);
  return tuf::sign_metadata(body, by).value();
}

Bytes TufSimulator::current(const std::string& role) {
  if (role == "timestamp") return sign(tuf::to_json(timestamp), role);
  if (role == "snapshot") return sign(tuf::to_json(snapshot), role);
  return sign(tuf::to_json(targets.at(role)), role);
}

std::optional<Bytes> TufSimulator::serve(std::string_view name) {
  if (const auto found = instead.find(name); found != instead.end()) return found->second;
  if (name == "timestamp.json") return current("timestamp");
  for (std::size_t i = 0; i < roots.size(); ++i) {
    if (name == fmt::format("{}.root.json", i + 1)) return roots[i];
  }
  const auto file = [this](std::string_view role, std::int64_t version) {
    const std::string plain = tuf::encode_role(role) + ".json";
    return root.consistent_snapshot ? fmt::format("{}.{}", version, plain) : plain;
  };
  if (name == file("snapshot", snapshot.header.version)) return current("snapshot");
  for (const auto& [role, body] : targets) {
    if (name == file(role, body.header.version)) return current(role);
  }
  return std::nullopt;
}

Result<std::optional<Bytes>> TufSimulator::fetch(std::string_view name, std::size_t max_bytes) {
  requests.emplace_back(name);
  std::optional<Bytes> bytes = serve(name);
  if (bytes && bytes->size() > max_bytes) return fail(ErrorCode::too_large, fmt::format("{} is too large", name));
  return bytes;
}

Result<tuf::Fetched> TufSimulator::fetch_unless(std::string_view name, std::size_t max_bytes,
                                                const tuf::Validators& known) {
  KIP_TRY(std::optional<Bytes> bytes, fetch(name, max_bytes));
  if (!bytes) return fail(ErrorCode::not_found, fmt::format("there is no {}", name));
  if (!with_validators) return tuf::Fetched{std::move(bytes), {}};
  const tuf::Validators now{sha256(*bytes).hex(), ""};
  if (known == now) {
    requests.back() += " (unchanged)";
    return tuf::Fetched{std::nullopt, known};
  }
  return tuf::Fetched{std::move(bytes), now};
}

}  // namespace kip::testing
