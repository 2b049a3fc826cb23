#include <set>

#include <manifests/codec/reader.hpp>
#include <manifests/model/bundle.hpp>

namespace kip {
namespace {

Result<BundleEntry> parse_entry(const json::Value& value) {
  json::ObjectReader in(value, "an entry");
  auto path = in.parsed("path", SafeRelativePath::parse, SafeRelativePath::kMaxBytes);
  const std::int64_t size = in.integer("size", 0, std::int64_t{BundleIndex::kMaxEntryBytes});
  const auto digest = in.parsed("sha256", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return BundleEntry{*std::move(path), static_cast<std::uint64_t>(size), *digest};
}

bool is_of_a_bundle(std::string_view path) {
  return path == BundleIndex::kStatementPath || path.starts_with(BundleIndex::kMetadata) ||
         path.starts_with(BundleIndex::kTargets);
}

}  // namespace

Result<OfflineStatement> parse_offline_statement(BytesView payload) {
  KIP_TRY(const json::Value value, json::parse(payload, {.bytes = 64U << 10U}));
  json::ObjectReader in(value, "offline statement");
  in.format("kip.offline", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  const auto manifest = in.parsed("manifest", Sha256Digest::parse);
  const auto timestamp = in.parsed("timestamp", Sha256Digest::parse);
  const auto created_at = in.parsed("created_at", parse_instant);
  const auto valid_until = in.parsed("valid_until", parse_instant);
  if (created_at && valid_until) {
    if (*valid_until <= *created_at) in.refuse("valid_until", "is not later than created_at");
    if (*valid_until - *created_at > OfflineStatement::kMaxLife) in.refuse("valid_until", "is more than 90 days later");
  }
  KIP_TRY_VOID(in.finish());
  return OfflineStatement{*std::move(tenant), *std::move(product), *std::move(version), *manifest,
                          *timestamp,         *created_at,         *valid_until};
}

json::Value to_json(const OfflineStatement& statement) {
  return json::Object{{"format", "kip.offline/1"},
                      {"tenant", statement.tenant.str()},
                      {"product", statement.product.str()},
                      {"version", statement.version.str()},
                      {"manifest", statement.manifest.hex()},
                      {"timestamp", statement.timestamp.hex()},
                      {"created_at", format_instant(statement.created_at)},
                      {"valid_until", format_instant(statement.valid_until)}};
}

Result<BundleIndex> parse_bundle_index(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = BundleIndex::kMaxBytes}));
  json::ObjectReader in(value, BundleIndex::kPath);
  in.format("kip.bundle", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  const auto created_at = in.parsed("created_at", parse_instant);
  const auto valid_until = in.parsed("valid_until", parse_instant);
  std::vector<BundleEntry> entries = in.each("entries", parse_entry, BundleIndex::kMaxEntries);
  std::set<std::string, std::less<>> keys;
  for (const BundleEntry& entry : entries) {
    if (!is_of_a_bundle(entry.path.str()))
      in.refuse("entries", "has \"" + entry.path.str() + "\", which no bundle has");
    if (!keys.insert(entry.path.collision_key()).second) in.refuse("entries", "has \"" + entry.path.str() + "\" twice");
  }
  if (entries.empty() || entries.front().path.str() != BundleIndex::kStatementPath)
    in.refuse("entries", "does not begin with the officers' statement");
  KIP_TRY_VOID(in.finish());
  return BundleIndex{*std::move(tenant), *std::move(product), *std::move(version),
                     *created_at,        *valid_until,        std::move(entries)};
}

Bytes to_bytes(const BundleIndex& index) {
  json::Array entries;
  for (const BundleEntry& entry : index.entries) {
    entries.push_back(json::Object{
        {"path", entry.path.str()}, {"size", static_cast<std::int64_t>(entry.size)}, {"sha256", entry.sha256.hex()}});
  }
  return json::to_compact(json::Object{{"format", "kip.bundle/1"},
                                       {"tenant", index.tenant.str()},
                                       {"product", index.product.str()},
                                       {"version", index.version.str()},
                                       {"created_at", format_instant(index.created_at)},
                                       {"valid_until", format_instant(index.valid_until)},
                                       {"entries", std::move(entries)}});
}

}  // namespace kip
