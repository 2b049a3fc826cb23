#include <client-updater/update/editable.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

Result<void> carry_one(FileSystem& files, const VersionTree& from, const VersionTree& to, const PackageFile& file) {
  const std::filesystem::path source = from.directory / file.path.str();
  const std::filesystem::path place = to.directory / file.path.str();
  KIP_TRY(const auto found, digest_if_there(files, source));
  const PackageFile* listed = from.manifest.find(file.path.str());
  const EditableFate fate = judge_editable(file, listed, found);
  if (fate == EditableFate::vendors) return {};
  if (const auto name = name_beside(file.path)) {
    const std::filesystem::path beside = to.directory / name->str();
    KIP_TRY(const bool was_beside, path_exists(files, from.directory / name->str()));
    KIP_TRY(const auto present, digest_if_there(files, place));
    // On a repetition the customer's file is there already, and the vendor's beside it.
    const bool wanted = fate == EditableFate::customers_with_other || was_beside;
    if (wanted && present == file.sha256) {
      KIP_TRY_VOID(copy_file(files, place, Links::refuse, beside, file.mode()));
    }
  }
  return copy_file(files, source, Links::refuse, place, file.mode());
}

}  // namespace

EditableFate judge_editable(const PackageFile& to, const PackageFile* from, const std::optional<Sha256Digest>& found) {
  if (!found || *found == to.sha256) return EditableFate::vendors;
  if (from == nullptr) return EditableFate::customers_with_other;
  if (*found == from->sha256) return EditableFate::vendors;
  return from->sha256 == to.sha256 ? EditableFate::customers : EditableFate::customers_with_other;
}

std::optional<SafeRelativePath> name_beside(const SafeRelativePath& path) {
  auto beside = SafeRelativePath::parse(path.str() + std::string(PackageManifest::kBesideEnding));
  return beside ? std::optional(*std::move(beside)) : std::nullopt;
}

Result<std::optional<Sha256Digest>> digest_if_there(FileSystem& files, const std::filesystem::path& path) {
  auto found = digest_file(files, path);
  if (found) return std::optional(found->sha256);
  if (found.error().code == ErrorCode::not_found) return std::optional<Sha256Digest>();
  return Unexpected(std::move(found).error());
}

Result<std::vector<std::string>> list_kept_edited(FileSystem& files, const std::filesystem::path& directory,
                                                  const PackageManifest& manifest) {
  std::vector<std::string> out;
  for (const PackageFile& file : manifest.content().files) {
    if (file.kind != PackageFileKind::editable) continue;
    const auto beside = name_beside(file.path);
    if (!beside) continue;
    KIP_TRY(const auto found, digest_if_there(files, directory / beside->str()));
    if (found == file.sha256) out.push_back(file.path.str());
  }
  return out;
}

Result<void> carry_edited(FileSystem& files, const VersionTree& from, const VersionTree& to) {
  for (const PackageFile& file : to.manifest.content().files) {
    if (file.kind == PackageFileKind::editable) KIP_TRY_VOID(carry_one(files, from, to, file));
  }
  return {};
}

}  // namespace kip::updater
