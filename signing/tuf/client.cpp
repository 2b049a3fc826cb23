#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/tuf/client.hpp>
#include <signing/tuf/file_check.hpp>

namespace kip::tuf {
namespace {

bool is_top_level(std::string_view role) {
  return role == kRoot || role == kTimestamp || role == kSnapshot || role == kTargets;
}

/// Whether a key that could sign for the role no longer can.
bool revokes(const Root& before, const Root& after, std::string_view role) {
  const std::vector<std::string>& old_ids = before.role(role).key_ids;
  const std::vector<std::string>& new_ids = after.role(role).key_ids;
  return std::any_of(old_ids.begin(), old_ids.end(), [&](const std::string& id) {
    return std::find(new_ids.begin(), new_ids.end(), id) == new_ids.end();
  });
}

}  // namespace

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

Result<Client> Client::open(MetadataFetcher& fetcher, MetadataStore& store, const JudgedAt& judged_at,
                            const Limits& limits) {
  Client client(fetcher, store, judged_at, limits);
  KIP_TRY(std::optional<Bytes> root, store.load(kRoot));
  if (!root) return fail(ErrorCode::not_found, "there is no trusted root; enrol first");
  client.kept_.emplace(kRoot, *std::move(root));
  KIP_TRY_VOID(client.recall());
  if (!client.verified_) KIP_TRY_VOID(client.need_root());
  return client;
}

Result<void> Client::recall() {
  KIP_TRY(const std::optional<Bytes> note, store_.recall());
  if (!note) return {};
  auto verified = parse_verified(*note);
  if (!verified) return {};  // of another version of this program, or damaged: all is verified again
  for (const auto& [role, file] : {std::pair(kRoot, verified->root),
                                   {kTimestamp, verified->timestamp},
                                   {kSnapshot, verified->snapshot},
                                   {kTargets, verified->targets}}) {
    KIP_TRY(const std::optional<Sha256Digest> digest, digest_of(role));
    if (!digest || digest->hex() != file.sha256) return {};
  }
  validators_ = verified->validators;
  verified_ = *std::move(verified);
  return {};
}

Result<std::optional<Sha256Digest>> Client::digest_of(std::string_view role) {
  if (role == kTargets) return store_.digest(role);  // may be megabytes, and is not read where nothing has changed
  if (!kept_.contains(role)) {
    KIP_TRY(std::optional<Bytes> bytes, store_.load(role));
    if (!bytes) return std::optional<Sha256Digest>();
    kept_.emplace(role, *std::move(bytes));
  }
  return std::optional(sha256(kept_.find(role)->second));
}

Result<void> Client::remember() {
  const auto file = [this](std::string_view role, const Header& header) {
    return VerifiedFile{sha256(kept_.find(role)->second).hex(), header};
  };
  if (verified_) {
    verified_->timestamp = file(kTimestamp, trusted_->timestamp()->header);
  } else {
    verified_ = Verified{file(kRoot, trusted_->root().header),
                         file(kTimestamp, trusted_->timestamp()->header),
                         file(kSnapshot, trusted_->snapshot()->header),
                         file(kTargets, trusted_->targets(kTargets, kRoot)->header),
                         {}};
  }
  verified_->validators = validators_;
  return store_.remember(to_bytes(*verified_));
}

Result<void> Client::need_root() {
  if (trusted_) return {};
  auto trusted = TrustedSet::create(kept_.find(kRoot)->second, judged_at_, limits_);
  if (!trusted)
    return fail_while("reading the trusted root that is kept here (if it is damaged, enrol anew)", trusted.error());
  trusted_ = *std::move(trusted);
  return {};
}

Result<void> Client::refresh() {
  KIP_TRY_VOID(update_roots());
  KIP_TRY_VOID(update_timestamp());
  if (verified_) {
    KIP_TRY_VOID(check_expiry(verified_->snapshot.header, kSnapshot, judged_at_.of(kSnapshot)));
    return check_expiry(verified_->targets.header, kTargets, judged_at_.of(kTargets));
  }
  KIP_TRY_VOID(update_snapshot());
  KIP_TRY_VOID(load_targets(kTargets, kRoot));
  return remember();
}

Result<void> Client::update_roots() {
  std::int64_t version = verified_ ? verified_->root.header.version : trusted_->root().header.version;
  const std::int64_t last = version + limits_.new_roots;
  while (version < last) {  // TUF 5.3.2 to 5.3.9
    KIP_TRY(const std::optional<Bytes> bytes,
            fetcher_.fetch(fmt::format("{}.root.json", version + 1), limits_.root_bytes));
    if (!bytes) break;
    KIP_TRY_VOID(take_root(*bytes));
    ++version;
  }
  return check_expiry(verified_ ? verified_->root.header : trusted_->root().header, kRoot,
                      judged_at_.of(kRoot));  // TUF 5.3.10
}

Result<void> Client::take_root(const Bytes& bytes) {
  KIP_TRY_VOID(need_root());
  const Root before = trusted_->root();
  KIP_TRY_VOID(trusted_->update_root(bytes));
  verified_.reset();
  if (revokes(before, trusted_->root(), kTimestamp) || revokes(before, trusted_->root(), kSnapshot)) {
    // TUF 5.3.11: versions that a lost key has driven up must not bind the new one. Done before the root is kept, so
    // that a crash between the two does not leave them behind.
    for (const std::string_view role : {kTimestamp, kSnapshot}) {
      KIP_TRY_VOID(store_.remove(role));
      kept_.erase(std::string(role));
    }
  }
  return keep(kRoot, bytes);  // TUF 5.3.8
}

Result<void> Client::update_timestamp() {
  const Validators known = verified_ ? validators_ : Validators();
  KIP_TRY(const Fetched fetched, fetcher_.fetch_unless("timestamp.json", limits_.timestamp_bytes, known));
  const bool unchanged = verified_ && (!fetched.bytes || *fetched.bytes == kept_.find(kTimestamp)->second);
  if (unchanged) return check_expiry(verified_->timestamp.header, kTimestamp, judged_at_.of(kTimestamp));
  if (!fetched.bytes) return fail(ErrorCode::network, "the server says of timestamp.json that it is what we never had");
  return take_timestamp(*fetched.bytes, fetched.validators);
}

Result<void> Client::take_timestamp(const Bytes& bytes, const Validators& validators) {
  KIP_TRY_VOID(need_root());
  KIP_TRY(const std::optional<Bytes> stored, store_.load(kTimestamp));
  if (stored) {
    // Only for rollback checks: a stored timestamp that is expired or does not verify any more is no obstacle.
    static_cast<void>(trusted_->update_timestamp(*stored));
    kept_.insert_or_assign(std::string(kTimestamp), *stored);
  }
  KIP_TRY(const bool is_new, trusted_->update_timestamp(bytes));
  if (is_new) {
    KIP_TRY_VOID(keep(kTimestamp, bytes));  // TUF 5.4.5
    validators_ = validators;
  }
  if (verified_ && !timestamp_names_verified()) verified_.reset();
  return verified_ ? remember() : Result<void>();
}

bool Client::timestamp_names_verified() const {
  const MetaFile& named = trusted_->timestamp()->snapshot;
  return named.version == verified_->snapshot.header.version &&
         check_file(kept_.find(kSnapshot)->second, named.length, named.hashes, kSnapshot).has_value();
}

Result<void> Client::update_snapshot() {
  KIP_TRY(const std::optional<Bytes> stored, store_.load(kSnapshot));
  if (stored && trusted_->update_snapshot(*stored, true)) {
    kept_.insert_or_assign(std::string(kSnapshot), *stored);
    return {};
  }
  const MetaFile& meta = trusted_->timestamp()->snapshot;
  const std::size_t cap = limits_.snapshot_bytes;
  const std::size_t max_bytes = meta.length ? std::min(cap, static_cast<std::size_t>(*meta.length)) : cap;
  KIP_TRY(const Bytes bytes, fetch_required(versioned(kSnapshot, meta.version), max_bytes));
  KIP_TRY_VOID(trusted_->update_snapshot(bytes));
  return keep(kSnapshot, bytes);  // TUF 5.5.7
}

Result<void> Client::load_targets(std::string_view role, std::string_view parent) {
  if (trusted_->targets(role, parent) != nullptr) return {};
  KIP_TRY(const std::optional<Bytes> stored, store_.load(role));
  if (stored && trusted_->update_targets(*stored, role, parent)) {
    if (role == kTargets) kept_.insert_or_assign(std::string(role), *stored);
    return {};
  }
  const auto meta = trusted_->snapshot()->meta.find(std::string(role) + ".json");
  if (meta == trusted_->snapshot()->meta.end()) {
    return fail(ErrorCode::not_found, fmt::format("snapshot does not list {}.json", role));
  }
  const std::size_t cap = limits_.targets_bytes;
  const auto& length = meta->second.length;
  const std::size_t max_bytes = length ? std::min(cap, static_cast<std::size_t>(*length)) : cap;
  KIP_TRY(const Bytes bytes, fetch_required(versioned(role, meta->second.version), max_bytes));
  KIP_TRY_VOID(trusted_->update_targets(bytes, role, parent));
  return keep(role, bytes);  // TUF 5.6.6
}

Result<void> Client::keep(std::string_view role, const Bytes& bytes) {
  KIP_TRY_VOID(store_.save(role, bytes));
  if (is_top_level(role)) kept_.insert_or_assign(std::string(role), bytes);
  return {};
}

Result<void> Client::load() {
  if (trusted_ && trusted_->targets(kTargets, kRoot) != nullptr) return {};
  Result<void> done = take_in_kept();
  // What was remembered does not hold: the next run verifies all again.
  if (!done) KIP_TRY_VOID(store_.remember({}));
  return done;
}

Result<void> Client::take_in_kept() {
  KIP_TRY_VOID(need_root());
  if (trusted_->timestamp() == nullptr) {
    KIP_TRY(const bool is_new, trusted_->update_timestamp(kept_.find(kTimestamp)->second));
    KIP_CHECK(is_new);
  }
  KIP_TRY_VOID(trusted_->update_snapshot(kept_.find(kSnapshot)->second, true));
  KIP_TRY(const std::optional<Bytes> targets, store_.load(kTargets));
  if (!targets)
    return fail(ErrorCode::storage, "targets.json has just gone from the metadata that is kept here; try again");
  return trusted_->update_targets(*targets, kTargets, kRoot);
}

const TrustedSet& Client::trusted() const {
  KIP_CHECK(trusted_ && trusted_->targets(kTargets, kRoot) != nullptr);
  return *trusted_;
}

Result<const Targets*> Client::delegated(std::string_view role) {
  KIP_TRY_VOID(load());
  KIP_TRY_VOID(load_targets(role, kTargets));
  return trusted_->targets(role, kTargets);
}

Result<std::optional<TargetInfo>> Client::find(std::string_view target_path) {
  KIP_TRY_VOID(load());
  // Source: TUF 5.6.7: pre-order, depth first, each role once.
  std::vector<std::pair<std::string, std::string>> stack = {{std::string(kTargets), std::string(kRoot)}};
  std::set<std::string> visited;
  while (!stack.empty()) {
    const auto [role, parent] = std::move(stack.back());
    stack.pop_back();
    if (visited.contains(role)) continue;  // TUF 5.6.7.1
    if (static_cast<int>(visited.size()) > limits_.delegations) {
      return fail(ErrorCode::too_large,
                  fmt::format("{} was not found in the first {} roles that may list it", target_path, visited.size()));
    }
    visited.insert(role);
    KIP_TRY_VOID(load_targets(role, parent));
    const Targets& targets = *trusted_->targets(role, parent);
    if (const auto found = targets.targets.find(target_path); found != targets.targets.end()) {
      std::string location = target_location(target_path, found->second, trusted_->root().consistent_snapshot);
      return TargetInfo{std::string(target_path), found->second, role, std::move(location)};
    }
    const std::vector<Visit> next = targets.delegates_for(target_path);
    const auto last = std::find_if(next.begin(), next.end(), [](const Visit& visit) { return visit.terminating; });
    if (last != next.end()) stack.clear();  // TUF 5.6.7.2.1
    for (auto visit = std::make_reverse_iterator(last == next.end() ? last : last + 1); visit != next.rend(); ++visit)
      stack.emplace_back(visit->role, role);
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
  return trusted_->root().consistent_snapshot ? fmt::format("{}.{}", version, name) : name;
}

}  // namespace kip::tuf
