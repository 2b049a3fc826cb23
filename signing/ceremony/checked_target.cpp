#include "checked_target.hpp"

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/delta_rebuild.hpp>
#include <signing/package/package_reader.hpp>

namespace kip {
namespace {

constexpr std::size_t kReadBlock = 1U << 20U;

/// The release of one side of a delta.
Result<const Releases::mapped_type*> release_at(const Releases& releases, const DeltaEnd& end, std::string_view path) {
  const auto found = releases.find(end.version);
  if (found != releases.end() && found->second.first.manifest == end.manifest) return &found->second;
  return fail(ErrorCode::integrity,
              fmt::format("{} names version {} with the manifest {}, which the role does not list; do not sign", path,
                          end.version.str(), end.manifest.hex()));
}

}  // namespace

Releases releases_of(const tuf::Targets& targets) {
  Releases out;
  for (const auto& [path, file] : targets.targets) {
    auto release = parse_release(file.custom);
    if (!release) continue;
    const Version version = release->version;
    out.insert_or_assign(version, std::pair(*std::move(release), file));
  }
  return out;
}

Result<Sha256Digest> file_digest(FileSystem& files, const std::filesystem::path& path, std::int64_t& length) {
  KIP_TRY(const auto input, files.open_input(path, Links::refuse));
  Sha256Hasher hasher;
  Bytes block(kReadBlock, '\0');
  length = 0;
  for (;;) {
    KIP_TRY(const std::size_t got, input->read(block));
    hasher.update(BytesView(block.data(), got));
    length += static_cast<std::int64_t>(got);
    if (got < block.size()) return hasher.finish();
  }
}

Result<void> expect_listed_file(FileSystem& files, const std::filesystem::path& path, const tuf::TargetFile& file) {
  std::int64_t length = 0;
  KIP_TRY(const Sha256Digest digest, file_digest(files, path, length));
  const auto listed = file.hashes.find("sha256");
  if (length == file.length && listed != file.hashes.end() && listed->second == digest.hex()) return {};
  return fail(ErrorCode::integrity, fmt::format("{} is not the file that the role lists; do not sign", path.string()));
}

Result<PackageManifest> checked_package(FileSystem& files, const std::filesystem::path& path,
                                        const tuf::TargetFile& file, const Release& release) {
  KIP_TRY_VOID(expect_listed_file(files, path, file));
  KIP_TRY(PackageManifest manifest, verify_package(files, path, release.manifest));
  if (manifest.content().product != release.product || manifest.content().version != release.version) {
    return fail(ErrorCode::integrity,
                fmt::format("{} is a package of another product or version; do not sign", path.string()));
  }
  return manifest;
}

Result<DeltaSubject> checked_delta(FileSystem& files, const RepositoryFolder& folder, const Releases& releases,
                                   const ListedDelta& listed) {
  KIP_TRY(DeltaSubject subject, read_listed_delta(listed.path, listed.file.custom));
  KIP_TRY_VOID(release_at(releases, subject.to, listed.path));
  KIP_TRY(const auto* from, release_at(releases, subject.from, listed.path));
  const auto path = folder.target_file(listed.path, listed.file);
  KIP_TRY_VOID(expect_listed_file(files, path, listed.file));
  const auto base = folder.target_file(release_target_path(from->first.product, from->first.version), from->second);
  if (const auto same = expect_listed_file(files, base, from->second); !same) {
    if (same.error().code != ErrorCode::not_found) return Unexpected(same.error());
    return fail(
        ErrorCode::not_found,
        fmt::format("the delta from {} to {} cannot be rebuilt, because {} is not there; put that package back or "
                    "export the folder again, and do not sign unchecked",
                    subject.from.version.str(), subject.to.version.str(), base.string()));
  }
  const auto made = verify_packed_delta(files, {path, base, subject.to.manifest});
  if (!made) return fail_while("rebuilding a delta", made.error());
  return subject;
}

}  // namespace kip
