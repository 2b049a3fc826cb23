#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <signing/tuf/metadata.hpp>

namespace kip::tuf {
namespace {

constexpr std::int64_t kMaxVersion = INT64_MAX - 1;
constexpr std::int64_t kMaxLength = std::int64_t{1} << 40;
constexpr std::size_t kMaxKeys = 4096;
constexpr std::size_t kMaxTargets = 1'000'000;
constexpr std::size_t kMaxDelegations = 65'536;
constexpr std::size_t kMaxPaths = 65'536;

/// Source: TUF specification 4.3, "_type", "spec_version", "version", "expires".
Header read_header(json::ObjectReader& in, std::string_view type) {
  Header header;
  if (const std::string found = in.text("_type", 64); found != type) in.refuse("_type", fmt::format("is not {}", type));
  if (const std::string spec = in.text("spec_version", 64); !spec.starts_with("1.")) {
    in.refuse("spec_version", fmt::format("is \"{}\", this program reads 1.x", spec));
  }
  header.version = in.integer("version", 1, kMaxVersion);
  header.expires = in.parsed("expires", parse_instant).value_or(Instant());
  return header;
}

Result<Role> read_role(json::ObjectReader& in) {
  Role role;
  role.key_ids = in.texts_or_empty("keyids", kMaxKeys);
  if (!in.has("keyids")) in.refuse("keyids", "is missing");
  role.threshold = in.integer("threshold", 1, 1 << 20);
  KIP_TRY_VOID(in.finish());
  const std::set<std::string> distinct(role.key_ids.begin(), role.key_ids.end());
  if (distinct.size() != role.key_ids.size()) return fail(ErrorCode::malformed, "a key id stands twice in a role");
  return role;
}

Result<KeyMap> read_keys(const json::Value& value) {
  KeyMap keys;
  for (const auto& [id, key] : *value.as_object()) {
    auto parsed = Key::parse(key);
    // A key that cannot be read counts for nothing; the others still may.
    if (parsed) keys.emplace(id, *std::move(parsed));
  }
  if (keys.size() > kMaxKeys) return fail(ErrorCode::too_large, "more than 4096 keys");
  return keys;
}

Result<std::map<std::string, std::string>> read_hashes(const json::Value& value) {
  std::map<std::string, std::string> out;
  for (const auto& [algorithm, hash] : *value.as_object()) {
    if (hash.as_text() == nullptr) return fail(ErrorCode::malformed, "a hash is not text");
    out[algorithm] = *hash.as_text();
  }
  if (out.empty()) return fail(ErrorCode::malformed, "an empty list of hashes");
  return out;
}

Result<MetaFile> read_meta_file(const json::Value& value, std::string_view name) {
  json::ObjectReader in(value, name);
  MetaFile out;
  out.version = in.integer("version", 1, kMaxVersion);
  out.length = in.optional_integer("length", 1, kMaxLength);
  const bool has_hashes = in.has("hashes");
  const json::Value& hashes = has_hashes ? in.object("hashes") : value;
  KIP_TRY_VOID(in.finish());
  if (has_hashes) {
    KIP_TRY(out.hashes, read_hashes(hashes));
  }
  return out;
}

Result<TargetFile> read_target(const json::Value& value, std::string_view path) {
  json::ObjectReader in(value, path);
  TargetFile out;
  out.length = in.integer("length", 0, kMaxLength);
  const json::Value& hashes = in.object("hashes");
  if (const json::Value* custom = value.find("custom")) out.custom = *custom;
  KIP_TRY_VOID(in.finish());
  KIP_TRY(out.hashes, read_hashes(hashes));
  return out;
}

Result<DelegatedRole> read_delegation(const json::Value& value) {
  json::ObjectReader in(value, "delegation");
  DelegatedRole out;
  out.name = in.text("name", 255);
  out.terminating = in.boolean("terminating");
  out.paths = in.texts_or_empty("paths", kMaxPaths);
  out.path_hash_prefixes = in.texts_or_empty("path_hash_prefixes", kMaxPaths);
  if (in.has("paths") == in.has("path_hash_prefixes"))
    in.refuse("paths", "or path_hash_prefixes must be there, not both");
  if (out.name.empty() || out.name == kRoot || out.name == kTimestamp || out.name == kSnapshot ||
      out.name == kTargets) {
    in.refuse("name", "is empty or the name of a top-level role");
  }
  KIP_TRY_VOID(in.finish());
  KIP_TRY(out.role, read_role(in));
  return out;
}

/// Source: TAP 15.
Result<SuccinctRoles> read_succinct_roles(const json::Value& value) {
  json::ObjectReader in(value, "succinct_roles");
  SuccinctRoles out;
  out.bit_length = static_cast<int>(in.integer("bit_length", 1, 32));
  out.name_prefix = in.text("name_prefix", 240);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(out.role, read_role(in));
  return out;
}

Result<void> read_delegations(const json::Value& value, Targets& out) {
  json::ObjectReader in(value, "delegations");
  const json::Value& keys = in.object("keys");
  out.delegations = in.each("roles", read_delegation, kMaxDelegations);
  const bool succinct = in.has("succinct_roles");
  if (in.has("roles") == succinct) in.refuse("roles", "or succinct_roles must be there, not both");
  const json::Value& bins = succinct ? in.object("succinct_roles") : value;
  KIP_TRY_VOID(in.finish());
  if (succinct) {
    KIP_TRY(out.succinct_roles, read_succinct_roles(bins));
  }
  KIP_TRY(out.delegation_keys, read_keys(keys));
  std::set<std::string> names;
  for (const DelegatedRole& role : out.delegations) {
    if (!names.insert(role.name).second) {
      return fail(ErrorCode::malformed, fmt::format("the role {} is delegated to twice", role.name));
    }
  }
  return {};
}

}  // namespace

Result<Root> read_root(const json::Value& body) {
  json::ObjectReader in(body, "root");
  Root out;
  out.header = read_header(in, kRoot);
  out.consistent_snapshot = in.boolean_or("consistent_snapshot", false);
  const json::Value& keys = in.object("keys");
  const json::Value& roles = in.object("roles");
  KIP_TRY_VOID(in.finish());
  KIP_TRY(out.keys, read_keys(keys));
  for (const std::string_view name : {kRoot, kTimestamp, kSnapshot, kTargets}) {
    const json::Value* role = roles.find(name);
    if (role == nullptr) return fail(ErrorCode::malformed, fmt::format("root: the role {} is missing", name));
    json::ObjectReader role_in(*role, name);
    KIP_TRY(Role read, read_role(role_in));
    out.roles.emplace(name, std::move(read));
  }
  return out;
}

Result<Timestamp> read_timestamp(const json::Value& body) {
  json::ObjectReader in(body, "timestamp");
  Timestamp out;
  out.header = read_header(in, kTimestamp);
  const json::Value& meta = in.object("meta");
  KIP_TRY_VOID(in.finish());
  const json::Value* snapshot = meta.find("snapshot.json");
  if (snapshot == nullptr) return fail(ErrorCode::malformed, "timestamp: it does not list snapshot.json");
  KIP_TRY(out.snapshot, read_meta_file(*snapshot, "snapshot.json"));
  return out;
}

Result<Snapshot> read_snapshot(const json::Value& body) {
  json::ObjectReader in(body, "snapshot");
  Snapshot out;
  out.header = read_header(in, kSnapshot);
  const json::Value& meta = in.object("meta");
  KIP_TRY_VOID(in.finish());
  for (const auto& [name, file] : *meta.as_object()) {
    KIP_TRY(MetaFile read, read_meta_file(file, name));
    out.meta.emplace(name, std::move(read));
  }
  return out;
}

Result<Targets> read_targets(const json::Value& body) {
  json::ObjectReader in(body, "targets");
  Targets out;
  out.header = read_header(in, kTargets);
  const json::Value& targets = in.object("targets");
  KIP_TRY_VOID(in.finish());
  if (targets.as_object()->size() > kMaxTargets)
    return fail(ErrorCode::too_large, "targets: more than 1,000,000 targets");
  for (const auto& [path, file] : *targets.as_object()) {
    KIP_TRY(TargetFile read, read_target(file, path));
    out.targets.emplace(path, std::move(read));
  }
  if (const json::Value* delegations = body.find("delegations")) {
    KIP_TRY_VOID(read_delegations(*delegations, out));
  }
  if (const json::Value* custom = body.find("custom")) out.custom = *custom;
  return out;
}

}  // namespace kip::tuf
