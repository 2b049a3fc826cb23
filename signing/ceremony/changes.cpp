#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <manifests/core/safe_path.hpp>
#include <signing/ceremony/changes.hpp>

#include "checked_target.hpp"
#include "draft.hpp"

namespace kip {
namespace {

constexpr int kMaxBins = 4096;

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// The keys that a role's signers are taken from.
tuf::KeyMap& keys_of(Draft& draft, std::string_view role) {
  const bool in_root = role == tuf::kRoot || role == tuf::kTargets;
  return in_root ? draft.root.keys : draft.targets.delegation_keys;
}

tuf::Role* signers_of(Draft& draft, std::string_view role) {
  if (role == tuf::kRoot || role == tuf::kTargets) return &draft.root.roles.find(role)->second;
  for (tuf::DelegatedRole& delegation : draft.targets.delegations) {
    if (delegation.name == role) return &delegation.role;
  }
  return nullptr;
}

/// Takes keys away that no role names any more.
void drop_unused_keys(Draft& draft) {
  std::set<std::string> in_root;
  for (const auto& [name, role] : draft.root.roles)
    in_root.insert(role.key_ids.begin(), role.key_ids.end());
  std::erase_if(draft.root.keys, [&](const auto& entry) { return !in_root.contains(entry.first); });
  std::set<std::string> in_targets;
  for (const tuf::DelegatedRole& delegation : draft.targets.delegations)
    in_targets.insert(delegation.role.key_ids.begin(), delegation.role.key_ids.end());
  std::erase_if(draft.targets.delegation_keys, [&](const auto& entry) { return !in_targets.contains(entry.first); });
}

/// A role like targets, for paths that follow the products' ones and come before the rollouts'.
void delegate(Draft& draft, tuf::DelegatedRole delegated, bool last) {
  delegated.role = draft.root.role(tuf::kTargets);
  for (const std::string& id : delegated.role.key_ids)
    draft.targets.delegation_keys.emplace(id, draft.root.keys.find(id)->second);
  draft.delegated.emplace(delegated.name, tuf::Targets());
  auto& all = draft.targets.delegations;
  all.insert(last ? all.end() : all.begin(), std::move(delegated));
}

/// Whether a change that names no role is about this one: where it takes keys away, one that has any of them.
bool concerns(Draft& draft, std::string_view role, const KeyChange& change) {
  const tuf::Role* signers = signers_of(draft, role);
  return signers != nullptr &&
         (change.remove.empty() || std::any_of(change.remove.begin(), change.remove.end(),
                                               [&](const std::string& id) { return contains(signers->key_ids, id); }));
}

Result<void> change_role(Draft& draft, const std::string& name, const KeyChange& change) {
  tuf::Role* role = signers_of(draft, name);
  if (role == nullptr) return fail(ErrorCode::not_found, fmt::format("the repository has no role {}", name));
  for (const std::string& id : change.remove) {
    if (std::erase(role->key_ids, id) == 0) {
      return fail(ErrorCode::usage, fmt::format("the key {} does not sign {}, so it cannot be taken away from it",
                                                id.substr(0, 12), name));
    }
  }
  for (const PublicKeyFile& officer : change.add) {
    if (contains(role->key_ids, officer.key.id())) {
      return fail(ErrorCode::usage, fmt::format("{} may sign {} already", officer.name, name));
    }
    role->key_ids.push_back(officer.key.id());
    keys_of(draft, name).emplace(officer.key.id(), officer.key);
  }
  if (change.threshold) role->threshold = *change.threshold;
  if (role->threshold >= 1 && std::cmp_less_equal(role->threshold, role->key_ids.size())) return {};
  return fail(ErrorCode::usage, fmt::format("{} would need {} of {} signatures, which nobody could give; give "
                                            "--threshold as well, or add keys",
                                            name, role->threshold, role->key_ids.size()));
}

Result<tuf::Targets*> role_of(Draft& draft, const ProductId& product) {
  const std::string role = product_role(product);
  const auto found = draft.delegated.find(role);
  if (found != draft.delegated.end()) return &found->second;
  return fail(ErrorCode::not_found, fmt::format("the repository has no product {} (role {}); add it with "
                                                "kip repo delegate",
                                                product.str(), role));
}

Result<void> expect_listed(const Releases& releases, const DeltaEnd& end) {
  const auto found = releases.find(end.version);
  if (found != releases.end() && found->second.first.manifest == end.manifest) return {};
  return fail(ErrorCode::usage,
              fmt::format("a delta can be added between listed releases only, and version {} with the "
                          "manifest {} is none; add its package first",
                          end.version.str(), end.manifest.hex()));
}

Result<void> list_delta(RepositoryFolder& folder, Draft& draft, const DeltaFile& delta) {
  const DeltaSubject& subject = delta.subject;
  KIP_TRY(tuf::Targets* const role, role_of(draft, subject.product));
  const Releases releases = releases_of(*role);
  KIP_TRY_VOID(expect_listed(releases, subject.from));
  KIP_TRY_VOID(expect_listed(releases, subject.to));
  const std::string path = delta_target_path(subject.product, subject.to.version, subject.from.manifest);
  KIP_TRY(tuf::TargetFile file, folder.take_in(path, delta.file));
  file.custom = to_json(subject);
  const auto known = role->targets.find(path);
  if (known != role->targets.end() && !(known->second == file)) {
    return fail(ErrorCode::conflict, fmt::format("another delta from {} to {} is listed already; a released file never "
                                                 "changes",
                                                 subject.from.version.str(), subject.to.version.str()));
  }
  KIP_TRY_VOID(checked_delta(folder.files(), folder, releases, {path, file}));
  role->targets.insert_or_assign(path, std::move(file));
  return {};
}

/// Beside those of before: what they have signed stays worth what it was.
Result<void> authorise_logs(Draft& draft, const OnlineKeys& keys) {
  if (keys.logs.empty()) return {};
  LogKeys before{keys.tenant, {}};
  if (!draft.targets.custom.is_null()) {
    KIP_TRY(before, parse_log_keys(draft.targets.custom));
  }
  draft.targets.custom = to_json(joined(before, keys.logs));
  return {};
}

}  // namespace

Result<StagedRoles> add_release(RepositoryFolder& folder, const Release& release, const std::filesystem::path& package,
                                Instant now, const std::vector<DeltaFile>& deltas) {
  KIP_TRY(Draft draft, Draft::of(folder));
  KIP_TRY(tuf::Targets* const role, role_of(draft, release.product));
  const std::string path = release_target_path(release.product, release.version);
  KIP_TRY(tuf::TargetFile file, folder.take_in(path, package));
  const auto known = role->targets.find(path);
  if (known != role->targets.end() && known->second.hashes != file.hashes) {
    return fail(ErrorCode::conflict, fmt::format("version {} of {} is listed already with other content; a version "
                                                 "never changes, give the new content a new version",
                                                 release.version.str(), release.product.str()));
  }
  file.custom = to_json(release);
  role->targets.insert_or_assign(path, std::move(file));
  for (const DeltaFile& delta : deltas)
    KIP_TRY_VOID(list_delta(folder, draft, delta));
  return draft.stage(folder, now);
}

Result<StagedRoles> add_deltas(RepositoryFolder& folder, const std::vector<DeltaFile>& deltas, Instant now) {
  KIP_TRY(Draft draft, Draft::of(folder));
  for (const DeltaFile& delta : deltas)
    KIP_TRY_VOID(list_delta(folder, draft, delta));
  return draft.stage(folder, now);
}

Result<StagedRoles> add_product(RepositoryFolder& folder, const ProductId& product, Instant now) {
  KIP_TRY(Draft draft, Draft::of(folder));
  const std::string role = product_role(product);
  if (draft.targets.delegation(role) != nullptr) {
    return fail(ErrorCode::conflict, fmt::format("the repository has the product {} already", product.str()));
  }
  delegate(draft, {role, {}, {product.str() + "/*"}, true, {}}, false);
  return draft.stage(folder, now);
}

Result<StagedRoles> add_bins(RepositoryFolder& folder, int count, Instant now) {
  if (count < 2 || count > kMaxBins || (count & (count - 1)) != 0) {
    return fail(ErrorCode::usage, fmt::format("the number of bins must be a power of two from 2 to {}", kMaxBins));
  }
  KIP_TRY(Draft draft, Draft::of(folder));
  int digits = 1;
  while (1 << (4 * digits) < count)
    ++digits;
  const int prefixes = 1 << (4 * digits);
  for (int bin = 0; bin < count; ++bin) {
    tuf::DelegatedRole delegated{fmt::format("{}{:0{}x}", kBinRole, bin, digits), {}, {}, true, {}};
    if (draft.targets.delegation(delegated.name) != nullptr) {
      return fail(ErrorCode::conflict, "the repository has hash bins already; their number cannot be changed");
    }
    for (int prefix = bin * prefixes / count; prefix < (bin + 1) * prefixes / count; ++prefix)
      delegated.path_hash_prefixes.push_back(fmt::format("{:0{}x}", prefix, digits));
    delegate(draft, std::move(delegated), true);
  }
  return draft.stage(folder, now);
}

Result<StagedRoles> add_file(RepositoryFolder& folder, const std::string& path, const std::filesystem::path& file,
                             Instant now) {
  KIP_TRY(const SafeRelativePath safe, SafeRelativePath::parse(path));
  KIP_TRY(Draft draft, Draft::of(folder));
  const std::vector<tuf::Visit> visits = draft.targets.delegates_for(safe.str());
  if (visits.empty() || !visits.front().role.starts_with(kBinRole)) {
    return fail(ErrorCode::usage,
                visits.empty() ? "the repository has no hash bins for files that are no releases; make them with "
                                 "kip repo bins"
                               : fmt::format("{} belongs to the role {}; releases are added with kip repo add", path,
                                             visits.front().role));
  }
  KIP_TRY(tuf::TargetFile entry, folder.take_in(safe.str(), file));
  draft.delegated.find(visits.front().role)->second.targets.insert_or_assign(safe.str(), std::move(entry));
  return draft.stage(folder, now);
}

Result<StagedRoles> change_keys(RepositoryFolder& folder, const KeyChange& change, Instant now) {
  KIP_TRY(Draft draft, Draft::of(folder));
  std::set<std::string> roles = change.roles;
  if (roles.empty()) {
    KIP_TRY(const std::vector<std::string> all, folder.roles());
    std::copy_if(all.begin(), all.end(), std::inserter(roles, roles.end()),
                 [&](const std::string& role) { return concerns(draft, role, change); });
  }
  if (roles.empty()) return fail(ErrorCode::usage, "the keys to be removed sign no role of this repository");
  for (const std::string& role : roles)
    KIP_TRY_VOID(change_role(draft, role, change));
  drop_unused_keys(draft);
  for (const PublicKeyFile& officer : change.add)
    KIP_TRY_VOID(folder.add_officer(officer));
  return draft.stage(folder, now);
}

Result<StagedRoles> replace_online_keys(RepositoryFolder& folder, const OnlineKeys& keys, Instant now) {
  if (keys.tenant != folder.tenant()) {
    return fail(ErrorCode::usage, fmt::format("these are keys of {}, the repository is that of {}", keys.tenant.str(),
                                              folder.tenant().str()));
  }
  KIP_TRY(Draft draft, Draft::of(folder));
  draft.root.keys.emplace(keys.timestamp.id(), keys.timestamp);
  draft.root.keys.emplace(keys.snapshot.id(), keys.snapshot);
  draft.root.roles.insert_or_assign(std::string(tuf::kTimestamp), tuf::Role{{keys.timestamp.id()}, 1});
  draft.root.roles.insert_or_assign(std::string(tuf::kSnapshot), tuf::Role{{keys.snapshot.id()}, 1});
  draft.targets.delegation_keys.emplace(keys.rollouts.id(), keys.rollouts);
  if (tuf::Role* rollouts = signers_of(draft, kRolloutsRole)) *rollouts = {{keys.rollouts.id()}, 1};
  drop_unused_keys(draft);
  KIP_TRY_VOID(authorise_logs(draft, keys));
  return draft.stage(folder, now);
}

Result<StagedRoles> renew(RepositoryFolder& folder, Instant before, Instant now) {
  KIP_TRY(const Draft draft, Draft::of(folder));
  std::set<std::string> due;
  if (draft.root.header.expires < before) due.emplace(tuf::kRoot);
  if (draft.targets.header.expires < before) due.emplace(tuf::kTargets);
  for (const auto& [role, body] : draft.delegated) {
    if (body.header.expires < before) due.insert(role);
  }
  return draft.stage(folder, now, due);
}

}  // namespace kip
