#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <signing/ceremony/repository_folder.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/tuf/client.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxMetadata = 5'000'000;
constexpr std::uint64_t kMaxDescription = 1U << 20U;
constexpr unsigned kFileMode = 0644;
constexpr unsigned kFolderMode = 0755;

Result<std::optional<tuf::Document>> read_document(FileSystem& files, const std::filesystem::path& path) {
  KIP_TRY(const Bytes bytes, read_file(files, path, kMaxMetadata));
  auto document = tuf::parse_document(bytes, kMaxMetadata);
  if (document) return std::optional(*std::move(document));
  return fail_while(path.string(), document.error());
}

}  // namespace

std::int64_t version_of(const tuf::Document& document) {
  const json::Value* version = document.body.find("version");
  return version != nullptr && version->as_integer() != nullptr ? *version->as_integer() : 0;
}

Result<RepositoryFolder> RepositoryFolder::create(FileSystem& files, const std::filesystem::path& folder,
                                                  const RepositoryPlan& plan) {
  KIP_TRY(const FirstVersions first, first_versions(plan));
  KIP_TRY(const bool exists, path_exists(files, folder / "repository.json"));
  if (exists) {
    return fail(ErrorCode::conflict,
                fmt::format("{} holds a repository already; choose another folder", folder.string()));
  }
  KIP_TRY(const bool was_there, path_exists(files, folder));
  auto made = fill(files, folder, plan, first);
  if (!made && !was_there) static_cast<void>(files.remove_tree(folder));  // the first failure is the one to tell
  return made;
}

Result<RepositoryFolder> RepositoryFolder::fill(FileSystem& files, const std::filesystem::path& folder,
                                                const RepositoryPlan& plan, const FirstVersions& first) {
  for (const char* part : {"metadata", "staged", "targets"})
    KIP_TRY_VOID(make_directories(files, folder / part, kFolderMode));
  RepositoryFolder out(files, folder, plan.online.tenant);
  KIP_TRY_VOID(out.stage(tuf::kRoot, to_json(first.root), {}));
  KIP_TRY_VOID(out.stage(tuf::kTargets, to_json(first.targets), {}));
  for (const auto& [role, targets] : first.products)
    KIP_TRY_VOID(out.stage(role, to_json(targets), {}));
  out.officers_ = plan.officers;
  KIP_TRY_VOID(out.write_description());  // written last: a folder with a description is complete
  return out;
}

Result<void> RepositoryFolder::write_description() const {
  json::Array officers;
  for (const PublicKeyFile& officer : officers_)
    officers.push_back(json::Object{{"name", officer.name}, {"key", officer.key.json()}});
  const json::Object description{
      {"format", "kip.repository/1"}, {"tenant", tenant_.str()}, {"officers", std::move(officers)}};
  return replace_file(*files_, folder_ / "repository.json", json::to_pretty(description), kFileMode);
}

Result<void> RepositoryFolder::add_officer(const PublicKeyFile& officer) {
  std::erase_if(officers_, [&](const PublicKeyFile& known) { return known.key == officer.key; });
  officers_.push_back(officer);
  return write_description();
}

