#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include <signing/tuf/client.hpp>

namespace kip::tuf {

std::string encode_role(std::string_view role) {
  std::string out;
  for (const char c : role) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

std::string target_location(std::string_view path, const TargetFile& file, bool consistent_snapshot) {
  if (!consistent_snapshot) return std::string(path);
  const auto slash = path.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  const auto sha256 = file.hashes.find("sha256");
  const std::string& hash = sha256 != file.hashes.end() ? sha256->second : file.hashes.begin()->second;
  return fmt::format("{}{}.{}", path.substr(0, name), hash, path.substr(name));
}

Result<Client> Client::open(MetadataFetcher& fetcher, MetadataStore& store, Instant now, const Limits& limits) {
  KIP_TRY(const std::optional<Bytes> root, store.load(kRoot));
  if (!root) return fail(ErrorCode::not_found, "there is no trusted root; enrol first");
  KIP_TRY(TrustedSet trusted, TrustedSet::create(*root, now, limits));
  return Client(std::move(trusted), fetcher, store);
}

Result<void> Client::refresh() {
  KIP_TRY_VOID(update_roots());
  KIP_TRY_VOID(update_timestamp());
  KIP_TRY_VOID(update_snapshot());
  return load_targets(kTargets, kRoot);
}

Result<void> Client::update_roots() {
  for (int i = 0; i < trusted_.limits().new_roots; ++i) {  // TUF 5.3.2 to 5.3.9
    const std::string name = fmt::format("{}.root.json", trusted_.root().header.version + 1);
    KIP_TRY(const std::optional<Bytes> bytes, fetcher_.fetch(name, trusted_.limits().root_bytes));
    if (!bytes) break;
    KIP_TRY_VOID(trusted_.update_root(*bytes));
    KIP_TRY_VOID(store_.save(kRoot, *bytes));  // TUF 5.3.8
  }
  return trusted_.check_root_expiry();
}

Result<void> Client::update_timestamp() {
  KIP_TRY(const std::optional<Bytes> stored, store_.load(kTimestamp));
  if (stored) {
    // Only for rollback checks: a stored timestamp that is expired or no longer verifies (its keys were rotated:
    // fast-forward recovery, TUF 5.3.11) is no obstacle.
    static_cast<void>(trusted_.update_timestamp(*stored));
  }
  KIP_TRY(const Bytes bytes, fetch_required("timestamp.json", trusted_.limits().timestamp_bytes));
  KIP_TRY(const bool is_new, trusted_.update_timestamp(bytes));
  if (!is_new) return {};
  return store_.save(kTimestamp, bytes);  // TUF 5.4.5
}

Result<void> Client::update_snapshot() {
  KIP_TRY(const std::optional<Bytes> stored, store_.load(kSnapshot));
  if (stored && trusted_.update_snapshot(*stored, true)) return {};
  const MetaFile& meta = trusted_.timestamp()->snapshot;
  const std::size_t cap = trusted_.limits().snapshot_bytes;
  const std::size_t max_bytes = meta.length ? std::min(cap, static_cast<std::size_t>(*meta.length)) : cap;
  KIP_TRY(const Bytes bytes, fetch_required(versioned(kSnapshot, meta.version), max_bytes));
  KIP_TRY_VOID(trusted_.update_snapshot(bytes));
  return store_.save(kSnapshot, bytes);  // TUF 5.5.7
}

Result<void> Client::load_targets(std::string_view role, std::string_view parent) {
  if (trusted_.targets(role) != nullptr) return {};
  KIP_TRY(const std::optional<Bytes> stored, store_.load(role));
  if (stored && trusted_.update_targets(*stored, role, parent)) return {};
  const auto meta = trusted_.snapshot()->meta.find(std::string(role) + ".json");
  if (meta == trusted_.snapshot()->meta.end()) {
    return fail(ErrorCode::not_found, fmt::format("snapshot does not list {}.json", role));
  }
  const std::size_t cap = trusted_.limits().targets_bytes;
  const auto& length = meta->second.length;
  const std::size_t max_bytes = length ? std::min(cap, static_cast<std::size_t>(*length)) : cap;
  KIP_TRY(const Bytes bytes, fetch_required(versioned(role, meta->second.version), max_bytes));
  KIP_TRY_VOID(trusted_.update_targets(bytes, role, parent));
  return store_.save(role, bytes);  // TUF 5.6.6
}

Result<const Targets*> Client::delegated(std::string_view role) {
  KIP_TRY_VOID(load_targets(role, kTargets));
  return trusted_.targets(role);
}

Result<std::optional<TargetInfo>> Client::find(std::string_view target_path) {
  // Source: TUF 5.6.7: pre-order, depth first, each role once.
  std::vector<std::pair<std::string, std::string>> stack = {{std::string(kTargets), std::string(kRoot)}};
  std::set<std::string> visited;
  while (!stack.empty() && static_cast<int>(visited.size()) <= trusted_.limits().delegations) {
    const auto [role, parent] = std::move(stack.back());
    stack.pop_back();
    if (!visited.insert(role).second) continue;
    KIP_TRY_VOID(load_targets(role, parent));
    const Targets& targets = *trusted_.targets(role);
    if (const auto found = targets.targets.find(target_path); found != targets.targets.end()) {
      std::string location = target_location(target_path, found->second, trusted_.root().consistent_snapshot);
      return TargetInfo{std::string(target_path), found->second, role, std::move(location)};
    }
    std::vector<std::pair<std::string, std::string>> children;
    for (const DelegatedRole& delegation : targets.delegations) {
      if (!delegation.covers(target_path)) continue;
      children.emplace_back(delegation.name, role);
      if (!delegation.terminating) continue;
      stack.clear();  // TUF 5.6.7.2.1
      break;
    }
    stack.insert(stack.end(), children.rbegin(), children.rend());
  }
  return std::optional<TargetInfo>();
}

Result<Bytes> Client::fetch_required(const std::string& name, std::size_t max_bytes) {
  KIP_TRY(std::optional<Bytes> bytes, fetcher_.fetch(name, max_bytes));
  if (!bytes) return fail(ErrorCode::network, fmt::format("the repository has no {}; ask the vendor", name));
  return *std::move(bytes);
}

std::string Client::versioned(std::string_view role, std::int64_t version) const {
  const std::string name = encode_role(role) + ".json";
  return trusted_.root().consistent_snapshot ? fmt::format("{}.{}", version, name) : name;
}

}  // namespace kip::tuf
