#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/core/version.hpp>
#include <manifests/rollout/rollout.hpp>

namespace kip {

/// What officers sign about a release beside its hash: the `custom` member of its target, "kip.release/1".
/// Target path: "PRODUCT/PRODUCT-VERSION.kpk", in the role "product-PRODUCT". Format: docs/formats/repository.md.
struct Release {
  ProductId product;
  Version version;
  Sha256Digest manifest;                     ///< identity of the package
  std::vector<std::string> acts;             ///< texts of the act keys it serves
  std::map<std::string, std::string> notes;  ///< by language
  /// The lowest version that an install may be taken to from now on. Online keys cannot lower it.
  std::optional<Version> floor;
  std::map<std::string, std::string> revoked;  ///< version -> reason
  /// Later versions from which a rollout may take an install back to this one.
  std::vector<Version> downgrade_from = {};
  /// From when on it is installed without regard to windows and deferrals; only where the contract allows that. A
  /// rollout may choose a later time, up to `force_latest`.
  std::optional<Instant> force_after = {};
  std::optional<Instant> force_latest = {};
  /// For installs with one of these labels only; empty: for all.
  Labels audience = {};

  bool operator==(const Release&) const = default;
};

/// Errors: malformed.
Result<Release> parse_release(const json::Value& custom);
json::Value to_json(const Release& release);

/// From when on an install is to have it in spite of windows and deferrals, as officers and the rollout have it
/// together. Nothing where officers let nothing be forced.
std::optional<Instant> forced_from(const Release& release, const Rollout& rollout);

std::string release_target_path(const ProductId& product, const Version& version);
std::string product_role(const ProductId& product);

/// What all releases that a product's role lists say together: the highest floor, every revocation, and what may be
/// gone back to. Floor and revocations bind, so they are never forgotten; an allowance is a permission, so that the
/// officers' latest word holds.
struct ProductPolicy {
  std::optional<Version> floor;
  std::map<std::string, std::string> revoked;            ///< version -> reason
  std::map<Version, std::set<Version>> downgrades = {};  ///< version -> those that may be left for it

  void take_in(const Release& release);
  /// Errors: rollback where the version is below the floor or revoked, with the reason.
  Result<void> check(const Version& version) const;
  /// Why it was revoked; null where it was not.
  const std::string* revocation(const Version& version) const;
  bool is_revoked(const Version& version) const { return revocation(version) != nullptr; }
  /// Whether a rollout may take an install from the later version to the earlier one.
  bool allows_downgrade(const Version& from, const Version& to) const;

  bool operator==(const ProductPolicy&) const = default;
};

}  // namespace kip