Result<RepositoryFolder> RepositoryFolder::open(FileSystem& files, const std::filesystem::path& folder) {
  const auto bytes = read_file(files, folder / "repository.json", kMaxDescription);
  if (!bytes) {
    if (bytes.error().code != ErrorCode::not_found) return Unexpected(bytes.error());
    return fail(ErrorCode::not_found,
                fmt::format("{} is not a repository folder; make one with \"kip repo init\"", folder.string()));
  }
  const auto value = json::parse(*bytes);
  if (!value) return fail_while((folder / "repository.json").string(), value.error());
  json::ObjectReader in(*value, "repository.json");
  in.format("kip.repository", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  const json::Array& officers = in.array("officers", 1000);
  KIP_TRY_VOID(in.finish());
  RepositoryFolder out(files, folder, *std::move(tenant));
  for (const json::Value& item : officers) {
    json::ObjectReader officer(item, "officer");
    std::string name = officer.text("name", 100);
    const json::Value& object = officer.object("key");
    KIP_TRY_VOID(officer.finish());
    KIP_TRY(Key key, Key::parse(object));
    out.officers_.push_back({std::move(name), std::move(key)});
  }
  return out;
}

std::filesystem::path RepositoryFolder::staged_path(std::string_view role) const {
  return folder_ / "staged" / (tuf::encode_role(role) + ".json");
}

std::string RepositoryFolder::officer_name(const std::string& key_id) const {
  for (const PublicKeyFile& officer : officers_) {
    if (officer.key.id() == key_id) return officer.name;
  }
  return "key " + key_id.substr(0, 12);
}

Result<std::optional<tuf::Document>> RepositoryFolder::published(std::string_view role) const {
  const std::string suffix = "." + tuf::encode_role(role) + ".json";
  KIP_TRY(const std::vector<std::string> names, files_->list_directory(folder_ / "metadata"));
  std::int64_t newest = 0;
  for (const std::string& name : names) {
    if (!name.ends_with(suffix)) continue;
    const auto version = Version::parse(name.substr(0, name.size() - suffix.size()));
    if (version) newest = std::max(newest, std::int64_t{std::stoll(version->str())});
  }
  if (newest == 0) return std::optional<tuf::Document>();
  return read_document(*files_, folder_ / "metadata" / (std::to_string(newest) + suffix));
}

Result<std::optional<tuf::Document>> RepositoryFolder::staged(std::string_view role) const {
  KIP_TRY(const bool exists, path_exists(*files_, staged_path(role)));
  if (!exists) return std::optional<tuf::Document>();
  return read_document(*files_, staged_path(role));
}

Result<tuf::Document> RepositoryFolder::newest(std::string_view role) const {
  KIP_TRY(std::optional<tuf::Document> next, staged(role));
  if (next) return *std::move(next);
  KIP_TRY(std::optional<tuf::Document> current, published(role));
  if (current) return *std::move(current);
  return fail(ErrorCode::not_found, fmt::format("the repository has no role {}", role));
}

Result<std::vector<std::string>> RepositoryFolder::roles() const {
  std::vector<std::string> out = {std::string(tuf::kRoot), std::string(tuf::kTargets)};
  KIP_TRY(const tuf::Document top, newest(tuf::kTargets));
  KIP_TRY(const tuf::Targets targets, tuf::read_targets(top.body));
  for (const tuf::DelegatedRole& delegation : targets.delegations) {
    if (delegation.name != kRolloutsRole) out.push_back(delegation.name);
  }
  return out;
}

Result<void> RepositoryFolder::stage(std::string_view role, const json::Value& body,
                                     const std::vector<tuf::Signature>& signatures) {
  return replace_file(*files_, staged_path(role), tuf::to_bytes(body, signatures), kFileMode);
}

std::filesystem::path RepositoryFolder::target_file(std::string_view path, const tuf::TargetFile& file) const {
  return folder_ / "targets" / tuf::target_location(path, file, true);
}

Result<tuf::TargetFile> RepositoryFolder::take_in(std::string_view path, const std::filesystem::path& file) {
  // Copied under a temporary name first: its own hash is part of its final one.
  const std::filesystem::path incoming = folder_ / "targets" / "incoming";
  tuf::TargetFile out;
  Sha256Hasher hasher;
  KIP_TRY_VOID(copy_file(*files_, file, Links::follow, incoming, kFileMode, [&](BytesView piece) {
    hasher.update(piece);
    out.length += static_cast<std::int64_t>(piece.size());
  }));
  out.hashes["sha256"] = hasher.finish().hex();
  const std::filesystem::path place = target_file(path, out);
  KIP_TRY_VOID(make_directories(*files_, place.parent_path(), kFolderMode));
  KIP_TRY_VOID(files_->rename(incoming, place));
  KIP_TRY_VOID(files_->sync_directory(place.parent_path()));
  return out;
}

Result<void> RepositoryFolder::take_over(const std::vector<tuf::NamedFile>& versions) {
  for (const tuf::NamedFile& version : versions)
    KIP_TRY_VOID(replace_file(*files_, folder_ / "metadata" / version.name, version.bytes, kFileMode));
  return {};
}

Result<void> RepositoryFolder::unstage(const std::vector<std::string>& roles) {
  for (const std::string& role : roles)
    KIP_TRY_VOID(files_->remove(staged_path(role)));
  return files_->sync_directory(folder_ / "staged");
}

Result<void> RepositoryFolder::mark_published() {
  KIP_TRY(const std::vector<std::string> all, roles());
  for (const std::string& role : all) {
    KIP_TRY(const std::optional<tuf::Document> document, staged(role));
    if (!document) continue;
    const std::string name = fmt::format("{}.{}.json", version_of(*document), tuf::encode_role(role));
    KIP_TRY_VOID(files_->rename(staged_path(role), folder_ / "metadata" / name));
  }
  KIP_TRY_VOID(files_->sync_directory(folder_ / "metadata"));
  return files_->sync_directory(folder_ / "staged");
}

}  // namespace kip
