#include <fmt/format.h>

#include <signing/tuf/file_check.hpp>
#include <signing/tuf/trusted_set.hpp>

namespace kip::tuf {

Instant JudgedAt::of(std::string_view role) const {
  const auto found = instead.find(role);
  return found == instead.end() ? now : found->second;
}

Result<TrustedSet> TrustedSet::create(BytesView root, const JudgedAt& judged_at, const Limits& limits) {
  KIP_TRY(const Document document, parse_document(root, limits.root_bytes));
  KIP_TRY(Root read, read_root(document.body));
  KIP_TRY_VOID(verify_threshold(document, read.keys, read.role(kRoot), kRoot));
  return TrustedSet(std::move(read), judged_at, limits);
}

Result<void> TrustedSet::update_root(BytesView bytes) {
  KIP_CHECK(!timestamp_);
  KIP_TRY(const Document document, parse_document(bytes, limits_.root_bytes));
  KIP_TRY(Root next, read_root(document.body));
  KIP_TRY_VOID(
      verify_threshold(document, root_.keys, root_.role(kRoot), "the next root, by the keys of the last one,"));
  KIP_TRY_VOID(verify_threshold(document, next.keys, next.role(kRoot), "the next root, by its own keys,"));
  if (next.header.version != root_.header.version + 1) {
    return fail(ErrorCode::rollback,
                fmt::format("root has version {}, expected {}", next.header.version, root_.header.version + 1));
  }
  root_ = std::move(next);
  return {};
}

Result<void> check_expiry(const Header& header, std::string_view role, Instant now) {
  if (now < header.expires) return {};
  return fail(ErrorCode::expired,
              fmt::format("{} version {} expired on {} (it is {}); if this machine's clock is right, "
                          "the vendor has to renew it",
                          role, header.version, format_instant(header.expires), format_instant(now)));
}

Result<void> TrustedSet::check_expiry_of(const Header& header, std::string_view role) const {
  return check_expiry(header, role, judged_at_.of(role));
}

Result<void> TrustedSet::check_root_expiry() const {
  return check_expiry_of(root_.header, kRoot);
}

Result<bool> TrustedSet::update_timestamp(BytesView bytes) {
  KIP_CHECK(!snapshot_);
  KIP_TRY_VOID(check_root_expiry());
  KIP_TRY(const Document document, parse_document(bytes, limits_.timestamp_bytes));
  KIP_TRY(Timestamp next, read_timestamp(document.body));
  KIP_TRY_VOID(verify_threshold(document, root_.keys, root_.role(kTimestamp), kTimestamp));  // TUF 5.4.2
  if (timestamp_) {
    if (next.header.version < timestamp_->header.version) {  // TUF 5.4.3.1
      return fail(ErrorCode::rollback, fmt::format("timestamp has version {}, version {} was seen before",
                                                   next.header.version, timestamp_->header.version));
    }
    if (next.header.version == timestamp_->header.version) return false;
    if (next.snapshot.version < timestamp_->snapshot.version) {  // TUF 5.4.3.2
      return fail(ErrorCode::rollback, fmt::format("timestamp names snapshot version {}, version {} was seen before",
                                                   next.snapshot.version, timestamp_->snapshot.version));
    }
  }
  timestamp_ = std::move(next);
  KIP_TRY_VOID(check_expiry_of(timestamp_->header, kTimestamp));
  return true;
}

Result<void> TrustedSet::update_snapshot(BytesView bytes, bool from_store) {
  KIP_CHECK(timestamp_ && targets_.empty());
  KIP_TRY_VOID(check_expiry_of(timestamp_->header, kTimestamp));
  if (!from_store) {
    KIP_TRY_VOID(check_file(bytes, timestamp_->snapshot.length, timestamp_->snapshot.hashes, "snapshot"));  // 5.5.2
  }
  KIP_TRY(const Document document, parse_document(bytes, limits_.snapshot_bytes));
  KIP_TRY(Snapshot next, read_snapshot(document.body));
  KIP_TRY_VOID(verify_threshold(document, root_.keys, root_.role(kSnapshot), kSnapshot));  // TUF 5.5.3
  if (snapshot_) {
    for (const auto& [name, old] : snapshot_->meta) {  // TUF 5.5.5
      const auto found = next.meta.find(name);
      if (found == next.meta.end() || found->second.version < old.version) {
        return fail(ErrorCode::rollback,
                    fmt::format("snapshot no longer lists {} at version {} or above", name, old.version));
      }
    }
  }
  snapshot_ = std::move(next);
  return check_final_snapshot();
}

Result<void> TrustedSet::check_final_snapshot() const {
  KIP_TRY_VOID(check_expiry_of(snapshot_->header, kSnapshot));               // TUF 5.5.6
  if (snapshot_->header.version == timestamp_->snapshot.version) return {};  // TUF 5.5.4
  return fail(ErrorCode::rollback, fmt::format("snapshot has version {}, the timestamp names {}",
                                               snapshot_->header.version, timestamp_->snapshot.version));
}

Result<void> TrustedSet::update_targets(BytesView bytes, std::string_view role, std::string_view parent) {
  KIP_CHECK(snapshot_.has_value());
  KIP_TRY_VOID(check_final_snapshot());
  const auto meta = snapshot_->meta.find(std::string(role) + ".json");
  if (meta == snapshot_->meta.end()) {
    return fail(ErrorCode::not_found, fmt::format("snapshot does not list {}.json", role));
  }
  KIP_TRY_VOID(check_file(bytes, meta->second.length, meta->second.hashes, role));  // TUF 5.6.2
  KIP_TRY(const Document document, parse_document(bytes, limits_.targets_bytes));
  KIP_TRY(Targets next, read_targets(document.body));
  KIP_TRY_VOID(verify_delegated(document, role, parent));  // TUF 5.6.3
  if (next.header.version != meta->second.version) {       // TUF 5.6.4
    return fail(ErrorCode::rollback, fmt::format("{} has version {}, the snapshot names {}", role, next.header.version,
                                                 meta->second.version));
  }
  KIP_TRY_VOID(check_expiry_of(next.header, role));  // TUF 5.6.5
  targets_.insert_or_assign(std::string(role), std::move(next));
  verified_.emplace(role, parent);
  return {};
}

Result<void> TrustedSet::verify_delegated(const Document& document, std::string_view role,
                                          std::string_view parent) const {
  const Role* by = signers(role, parent);
  if (by == nullptr) return fail(ErrorCode::not_found, fmt::format("{} does not delegate to {}", parent, role));
  const KeyMap& keys = parent == kRoot ? root_.keys : targets_.find(parent)->second.delegation_keys;
  return verify_threshold(document, keys, *by, role);
}

const Role* TrustedSet::signers(std::string_view role, std::string_view parent) const {
  if (parent == kRoot) return &root_.role(role);
  const auto delegator = targets_.find(parent);
  KIP_CHECK(delegator != targets_.end());
  return delegator->second.signers(role);
}

const Targets* TrustedSet::targets(std::string_view role, std::string_view parent) const {
  if (!verified_.contains({std::string(role), std::string(parent)})) return nullptr;
  return &targets_.find(role)->second;
}

}  // namespace kip::tuf
