#include <signing/tuf/metadata.hpp>

namespace kip::tuf {
namespace {

constexpr std::string_view kSpecVersion = "1.0.34";

json::Object header_json(const Header& header, std::string_view type) {
  json::Object out;
  out["_type"] = type;
  out["spec_version"] = kSpecVersion;
  out["version"] = header.version;
  // TUF's date has whole seconds; a fraction is cut, which only brings the expiry forward.
  out["expires"] = format_instant(std::chrono::floor<std::chrono::seconds>(header.expires));
  return out;
}

json::Value role_json(const Role& role) {
  return json::Object{{"keyids", json::Array(role.key_ids.begin(), role.key_ids.end())}, {"threshold", role.threshold}};
}

json::Value keys_json(const KeyMap& keys) {
  json::Object out;
  for (const auto& [id, key] : keys)
    out[id] = key.json();
  return out;
}

json::Value hashes_json(const std::map<std::string, std::string>& hashes) {
  return json::Object(hashes.begin(), hashes.end());
}

json::Value meta_json(const MetaFile& file) {
  json::Object out{{"version", file.version}};
  if (file.length) out["length"] = *file.length;
  if (!file.hashes.empty()) out["hashes"] = hashes_json(file.hashes);
  return out;
}

json::Value delegation_json(const DelegatedRole& delegation) {
  json::Value out = role_json(delegation.role);
  (*out.as_object())["name"] = delegation.name;
  (*out.as_object())["terminating"] = delegation.terminating;
  const bool hashed = !delegation.path_hash_prefixes.empty();
  const std::vector<std::string>& items = hashed ? delegation.path_hash_prefixes : delegation.paths;
  (*out.as_object())[hashed ? "path_hash_prefixes" : "paths"] = json::Array(items.begin(), items.end());
  return out;
}

json::Value succinct_json(const SuccinctRoles& bins) {
  json::Value out = role_json(bins.role);
  (*out.as_object())["bit_length"] = bins.bit_length;
  (*out.as_object())["name_prefix"] = bins.name_prefix;
  return out;
}

json::Value delegations_json(const Targets& targets) {
  json::Object out{{"keys", keys_json(targets.delegation_keys)}};
  if (targets.succinct_roles) {
    out["succinct_roles"] = succinct_json(*targets.succinct_roles);
    return out;
  }
  json::Array roles;
  for (const DelegatedRole& delegation : targets.delegations)
    roles.push_back(delegation_json(delegation));
  out["roles"] = std::move(roles);
  return out;
}

}  // namespace

json::Value to_json(const Root& root) {
  json::Object out = header_json(root.header, kRoot);
  out["consistent_snapshot"] = root.consistent_snapshot;
  out["keys"] = keys_json(root.keys);
  json::Object roles;
  for (const auto& [name, role] : root.roles)
    roles[name] = role_json(role);
  out["roles"] = std::move(roles);
  return out;
}

json::Value to_json(const Timestamp& timestamp) {
  json::Object out = header_json(timestamp.header, kTimestamp);
  out["meta"] = json::Object{{"snapshot.json", meta_json(timestamp.snapshot)}};
  return out;
}

json::Value to_json(const Snapshot& snapshot) {
  json::Object out = header_json(snapshot.header, kSnapshot);
  json::Object meta;
  for (const auto& [name, file] : snapshot.meta)
    meta[name] = meta_json(file);
  out["meta"] = std::move(meta);
  return out;
}

json::Value to_json(const Targets& targets) {
  json::Object out = header_json(targets.header, kTargets);
  json::Object files;
  for (const auto& [path, file] : targets.targets) {
    json::Object entry{{"length", file.length}, {"hashes", hashes_json(file.hashes)}};
    if (!file.custom.is_null()) entry["custom"] = file.custom;
    files[path] = std::move(entry);
  }
  out["targets"] = std::move(files);
  if (!targets.delegations.empty() || targets.succinct_roles) out["delegations"] = delegations_json(targets);
  if (!targets.custom.is_null()) out["custom"] = targets.custom;
  return out;
}

}  // namespace kip::tuf
