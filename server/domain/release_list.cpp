#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include <manifests/model/delta.hpp>
#include <server/domain/release_list.hpp>

namespace kip::server {
namespace {

constexpr tuf::Limits kLimits;

Result<tuf::Targets> read(BytesView bytes) {
  KIP_TRY(const tuf::Document document, tuf::parse_document(bytes, kLimits.targets_bytes));
  return tuf::read_targets(document.body);
}

Result<Release> read_listed(std::string_view role, const std::string& path, const tuf::TargetFile& file) {
  auto release = parse_release(file.custom);
  if (!release) return fail_while(fmt::format("reading what {} says of {}", role, path), release.error());
  if (!file.hashes.contains("sha256")) {
    return fail(ErrorCode::malformed, fmt::format("the target {} is listed without a sha256", path));
  }
  if (product_role(release->product) == role && release_target_path(release->product, release->version) == path) {
    return release;
  }
  return fail(ErrorCode::malformed, fmt::format("{} lists {}, which says that it is {} {}; the path must be {}", role,
                                                path, release->product.str(), release->version.str(),
                                                release_target_path(release->product, release->version)));
}

/// A delta leads to a release of its own role.
Result<void> expect_delta(std::string_view role, const std::string& path, const tuf::Targets& targets) {
  const tuf::TargetFile& file = targets.targets.at(path);
  KIP_TRY(const DeltaSubject subject, read_listed_delta(path, file.custom));
  const auto to = targets.targets.find(release_target_path(subject.product, subject.to.version));
  const bool is_own = product_role(subject.product) == role && file.hashes.contains("sha256");
  if (is_own && to != targets.targets.end()) {
    KIP_TRY(const Release release, read_listed(role, to->first, to->second));
    if (release.manifest == subject.to.manifest) return {};
  }
  return fail(ErrorCode::malformed,
              fmt::format("{} lists {}, a delta to {} {} with the manifest {}, which it does not "
                          "list",
                          role, path, subject.product.str(), subject.to.version.str(), subject.to.manifest.hex()));
}

const Rollout* of_product(const std::vector<Rollout>& rollouts, const ProductId& product) {
  const auto found =
      std::find_if(rollouts.begin(), rollouts.end(), [&](const Rollout& r) { return r.product == product; });
  return found == rollouts.end() ? nullptr : &*found;
}

}  // namespace

Result<ReleaseList> ReleaseList::create(const tuf::RepositoryFiles& files) {
  ReleaseList out;
  const auto take = [&out](std::string_view role, BytesView bytes) -> Result<void> {
    KIP_TRY(const tuf::Targets targets, read(bytes));
    for (const auto& [path, file] : targets.targets) {
      out.targets_.emplace(path, file);
      if (file.custom.is_null()) continue;
      if (is_delta_path(path)) {
        KIP_TRY_VOID(expect_delta(role, path, targets));
        continue;
      }
      KIP_TRY(Release release, read_listed(role, path, file));
      out.policies_[release.product].take_in(release);
      out.releases_.push_back({std::move(release), path, file});
    }
    return {};
  };
  if (files.targets) KIP_TRY_VOID(take(tuf::kTargets, *files.targets));
  for (const auto& [role, bytes] : files.delegated) {
    if (role != kRolloutsRole) KIP_TRY_VOID(take(role, bytes));
  }
  return out;
}

const ListedRelease* ReleaseList::find(const ProductId& product, const Version& version) const {
  const auto found = std::find_if(releases_.begin(), releases_.end(), [&](const ListedRelease& listed) {
    return listed.release.product == product && listed.release.version == version;
  });
  return found == releases_.end() ? nullptr : &*found;
}

bool ReleaseList::lists(const ProductId& product, const Version& version) const {
  return find(product, version) != nullptr;
}

std::vector<const ListedRelease*> ReleaseList::news_since(const ReleaseList& before) const {
  std::vector<const ListedRelease*> out;
  for (const ListedRelease& listed : releases_) {
    const ListedRelease* known = before.find(listed.release.product, listed.release.version);
    if (known == nullptr || known->file != listed.file) out.push_back(&listed);
  }
  return out;
}

bool ReleaseList::is_for_all(const ProductId& product, const Version& version) const {
  const ListedRelease* listed = find(product, version);
  return listed != nullptr && listed->release.audience.empty();
}

Result<void> ReleaseList::check_base(const Rollout& rollout) const {
  const std::string name = fmt::format("{} {}", rollout.product.str(), rollout.base->str());
  const ListedRelease* listed = find(rollout.product, *rollout.base);
  if (listed == nullptr) return fail(ErrorCode::not_found, fmt::format("officers have signed no {}", name));
  if (*rollout.base >= rollout.version) {
    return fail(ErrorCode::usage, fmt::format("{} is not before {}: a base is what installs get until their turn", name,
                                              rollout.version.str()));
  }
  if (!listed->release.audience.empty()) {
    return fail(ErrorCode::usage, fmt::format("officers meant {} for installs with the labels {} only: it cannot be "
                                              "what all others get",
                                              name, to_text(listed->release.audience)));
  }
  return policies_.at(rollout.product).check(*rollout.base);
}

Result<void> ReleaseList::check_asked(const Rollout& rollout, const Rollout* present) const {
  const ListedRelease* listed = find(rollout.product, rollout.version);
  if (listed == nullptr) {
    return fail(ErrorCode::not_found,
                fmt::format("officers have signed no {} {}", rollout.product.str(), rollout.version.str()));
  }
  const ProductPolicy& policy = policies_.at(rollout.product);
  KIP_TRY_VOID(policy.check(rollout.version));
  // One that it has already may have become unusable meanwhile: then it goes.
  const bool is_new_base = rollout.base && (present == nullptr || rollout.base != present->base);
  if (is_new_base) KIP_TRY_VOID(check_base(rollout));
  if (!rollout.force_after || rollout.force_after == forced_from(listed->release, rollout)) return {};
  const auto& [earliest, latest] = std::tie(listed->release.force_after, listed->release.force_latest);
  if (!earliest) {
    return fail(ErrorCode::usage, fmt::format("officers let nothing of {} {} be forced (kip repo add --force-after)",
                                              rollout.product.str(), rollout.version.str()));
  }
  return fail(ErrorCode::usage,
              fmt::format("officers let {} {} be forced from {} on{}", rollout.product.str(), rollout.version.str(),
                          format_instant(*earliest),
                          latest ? ", and a rollout may choose " + format_instant(*latest) + " at the latest" : ""));
}

void ReleaseList::set_base(Rollout& rollout, const Rollout* present, Instant now) const {
  if (!rollout.base && present != nullptr) {
    const bool replaces = present->version != rollout.version && present->is_open_to_all(now) &&
                          is_for_all(rollout.product, present->version);
    rollout.base = replaces ? std::optional(present->version) : present->base;
  }
  if (rollout.base && !check_base(rollout)) rollout.base.reset();
}

const Release* ReleaseList::highest_allowed(const ProductId& product, const ProductPolicy& policy) const {
  const Release* highest = nullptr;
  for (const ListedRelease& listed : releases_) {
    const Release& release = listed.release;
    if (release.product != product || !policy.check(release.version)) continue;
    if (highest == nullptr || highest->version < release.version) highest = &release;
  }
  return highest;
}

Result<std::vector<Rollout>> ReleaseList::choose(const std::vector<Rollout>& present, const std::vector<Rollout>& asked,
                                                 const ReleaseList& before, Instant now) const {
  for (const Rollout& rollout : asked)
    KIP_TRY_VOID(check_asked(rollout, of_product(present, rollout.product)));
  std::vector<Rollout> out;
  for (const auto& [product, policy] : policies_) {
    const Rollout* live = of_product(present, product);
    if (const Rollout* wanted = of_product(asked, product)) {
      out.push_back(*wanted);
      set_base(out.back(), live, now);
      continue;
    }
    const bool may_stay = live != nullptr && policy.check(live->version);
    const Release* highest = highest_allowed(product, policy);
    if (highest != nullptr && (!may_stay || !before.lists(product, highest->version))) {
      out.push_back({product, highest->version});
    } else if (may_stay) {
      out.push_back(*live);
    } else {
      continue;
    }
    set_base(out.back(), live, now);
  }
  return out;
}

}  // namespace kip::server
