#pragma once

#include <map>
#include <string>
#include <vector>

#include <manifests/model/release.hpp>
#include <signing/tuf/repository.hpp>

namespace kip::server {

/// A release as a product's role lists it.
struct ListedRelease {
  Release release;
  std::string path;
  tuf::TargetFile file;
};

/// Everything that the metadata lists, read once. Pure.
class ReleaseList {
 public:
  /// Errors: malformed where metadata cannot be read, or a release is not under its own path and product.
  static Result<ReleaseList> create(const tuf::RepositoryFiles& files);

  const std::vector<ListedRelease>& releases() const { return releases_; }
  /// Every target that officers list, releases included; not those of the online role.
  const std::map<std::string, tuf::TargetFile>& targets() const { return targets_; }

  bool lists(const ProductId& product, const Version& version) const;
  /// Null where it is not listed.
  const ListedRelease* find(const ProductId& product, const Version& version) const;
  /// What all listed releases of a product say together; there has to be one.
  const ProductPolicy& policy(const ProductId& product) const { return policies_.at(product); }

  /// Those that were not listed `before`, or not with these terms or this package.
  std::vector<const ListedRelease*> news_since(const ReleaseList& before) const;

  /// What each product's rollout should be: the one that is asked for; else, at 100 percent, the highest version that
  /// its policy allows where that was not listed `before` or where there is no present rollout or a forbidden one; else
  /// the present one, so that a stop lasts. A version that takes the place of one that is open to all has that one as
  /// its base; no version that officers meant for some installs only is one. Errors: not_found for a product or version
  /// that is not listed; rollback for one that the policy forbids; usage for a time of force that officers do not
  /// allow, and for a base that is asked for and can be none.
  Result<std::vector<Rollout>> choose(const std::vector<Rollout>& present, const std::vector<Rollout>& asked,
                                      const ReleaseList& before, Instant now) const;

 private:
  Result<void> check_asked(const Rollout& rollout, const Rollout* present) const;
  bool is_for_all(const ProductId& product, const Version& version) const;
  Result<void> check_base(const Rollout& rollout) const;
  void set_base(Rollout& rollout, const Rollout* present, Instant now) const;
  const Release* highest_allowed(const ProductId& product, const ProductPolicy& policy) const;

  std::vector<ListedRelease> releases_;
  std::map<std::string, tuf::TargetFile> targets_;
  std::map<ProductId, ProductPolicy> policies_;
};

}  // namespace kip::server
