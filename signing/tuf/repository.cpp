#include <algorithm>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/tuf/client.hpp>
#include <signing/tuf/repository.hpp>

namespace kip::tuf {
namespace {

constexpr Limits kLimits;
constexpr std::string_view kCatchUp =
    "kip repo fetch takes over in the officers' folder what is published, and stages the rest to be signed anew";

std::string versioned_name(std::int64_t version, std::string_view role) {
  return fmt::format("{}.{}.json", version, encode_role(role));
}

/// Takes bytes in as the new version of a role. `verified` has passed its threshold.
Result<void> replace(std::optional<Bytes>& current, const Bytes& bytes, const Header& header, std::string_view role,
                     std::vector<NamedFile>& new_files) {
  if (current == bytes) return {};
  if (current) {
    KIP_TRY(const Document old, parse_document(*current, kLimits.targets_bytes));
    KIP_TRY(const Targets old_targets, read_targets(old.body));
    const std::int64_t before = old_targets.header.version;
    if (header.version == before) {
      return fail(ErrorCode::conflict,
                  fmt::format("{} version {} is published already with other content; {}", role, before, kCatchUp));
    }
    if (header.version < before) {
      return fail(ErrorCode::rollback, fmt::format("{} has version {}, published is {} already; {}", role,
                                                   header.version, before, kCatchUp));
    }
  }
  current = bytes;
  new_files.push_back({versioned_name(header.version, role), bytes});
  return {};
}

Result<void> require_valid(const Header& header, std::string_view role, Instant now) {
  if (now < header.expires) return {};
  return fail(ErrorCode::expired, fmt::format("{} version {} expired on {}; sign a new version", role, header.version,
                                              format_instant(header.expires)));
}

Result<Root> accept_roots(Accepted& out, const std::vector<Bytes>& roots, Instant now) {
  std::size_t next = 0;
  if (!out.files.root) {
    if (roots.empty()) return fail(ErrorCode::not_found, "the first publication must bring the root");
    out.files.root = roots[next++];
    KIP_TRY(const TrustedSet first, TrustedSet::create(*out.files.root, now));
    if (first.root().header.version != 1) return fail(ErrorCode::rollback, "the first root must have version 1");
    out.new_files.push_back({versioned_name(1, kRoot), *out.files.root});
  }
  KIP_TRY(TrustedSet trusted, TrustedSet::create(*out.files.root, now));
  for (; next < roots.size(); ++next) {
    if (roots[next] == *out.files.root) continue;
    KIP_TRY_VOID(trusted.update_root(roots[next]));
    out.files.root = roots[next];
    out.new_files.push_back({versioned_name(trusted.root().header.version, kRoot), roots[next]});
  }
  KIP_TRY_VOID(trusted.check_root_expiry());
  if (!trusted.root().consistent_snapshot) {
    return fail(ErrorCode::malformed, "the root must set consistent_snapshot: files are served under versioned names");
  }
  return trusted.root();
}

/// A targets role verified by its delegator's keys, not expired.
Result<Targets> verified_targets(BytesView bytes, const KeyMap& keys, const Role& role, std::string_view name,
                                 Instant now) {
  KIP_TRY(const Document document, parse_document(bytes, kLimits.targets_bytes));
  KIP_TRY(Targets targets, read_targets(document.body));
  KIP_TRY_VOID(verify_threshold(document, keys, role, name));
  KIP_TRY_VOID(require_valid(targets.header, name, now));
  return targets;
}

Result<void> accept_delegated(Accepted& out, const Targets& top, const DelegatedRole& delegation,
                              const Publication& publication, Instant now) {
  const auto given = publication.delegated.find(delegation.name);
  const auto present = out.files.delegated.find(delegation.name);
  std::optional<Bytes> current;
  if (present != out.files.delegated.end()) current = present->second;
  const Bytes* bytes = given != publication.delegated.end() ? &given->second : current ? &*current : nullptr;
  if (bytes == nullptr) return {};
  const auto targets = verified_targets(*bytes, top.delegation_keys, delegation.role, delegation.name, now);
  if (!targets) return Unexpected(targets.error());
  KIP_TRY_VOID(replace(current, *bytes, targets->header, delegation.name, out.new_files));
  out.files.delegated.insert_or_assign(delegation.name, *current);
  return {};
}

MetaFile meta_of(BytesView bytes, std::int64_t version) {
  return {version, static_cast<std::int64_t>(bytes.size()), {{"sha256", sha256(bytes).hex()}}};
}

Result<void> require_signer(const Role& role, const Signer& signer, std::string_view name) {
  if (role.threshold == 1 && std::find(role.key_ids.begin(), role.key_ids.end(), signer.key_id) != role.key_ids.end()) {
    return {};
  }
  return fail(ErrorCode::conflict,
              fmt::format("the repository does not let this server's key sign {} alone; make it with this "
                          "server's online-keys.json",
                          name));
}

bool keeps(const Header& header, std::chrono::hours life, Instant now) {
  return header.expires - now > life / 2;
}

Result<void> seal_online_role(RepositoryFiles& files, std::string_view name,
                              const std::map<std::string, TargetFile, std::less<>>& targets, const Signer& signer,
                              const Lifetimes& lifetimes, Instant now, std::vector<NamedFile>& out) {
  const std::chrono::hours life = lifetimes.online_role;
  Targets next;
  next.targets = targets;
  next.header = {1, now + life};
  if (const auto present = files.delegated.find(name); present != files.delegated.end()) {
    KIP_TRY(const Document document, parse_document(present->second, kLimits.targets_bytes));
    KIP_TRY(const Targets current, read_targets(document.body));
    Targets same = next;
    same.header = current.header;
    const bool mine = document.signatures.size() == 1 && document.signatures[0].key_id == signer.key_id;
    if (lifetimes.step == 1 && mine && keeps(current.header, life, now) && to_json(same) == document.body) return {};
    next.header.version = current.header.version + lifetimes.step;
  }
  KIP_TRY(Bytes bytes, sign_metadata(to_json(next), {&signer}));
  out.push_back({versioned_name(next.header.version, name), bytes});
  files.delegated.insert_or_assign(std::string(name), std::move(bytes));
  return {};
}

Result<void> seal_snapshot(RepositoryFiles& files, const Signer& signer, const Lifetimes& lifetimes, Instant now,
                           std::vector<NamedFile>& out) {
  const std::chrono::hours life = lifetimes.snapshot;
  Snapshot next;
  next.header = {1, now + life};
  const auto list = [&next](std::string_view role, const Bytes& bytes) -> Result<void> {
    KIP_TRY(const Document document, parse_document(bytes, kLimits.targets_bytes));
    KIP_TRY(const Targets targets, read_targets(document.body));
    next.meta.emplace(std::string(role) + ".json", meta_of(bytes, targets.header.version));
    return {};
  };
  KIP_TRY_VOID(list(kTargets, *files.targets));
  for (const auto& [role, bytes] : files.delegated)
    KIP_TRY_VOID(list(role, bytes));
  if (files.snapshot) {
    KIP_TRY(const Document document, parse_document(*files.snapshot, kLimits.snapshot_bytes));
    KIP_TRY(const Snapshot current, read_snapshot(document.body));
    Snapshot same = next;
    same.header = current.header;
    const bool mine = document.signatures.size() == 1 && document.signatures[0].key_id == signer.key_id;
    if (lifetimes.step == 1 && mine && keeps(current.header, life, now) && to_json(same) == document.body) return {};
    next.header.version = current.header.version + lifetimes.step;
  }
  KIP_TRY(files.snapshot, sign_metadata(to_json(next), {&signer}));
  out.push_back({versioned_name(next.header.version, kSnapshot), *files.snapshot});
  return {};
}

Result<void> seal_timestamp(RepositoryFiles& files, const Signer& signer, const Lifetimes& lifetimes, Instant now,
                            std::vector<NamedFile>& out) {
  Timestamp next;
  next.header = {1, now + lifetimes.timestamp};
  if (files.timestamp) {
    KIP_TRY(const Document document, parse_document(*files.timestamp, kLimits.timestamp_bytes));
    KIP_TRY(const Timestamp current, read_timestamp(document.body));
    next.header.version = current.header.version + lifetimes.step;
  }
  KIP_TRY(const Document document, parse_document(*files.snapshot, kLimits.snapshot_bytes));
  KIP_TRY(const Snapshot snapshot, read_snapshot(document.body));
  next.snapshot = meta_of(*files.snapshot, snapshot.header.version);
  KIP_TRY(files.timestamp, sign_metadata(to_json(next), {&signer}));
  out.push_back({"timestamp.json", *files.timestamp});
  return {};
}

}  // namespace

Result<Accepted> accept(const RepositoryFiles& current, const Publication& publication, std::string_view online_role,
                        Instant now) {
  Accepted out{current, {}};
  KIP_TRY(const Root root, accept_roots(out, publication.roots, now));
  const std::optional<Bytes>& given = publication.targets ? publication.targets : out.files.targets;
  if (!given) return fail(ErrorCode::not_found, "the first publication must bring the top-level targets");
  const Bytes top_bytes = *given;
  KIP_TRY(const Targets top, verified_targets(top_bytes, root.keys, root.role(kTargets), kTargets, now));
  KIP_TRY_VOID(replace(out.files.targets, top_bytes, top.header, kTargets, out.new_files));
  for (const auto& [role, bytes] : publication.delegated) {
    if (top.delegation(role) == nullptr) {
      return fail(ErrorCode::not_found, fmt::format("targets does not delegate to {}", role));
    }
  }
  for (const DelegatedRole& delegation : top.delegations) {
    if (delegation.name != online_role) KIP_TRY_VOID(accept_delegated(out, top, delegation, publication, now));
  }
  std::erase_if(out.files.delegated, [&](const auto& entry) { return top.delegation(entry.first) == nullptr; });
  return out;
}

Result<std::vector<NamedFile>> seal(RepositoryFiles& files, std::string_view online_role,
                                    const std::map<std::string, TargetFile, std::less<>>& online_targets,
                                    const OnlineSigners& signers, const Lifetimes& lifetimes, Instant now) {
  if (!files.root || !files.targets) return fail(ErrorCode::not_found, "nothing is published yet");
  KIP_TRY(const Document root_document, parse_document(*files.root, kLimits.root_bytes));
  KIP_TRY(const Root root, read_root(root_document.body));
  KIP_TRY(const Document top_document, parse_document(*files.targets, kLimits.targets_bytes));
  KIP_TRY(const Targets top, read_targets(top_document.body));
  KIP_TRY_VOID(require_signer(root.role(kTimestamp), signers.timestamp, kTimestamp));
  KIP_TRY_VOID(require_signer(root.role(kSnapshot), signers.snapshot, kSnapshot));
  std::vector<NamedFile> out;
  for (const DelegatedRole& delegation : top.delegations) {
    if (delegation.name == online_role) {
      KIP_TRY_VOID(require_signer(delegation.role, signers.online_role, online_role));
      KIP_TRY_VOID(seal_online_role(files, online_role, online_targets, signers.online_role, lifetimes, now, out));
    } else if (!files.delegated.contains(delegation.name)) {
      return fail(ErrorCode::not_found,
                  fmt::format("the role {} is delegated to, but has no metadata; publish it, too", delegation.name));
    }
  }
  KIP_TRY_VOID(seal_snapshot(files, signers.snapshot, lifetimes, now, out));
  KIP_TRY_VOID(seal_timestamp(files, signers.timestamp, lifetimes, now, out));
  return out;
}

Result<Bytes> sign_metadata(const json::Value& body, const std::vector<const Signer*>& signers) {
  const Bytes canonical = json::to_canonical(body);
  std::vector<Signature> signatures;
  for (const Signer* signer : signers) {
    KIP_TRY(Bytes octets, signer->key.sign(canonical));
    signatures.push_back({signer->key_id, std::move(octets)});
  }
  return to_bytes(body, signatures);
}

TargetFile target_of(BytesView bytes, json::Value custom) {
  return {static_cast<std::int64_t>(bytes.size()), {{"sha256", sha256(bytes).hex()}}, std::move(custom)};
}

}  // namespace kip::tuf
