#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/model/release.hpp>
#include <signing/ceremony/repository_plan.hpp>

namespace kip {
namespace {

/// Offline roles outlast holidays and sick leave by far; the server warns 30 days ahead.
constexpr std::chrono::days kOfflineLife{365};
constexpr std::size_t kMaxOfficers = 32;
constexpr std::size_t kMaxLogs = 2;

tuf::Role role_of(const std::vector<PublicKeyFile>& officers, std::int64_t threshold) {
  tuf::Role role;
  for (const PublicKeyFile& officer : officers)
    role.key_ids.push_back(officer.key.id());
  role.threshold = threshold;
  return role;
}

Result<void> check(const RepositoryPlan& plan) {
  if (plan.officers.empty() || plan.officers.size() > kMaxOfficers) {
    return fail(ErrorCode::usage, "name 1 to 32 officers, each with --officer and the .pub file of a key");
  }
  if (plan.threshold < 1 || std::cmp_greater(plan.threshold, plan.officers.size())) {
    return fail(ErrorCode::usage,
                fmt::format("a threshold of {} cannot be met by {} officers", plan.threshold, plan.officers.size()));
  }
  if (plan.products.empty()) return fail(ErrorCode::usage, "name at least one product with --product");
  for (std::size_t i = 0; i < plan.officers.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (plan.officers[i].key == plan.officers[j].key || plan.officers[i].name == plan.officers[j].name) {
        return fail(ErrorCode::usage, fmt::format("{} and {} are the same officer; four eyes need two people",
                                                  plan.officers[j].name, plan.officers[i].name));
      }
    }
  }
  return {};
}

}  // namespace

Result<OnlineKeys> parse_online_keys(BytesView bytes) {
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = 64U << 10U}));
  json::ObjectReader in(value, "online keys");
  in.format("kip.online-keys", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  const json::Value& timestamp = in.object("timestamp");
  const json::Value& snapshot = in.object("snapshot");
  const json::Value& rollouts = in.object("rollouts");
  std::vector<LogAuthority> logs = in.each("logs", parse_log_authority, kMaxLogs);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Key timestamp_key, Key::parse(timestamp));
  KIP_TRY(Key snapshot_key, Key::parse(snapshot));
  KIP_TRY(Key rollouts_key, Key::parse(rollouts));
  return OnlineKeys{*std::move(tenant), std::move(timestamp_key), std::move(snapshot_key), std::move(rollouts_key),
                    std::move(logs)};
}

Result<FirstVersions> first_versions(const RepositoryPlan& plan) {
  KIP_TRY_VOID(check(plan));
  const tuf::Header header{1, plan.now + kOfflineLife};
  const tuf::Role officers = role_of(plan.officers, plan.threshold);
  FirstVersions out;
  out.root.header = header;
  out.targets.header = header;
  for (const PublicKeyFile& officer : plan.officers)
    out.root.keys.emplace(officer.key.id(), officer.key);
  out.targets.delegation_keys = out.root.keys;
  out.root.keys.emplace(plan.online.timestamp.id(), plan.online.timestamp);
  out.root.keys.emplace(plan.online.snapshot.id(), plan.online.snapshot);
  out.root.roles.emplace(tuf::kRoot, officers);
  out.root.roles.emplace(tuf::kTargets, officers);
  out.root.roles.emplace(tuf::kTimestamp, tuf::Role{{plan.online.timestamp.id()}, 1});
  out.root.roles.emplace(tuf::kSnapshot, tuf::Role{{plan.online.snapshot.id()}, 1});
  for (const ProductId& product : plan.products) {
    if (out.targets.delegation(product_role(product)) != nullptr) {
      return fail(ErrorCode::usage, fmt::format("the product {} is named twice", product.str()));
    }
    out.targets.delegations.push_back({product_role(product), officers, {product.str() + "/*"}, true});
    out.products.emplace(product_role(product), tuf::Targets{header, {}, {}, {}, {}});
  }
  out.targets.delegation_keys.emplace(plan.online.rollouts.id(), plan.online.rollouts);
  const tuf::Role online{{plan.online.rollouts.id()}, 1};
  if (!plan.online.logs.empty()) out.targets.custom = to_json(LogKeys{plan.online.tenant, plan.online.logs});
  out.targets.delegations.push_back({std::string(kRolloutsRole), online, {"rollouts/*"}, true});
  return out;
}

Instant next_expiry(Instant now) {
  return now + kOfflineLife;
}

}  // namespace kip
