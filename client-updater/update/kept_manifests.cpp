#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/kept_manifests.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kOwnerOnly = 0600;
constexpr std::size_t kMostRemembered = 2;

}  // namespace

Result<void> KeptManifests::add(PackageManifest manifest) {
  const Sha256Digest identity = sha256(manifest.bytes());
  KIP_TRY_VOID(replace_file(files_, layout_.manifest(identity), manifest.bytes(), kOwnerOnly));
  remember(identity, std::make_shared<const PackageManifest>(std::move(manifest)));
  return {};
}

Result<std::shared_ptr<const PackageManifest>> KeptManifests::find(const Sha256Digest& identity) {
  const auto known = std::find_if(remembered_.begin(), remembered_.end(),
                                  [&](const Remembered& one) { return one.identity == identity; });
  if (known != remembered_.end()) return known->manifest;
  const auto path = layout_.manifest(identity);
  KIP_TRY(const Bytes bytes, read_file(files_, path, PackageManifest::kMaxBytes));
  if (sha256(bytes) != identity) {
    return fail(ErrorCode::integrity, fmt::format("the kept manifest {} is damaged", path.string()));
  }
  KIP_TRY(PackageManifest manifest, PackageManifest::parse(bytes));
  auto shared = std::make_shared<const PackageManifest>(std::move(manifest));
  remember(identity, shared);
  return shared;
}

void KeptManifests::remember(const Sha256Digest& identity, std::shared_ptr<const PackageManifest> manifest) {
  remembered_.insert(remembered_.begin(), {identity, std::move(manifest)});
  if (remembered_.size() > kMostRemembered) remembered_.pop_back();
}

}  // namespace kip::updater
