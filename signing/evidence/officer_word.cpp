#include <algorithm>

#include <fmt/format.h>

#include <signing/evidence/officer_word.hpp>

namespace kip {
namespace {

constexpr tuf::Limits kLimits;

Result<tuf::Root> root_of(BytesView bytes) {
  KIP_TRY(const tuf::Document document, tuf::parse_document(bytes, kLimits.root_bytes));
  return tuf::read_root(document.body);
}

Unexpected says_otherwise(const ReleasePublished& release, std::string_view what) {
  return fail(ErrorCode::integrity, fmt::format("{} {}: officers have signed another {} than was logged",
                                                release.product.str(), release.version.str(), what));
}

/// What officers list under the path of a release.
Result<void> compare(const tuf::Targets& targets, const ReleasePublished& release) {
  const auto found = targets.targets.find(release.target.name);
  if (found == targets.targets.end()) return says_otherwise(release, "path");
  const auto hash = found->second.hashes.find("sha256");
  if (hash == found->second.hashes.end() || hash->second != release.target.sha256.hex())
    return says_otherwise(release, "file");
  KIP_TRY(const Release listed, parse_release(found->second.custom));
  if (listed.product != release.product || listed.version != release.version) return says_otherwise(release, "version");
  if (listed.manifest != release.manifest) return says_otherwise(release, "content");
  if (listed.audience != release.audience) return says_otherwise(release, "audience");
  return listed.acts == release.acts ? Result<void>() : says_otherwise(release, "list of acts");
}

}  // namespace

Result<OfficerWord> OfficerWord::create(BytesView trusted_root, const std::vector<Bytes>& roots, MetadataByHash find) {
  // Expiry is no matter here: what officers signed stays signed.
  KIP_TRY(tuf::TrustedSet trusted, tuf::TrustedSet::create(trusted_root, Instant::min()));
  std::vector<Bytes> chain{Bytes(trusted_root)};
  for (const Bytes& bytes : roots) {
    KIP_TRY(const tuf::Root root, root_of(bytes));
    if (root.header.version <= trusted.root().header.version) continue;
    if (auto taken = trusted.update_root(bytes); !taken) return fail_while("the officers' roots", taken.error());
    chain.push_back(bytes);
  }
  return OfficerWord(std::move(chain), std::move(find));
}

Result<LogKeys> OfficerWord::log_keys(BytesView targets) const {
  KIP_TRY(const tuf::Document document, tuf::parse_document(targets, kLimits.targets_bytes));
  KIP_TRY(const tuf::Root root, root_of(roots_.back()));
  KIP_TRY_VOID(tuf::verify_threshold(document, root.keys, root.role(tuf::kTargets), tuf::kTargets));
  KIP_TRY(const tuf::Targets read, tuf::read_targets(document.body));
  if (read.custom.as_object() == nullptr) {
    return fail(ErrorCode::not_found,
                "the vendor's officers have authorised no keys for logs; the vendor has to do that with kip repo "
                "online, kip sign and kip publish");
  }
  return parse_log_keys(read.custom);
}

Result<const Bytes*> OfficerWord::named(const ReleasePublished& release, std::string_view role) const {
  const auto file = std::find_if(release.metadata.begin(), release.metadata.end(),
                                 [&](const ReleasePublished::File& one) { return one.name == role; });
  const Bytes* found = file == release.metadata.end() ? nullptr : find_(file->sha256);
  if (found != nullptr) return found;
  return fail(ErrorCode::not_found, fmt::format("{} {}: the metadata \"{}\" by which it was published is missing",
                                                release.product.str(), release.version.str(), role));
}

std::vector<Sha256Digest> OfficerWord::needed_for(const ReleasePublished& release) {
  std::vector<Sha256Digest> out;
  for (const ReleasePublished::File& file : release.metadata) {
    if (file.name == tuf::kTargets || file.name == product_role(release.product)) out.push_back(file.sha256);
  }
  return out;
}

Result<tuf::Root> OfficerWord::root_by(const Bytes& bytes) const {
  if (std::find(roots_.begin(), roots_.end(), bytes) != roots_.end()) return root_of(bytes);
  return fail(ErrorCode::signature,
              "the root by which it was published is not in the chain from the root that you trust; where yours is a "
              "later one, ask the vendor for 1.root.json");
}

Result<void> OfficerWord::check_release(const ReleasePublished& release, Instant at) const {
  const std::string role = product_role(release.product);
  KIP_TRY(const Bytes* root_bytes, named(release, tuf::kRoot));
  KIP_TRY(const tuf::Root root, root_by(*root_bytes));
  KIP_TRY(const Bytes* targets_bytes, named(release, tuf::kTargets));
  KIP_TRY(const tuf::Document targets_document, tuf::parse_document(*targets_bytes, kLimits.targets_bytes));
  KIP_TRY_VOID(tuf::verify_threshold(targets_document, root.keys, root.role(tuf::kTargets), tuf::kTargets));
  KIP_TRY(const tuf::Targets targets, tuf::read_targets(targets_document.body));
  KIP_TRY_VOID(tuf::check_expiry(targets.header, tuf::kTargets, at));
  const tuf::Role* signers = targets.signers(role);
  if (signers == nullptr) return says_otherwise(release, "product");
  KIP_TRY(const Bytes* product_bytes, named(release, role));
  KIP_TRY(const tuf::Document product_document, tuf::parse_document(*product_bytes, kLimits.targets_bytes));
  KIP_TRY_VOID(tuf::verify_threshold(product_document, targets.delegation_keys, *signers, role));
  KIP_TRY(const tuf::Targets product, tuf::read_targets(product_document.body));
  KIP_TRY_VOID(tuf::check_expiry(product.header, role, at));
  return compare(product, release);
}

}  // namespace kip
