#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/metadata.hpp>
#include <client-updater/update/repository.hpp>
#include <client-updater/update/target_file.hpp>
#include <manifests/model/delta.hpp>

namespace kip::updater {
namespace {

constexpr std::uint64_t kMaxRolloutFile = 1U << 20U;
constexpr std::string_view kPackageEnding = ".kpk";
constexpr std::string_view kDeltaEnding = ".kpd";

/// The vendor's metadata, there and as it is kept here. Must outlive the client.
class Metadata {
 public:
  explicit Metadata(const Install& install)
      : fetcher_(install.ports().http, install.repository_url("metadata/")),
        store_(install.ports().files, install.layout().metadata()),
        judged_at_(judged_at(install.ports().clock.now(), install.ports().vouched_at)) {}

  Result<tuf::Client> refresh() {
    KIP_TRY(tuf::Client client, tuf::Client::open(fetcher_, store_, judged_at_));
    KIP_TRY_VOID(client.refresh());
    return client;
  }

 private:
  HttpMetadataFetcher fetcher_;
  FileMetadataStore store_;
  tuf::JudgedAt judged_at_;
};

/// The release behind an entry of a product's role. Nothing where the entry is no package.
Result<std::optional<Release>> release_of(const ProductId& product, std::string_view path,
                                          const tuf::TargetFile& file) {
  if (!path.ends_with(kPackageEnding)) return std::optional<Release>();
  auto release = parse_release(file.custom);
  if (!release)
    return fail_while(fmt::format("the release \"{}\" that officers signed", path), std::move(release).error());
  if (release->product != product || release_target_path(product, release->version) != path) {
    return fail(ErrorCode::malformed, fmt::format("the release \"{}\" that officers signed says it is {} {}", path,
                                                  release->product.str(), release->version.str()));
  }
  return std::optional<Release>(*std::move(release));
}

Result<ProductPolicy> policy_of(const ProductId& product, const tuf::Targets& targets) {
  ProductPolicy policy;
  for (const auto& [path, file] : targets.targets) {
    KIP_TRY(const std::optional<Release> release, release_of(product, path, file));
    if (release) policy.take_in(*release);
  }
  return policy;
}

/// Keeps what officers said, for times without a connection.
Result<void> remember(Install& install, const ProductPolicy& policy) {
  State next = install.state();
  const auto& vouched_at = install.ports().vouched_at;
  // What a bundle proves of the time is when it was made: a clock that is ahead must not bind later ones.
  next.last_check = vouched_at ? std::max(next.last_check.value_or(*vouched_at), *vouched_at)
                               : std::optional(install.ports().clock.now());
  if (policy.floor && (!next.policy.floor || *next.policy.floor < *policy.floor)) next.policy.floor = policy.floor;
  next.policy.revoked.insert(policy.revoked.begin(), policy.revoked.end());
  next.policy.downgrades = policy.downgrades;
  return install.save(std::move(next), std::nullopt);
}

/// Fetched where it has changed since the last check.
Result<Rollout> read_rollout(Install& install, const tuf::TargetInfo& info) {
  if (std::cmp_greater(info.file.length, kMaxRolloutFile)) {
    return fail(ErrorCode::too_large, fmt::format("{} is larger than a rollout can be", info.path));
  }
  FileSystem& files = install.ports().files;
  const std::filesystem::path file = install.layout().rollout();
  const std::string url = install.repository_url("targets/" + encode_url_path(info.location));
  KIP_TRY_VOID(fetch_target_file(files, install.ports().http, url, info, file));
  KIP_TRY(const Bytes bytes, read_file(files, file, kMaxRolloutFile));
  KIP_TRY(Rollout rollout, parse_rollout(bytes));
  if (rollout.product == install.enrolment().product) return rollout;
  return fail(ErrorCode::malformed, fmt::format("{} is about the product {}", info.path, rollout.product.str()));
}

/// A target that must stand in one role, whoever else may list that path.
Result<std::optional<tuf::TargetInfo>> find_in(tuf::Client& client, const std::string& path, std::string_view role) {
  KIP_TRY(std::optional<tuf::TargetInfo> found, client.find(path));
  if (!found || found->role == role) return found;
  return fail(ErrorCode::signature,
              fmt::format("{} is listed by the role {}, it belongs to {}", path, found->role, role));
}

Result<ListedRelease> find_release(tuf::Client& client, const ProductId& product, const Version& version) {
  const std::string path = release_target_path(product, version);
  KIP_TRY(std::optional<tuf::TargetInfo> info, find_in(client, path, product_role(product)));
  if (info) {
    KIP_TRY(std::optional<Release> release, release_of(product, path, info->file));
    if (release) return ListedRelease{*std::move(release), *std::move(info)};
  }
  return fail(ErrorCode::not_found, fmt::format("the vendor's officers have not signed a version {}", version.str()));
}

/// With the delta that leads to it from the version in use, where officers list one.
Result<ListedRelease> find_with_delta(tuf::Client& client, const Install& install, const Version& version) {
  const ProductId& product = install.enrolment().product;
  KIP_TRY(ListedRelease listed, find_release(client, product, version));
  if (const InstalledVersion* current = install.state().current()) {
    const std::string path = delta_target_path(product, version, current->target.manifest);
    KIP_TRY(listed.delta, find_in(client, path, product_role(product)));
  }
  return listed;
}

Instant first_expiry(const tuf::TrustedSet& trusted, std::initializer_list<std::string_view> roles) {
  Instant first = std::min(
      {trusted.root().header.expires, trusted.timestamp()->header.expires, trusted.snapshot()->header.expires});
  for (const std::string_view role : roles) {
    const std::string_view parent = role == tuf::kTargets ? tuf::kRoot : tuf::kTargets;
    if (const tuf::Targets* targets = trusted.targets(role, parent)) first = std::min(first, targets->header.expires);
  }
  return first;
}

}  // namespace

Result<Listing> read_repository(Install& install) {
  const ProductId& product = install.enrolment().product;
  Metadata metadata(install);
  KIP_TRY(tuf::Client client, metadata.refresh());
  const std::string role = product_role(product);
  KIP_TRY(const tuf::Targets* const releases, client.delegated(role));
  Listing listing;
  listing.handed_over = install.ports().vouched_at.has_value();
  KIP_TRY(listing.policy, policy_of(product, *releases));
  KIP_TRY_VOID(remember(install, listing.policy));
  KIP_TRY(const auto rollout, find_in(client, rollout_target_path(product), kRolloutsRole));
  if (rollout) {
    KIP_TRY(listing.rollout, read_rollout(install, *rollout));
    KIP_TRY(listing.release, find_with_delta(client, install, listing.rollout->version));
    const auto& base = listing.rollout->base;
    if (base && !listing.handed_over) {
      KIP_TRY(listing.base, find_with_delta(client, install, *base));
    }
  }
  if (const tuf::Targets* top = client.trusted().targets(tuf::kTargets, tuf::kRoot)) listing.log_keys = top->custom;
  listing.valid_until = first_expiry(client.trusted(), {tuf::kTargets, role, kRolloutsRole});
  return listing;
}

Result<ListedRelease> read_release(Install& install, const Version& version) {
  Metadata metadata(install);
  KIP_TRY(tuf::Client client, metadata.refresh());
  return find_release(client, install.enrolment().product, version);
}

Result<std::vector<ListedRelease>> list_releases(Install& install) {
  const ProductId& product = install.enrolment().product;
  Metadata metadata(install);
  KIP_TRY(tuf::Client client, metadata.refresh());
  KIP_TRY(const tuf::Targets* const role, client.delegated(product_role(product)));
  KIP_TRY(const ProductPolicy policy, policy_of(product, *role));
  std::vector<ListedRelease> out;
  for (const auto& [path, file] : role->targets) {
    KIP_TRY(std::optional<Release> release, release_of(product, path, file));
    if (!release || policy.is_revoked(release->version)) continue;
    KIP_TRY(std::optional<tuf::TargetInfo> info, find_in(client, path, product_role(product)));
    if (info) out.push_back({*std::move(release), *std::move(info)});
  }
  std::sort(out.begin(), out.end(),
            [](const ListedRelease& a, const ListedRelease& b) { return b.release.version < a.release.version; });
  return out;
}

tuf::JudgedAt judged_at(Instant now, const std::optional<Instant>& vouched_at) {
  tuf::JudgedAt out(now);
  if (!vouched_at) return out;
  for (const std::string_view role : {tuf::kTimestamp, tuf::kSnapshot, kRolloutsRole})
    out.instead.emplace(role, *vouched_at);
  return out;
}

Result<DownloadRequest> package_request(const Install& install, const tuf::TargetInfo& package) {
  const auto sha256 = package.file.hashes.find("sha256");
  if (sha256 == package.file.hashes.end()) {
    return fail(ErrorCode::malformed, fmt::format("{} is listed without a SHA-256", package.path));
  }
  KIP_TRY(const Sha256Digest digest, Sha256Digest::parse(sha256->second));
  return DownloadRequest{
      .url = install.repository_url("targets/" + encode_url_path(package.location)),
      .file = install.layout().download(digest, is_delta_path(package.path) ? kDeltaEnding : kPackageEnding),
      .length = static_cast<std::uint64_t>(package.file.length),
      .sha256 = digest};
}

}  // namespace kip::updater
