#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <client-updater/update/apply.hpp>
#include <client-updater/update/audit.hpp>
#include <client-updater/update/versions.hpp>
#include <manifests/codec/choice.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kExecutable = 0100;
constexpr unsigned kForAll = 0755;
constexpr std::size_t kMaxDepth = 64;
constexpr Choices<FileVerdict, kFileVerdicts> kVerdicts = {{{FileVerdict::intact, "intact"},
                                                            {FileVerdict::edited, "edited"},
                                                            {FileVerdict::corrupted, "corrupted"},
                                                            {FileVerdict::missing, "missing"},
                                                            {FileVerdict::foreign, "foreign"}}};

Result<FileVerdict> judge(FileSystem& files, const std::filesystem::path& path, const PackageFile& file) {
  const auto status = files.status(path);
  if (!status) {
    // A file where a directory should be is a conflict: the file below it is missing.
    const ErrorCode code = status.error().code;
    if (code == ErrorCode::not_found || code == ErrorCode::conflict) return FileVerdict::missing;
    return Unexpected(status.error());
  }
  if (status->kind != FileKind::file) return FileVerdict::corrupted;
  KIP_TRY(const FileDigest found, digest_file(files, path));
  // More may be allowed than the vendor says, less may not: programs could not read it.
  const bool is_executable = (status->mode & kExecutable) != 0;
  const bool is_allowed = is_executable == file.executable && (status->mode & file.mode()) == file.mode();
  if (found.sha256 == file.sha256 && is_allowed) return FileVerdict::intact;
  return file.kind == PackageFileKind::editable ? FileVerdict::edited : FileVerdict::corrupted;
}

class Auditor {
 public:
  Auditor(FileSystem& files, const PackageManifest& manifest, AuditResult& result)
      : files_(files), manifest_(manifest), result_(result) {}

  Result<void> run() {
    for (const PackageFile& file : manifest_.content().files) {
      KIP_TRY(const FileVerdict verdict, judge(files_, result_.tree / file.path.str(), file));
      add(file.path.str(), verdict);
    }
    KIP_TRY_VOID(find_foreign("", 0));
    std::sort(result_.findings.begin(), result_.findings.end(),
              [](const AuditFinding& a, const AuditFinding& b) { return a.path < b.path; });
    return {};
  }

 private:
  void add(std::string path, FileVerdict verdict) {
    ++result_.counts.at(static_cast<std::size_t>(verdict));
    if (verdict == FileVerdict::intact || result_.findings.size() == AuditResult::kMaxFindings) return;
    result_.findings.push_back({std::move(path), verdict});
  }

  /// Never follows a link.
  Result<void> find_foreign(const std::string& prefix, std::size_t depth) {
    if (depth == kMaxDepth)
      return fail(ErrorCode::too_large, fmt::format("{}{} is too deep", result_.tree.string(), prefix));
    KIP_TRY(const std::vector<std::string> names, files_.list_directory(result_.tree / prefix));
    for (const std::string& name : names) {
      if (prefix.empty() && name == Layout::kJournalFolder) continue;
      const std::string path = prefix + name;
      KIP_TRY(const FileStatus status, files_.status(result_.tree / path));
      if (status.kind == FileKind::directory) {
        KIP_TRY_VOID(find_foreign(path + "/", depth + 1));
      } else if (manifest_.find(path) == nullptr) {
        add(path, FileVerdict::foreign);
      }
    }
    return {};
  }

  FileSystem& files_;
  const PackageManifest& manifest_;
  AuditResult& result_;
};

bool is_damaged(const AuditFinding& finding) {
  return finding.verdict == FileVerdict::corrupted || finding.verdict == FileVerdict::missing;
}

/// Brings damaged files back.
class Repair {
 public:
  Repair(Install& install, const Narrator& narrator, const PackageManifest& manifest, AuditResult& result)
      : install_(install), narrator_(narrator), manifest_(manifest), result_(result) {}

  Result<void> run() {
    std::filesystem::path kept = install_.layout().version(result_.version);
    for (AuditFinding& finding : result_.findings) {
      if (!is_damaged(finding)) continue;
      const PackageFile& file = *manifest_.find(finding.path);
      const bool is_kept = kept != result_.tree && is_right(kept / finding.path, file);
      if (!is_kept) {
        KIP_TRY(kept, unpack());
      }
      KIP_TRY_VOID(bring(kept / finding.path, file));
      finding.repaired = true;
      ++result_.repaired;
    }
    if (unpacked_) KIP_TRY_VOID(files().remove_tree(*unpacked_));
    return {};
  }

 private:
  FileSystem& files() { return install_.ports().files; }

  bool is_right(const std::filesystem::path& path, const PackageFile& file) {
    const auto found = digest_file(files(), path);
    return found && found->sha256 == file.sha256;
  }

  /// The vendor's package once more, in a directory of its own.
  Result<std::filesystem::path> unpack() {
    if (unpacked_) return *unpacked_;
    KIP_TRY(const ListedRelease listed, read_release(install_, result_.version.version));
    KIP_TRY(const DownloadRequest request, package_request(install_, listed.package));
    narrator_.say(fmt::format("downloading version {} ({} bytes)", result_.version.version.str(), request.length));
    KIP_TRY_VOID(download(files(), install_.ports().http, request, narrator_.progress));
    const std::filesystem::path directory = install_.layout().staging() / "repair";
    KIP_TRY_VOID(files().remove_tree(directory));
    KIP_TRY_VOID(extract_package(files(), request.file, result_.version.manifest, directory));
    unpacked_ = directory;
    return directory;
  }

  Result<void> bring(const std::filesystem::path& source, const PackageFile& file) {
    const std::filesystem::path place = result_.tree / file.path.str();
    KIP_TRY_VOID(expect_plain_parents(files(), result_.tree, file.path));
    const auto status = files().status(place);
    if (status && status->kind != FileKind::file) {
      return fail(ErrorCode::conflict, fmt::format("{} is no file; move it away and try again", place.string()));
    }
    KIP_TRY_VOID(make_directories(files(), directory_of(place), kForAll));
    return copy_file(files(), source, Links::refuse, place, file.mode());
  }

  Install& install_;
  const Narrator& narrator_;
  const PackageManifest& manifest_;
  AuditResult& result_;
  std::optional<std::filesystem::path> unpacked_;
};

}  // namespace

std::string_view to_string(FileVerdict verdict) {
  return choice_text(kVerdicts, verdict);
}

Result<AuditResult> audit(Install& install, const Narrator& narrator, bool repair) {
  KIP_TRY_VOID(Applier(install, narrator).recover());
  const InstalledVersion* current = install.state().current();
  if (current == nullptr) return fail(ErrorCode::not_found, "no version is in use on this machine");
  FileSystem& files = install.ports().files;
  KIP_TRY(const auto manifest, install.manifests().find(current->target.manifest));
  AuditResult result{.version = current->target, .tree = install.layout().tree(current->target)};
  KIP_TRY_VOID(Auditor(files, *manifest, result).run());
  if (!repair || result.damaged() == 0) return result;
  if (auto done = Repair(install, narrator, *manifest, result).run(); !done)
    result.not_repaired = std::move(done).error();
  return result;
}

}  // namespace kip::updater
