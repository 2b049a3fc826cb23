#include <fmt/format.h>

#include <manifests/model/delta.hpp>
#include <manifests/model/release.hpp>
#include <signing/ceremony/courier.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/tuf/client.hpp>

namespace kip {
namespace {

constexpr unsigned kFileMode = 0644;
constexpr unsigned kFolderMode = 0755;

Result<void> copy(FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to) {
  KIP_TRY_VOID(make_directories(files, to.parent_path(), kFolderMode));
  return copy_file(files, from, Links::refuse, to, kFileMode);
}

/// The targets of a staged role whose files its summary reads: new ones, the release before each, and the one that a
/// new delta leads from.
Result<std::vector<std::pair<std::string, tuf::TargetFile>>> files_to_show(const RepositoryFolder& folder,
                                                                           const std::string& role) {
  KIP_TRY(const tuf::Document staged, folder.newest(role));
  KIP_TRY(const tuf::Targets next, tuf::read_targets(staged.body));
  KIP_TRY(const std::optional<tuf::Document> live, folder.published(role));
  tuf::Targets old;
  if (live) {
    KIP_TRY(old, tuf::read_targets(live->body));
  }
  std::map<Version, std::string> releases;
  for (const auto& [path, file] : next.targets) {
    if (const auto release = parse_release(file.custom)) releases.emplace(release->version, path);
  }
  std::vector<std::pair<std::string, tuf::TargetFile>> out;
  for (const auto& [path, file] : next.targets) {
    const auto known = old.targets.find(path);
    if (known != old.targets.end() && known->second == file) continue;
    out.emplace_back(path, file);
    if (is_delta_path(path)) {
      KIP_TRY(const DeltaSubject subject, read_listed_delta(path, file.custom));
      const auto base = releases.find(subject.from.version);
      if (base != releases.end()) out.emplace_back(base->second, next.targets.at(base->second));
    }
    const auto release = parse_release(file.custom);
    if (!release) continue;
    const auto here = releases.find(release->version);
    if (here != releases.begin()) out.emplace_back(std::prev(here)->second, next.targets.at(std::prev(here)->second));
  }
  return out;
}

Result<void> copy_role(FileSystem& files, const RepositoryFolder& folder, const std::string& role,
                       const std::filesystem::path& to) {
  const std::string file = tuf::encode_role(role) + ".json";
  KIP_TRY(const std::optional<tuf::Document> live, folder.published(role));
  if (live) {
    const std::string name = fmt::format("metadata/{}.{}", version_of(*live), file);
    KIP_TRY_VOID(copy(files, folder.path() / name, to / name));
  }
  KIP_TRY(const std::optional<tuf::Document> staged, folder.staged(role));
  if (!staged) return {};
  KIP_TRY_VOID(copy(files, folder.path() / "staged" / file, to / "staged" / file));
  if (role == tuf::kRoot) return {};
  KIP_TRY(const auto targets, files_to_show(folder, role));
  for (const auto& [path, entry] : targets) {
    const std::filesystem::path source = folder.target_file(path, entry);
    KIP_TRY_VOID(copy(files, source, to / source.lexically_relative(folder.path())));
  }
  return {};
}

/// The valid signatures of a document's officers that `known` has not.
Result<std::vector<tuf::Signature>> new_signatures(const RepositoryFolder& folder, const std::string& role,
                                                   const tuf::Document& known, const tuf::Document& brought) {
  KIP_TRY(const std::vector<Authority> all, authorities(folder, role));
  std::set<std::string> valid;
  for (const Authority& authority : all) {
    for (const std::string& id : count_signatures(brought, authority.keys, authority.role).valid_key_ids)
      valid.insert(id);
    for (const std::string& id : count_signatures(known, authority.keys, authority.role).valid_key_ids)
      valid.erase(id);
  }
  std::vector<tuf::Signature> out;
  for (const tuf::Signature& signature : brought.signatures) {
    if (valid.contains(signature.key_id)) out.push_back(signature);
  }
  return out;
}

struct Merge {
  std::string role;
  tuf::Document document;
};

}  // namespace

Result<void> export_staged(FileSystem& files, const RepositoryFolder& folder, const std::filesystem::path& to) {
  KIP_TRY(const std::vector<SigningState> states, signing_states(folder));
  if (states.empty()) return fail(ErrorCode::not_found, "nothing is staged, so there is nothing to sign elsewhere");
  KIP_TRY(const bool exists, path_exists(files, to / "repository.json"));
  if (exists)
    return fail(ErrorCode::conflict, fmt::format("{} holds a repository already; name a new folder", to.string()));
  for (const char* part : {"metadata", "staged", "targets"})
    KIP_TRY_VOID(make_directories(files, to / part, kFolderMode));
  KIP_TRY(const std::vector<std::string> roles, folder.roles());
  for (const std::string& role : roles)
    KIP_TRY_VOID(copy_role(files, folder, role, to));
  return copy(files, folder.path() / "repository.json", to / "repository.json");  // last: now it is whole
}

Result<std::vector<std::string>> import_signatures(RepositoryFolder& folder, const RepositoryFolder& from) {
  if (from.tenant() != folder.tenant()) {
    return fail(ErrorCode::usage, fmt::format("{} is of {}, not of {}", from.path().string(), from.tenant().str(),
                                              folder.tenant().str()));
  }
  KIP_TRY(const std::vector<std::string> roles, folder.roles());
  std::vector<Merge> merges;
  std::vector<std::string> out;
  for (const std::string& role : roles) {
    KIP_TRY(std::optional<tuf::Document> here, folder.staged(role));
    KIP_TRY(const std::optional<tuf::Document> there, from.staged(role));
    if (!here || !there) continue;
    if (here->canonical != there->canonical) {
      return fail(ErrorCode::conflict, fmt::format("what was signed for {} is not what is staged here now; export it "
                                                   "again and have it signed anew",
                                                   role));
    }
    KIP_TRY(const std::vector<tuf::Signature> found, new_signatures(folder, role, *here, *there));
    for (const tuf::Signature& signature : found) {
      std::erase_if(here->signatures, [&](const tuf::Signature& s) { return s.key_id == signature.key_id; });
      here->signatures.push_back(signature);
      out.push_back(fmt::format("{} on {}", folder.officer_name(signature.key_id), role));
    }
    if (!found.empty()) merges.push_back({role, *std::move(here)});
  }
  for (const Merge& merge : merges)
    KIP_TRY_VOID(folder.stage(merge.role, merge.document.body, merge.document.signatures));
  return out;
}

}  // namespace kip
