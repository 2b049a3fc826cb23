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
constexpr std::size_t kCopyBlock = 1U << 20U;
constexpr unsigned kFileMode = 0644;
constexpr unsigned kFolderMode = 0755;

Result<Bytes> copy_hashing(FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& to,
                           std::int64_t& length) {
  KIP_TRY(const auto input, files.open_input(from, Links::follow));
  KIP_TRY(auto output, AtomicFile::create(files, to, kFileMode));
  Sha256Hasher hasher;
  Bytes block(kCopyBlock, '\0');
  length = 0;
  for (;;) {
    KIP_TRY(const std::size_t got, input->read(block));
    const BytesView piece(block.data(), got);
    hasher.update(piece);
    KIP_TRY_VOID(output->write(piece));
    length += static_cast<std::int64_t>(got);
    if (got < block.size()) break;
  }
  KIP_TRY_VOID(output->finish());
  KIP_TRY_VOID(output->commit());
  return hasher.finish().bytes();
}

std::int64_t version_of(const tuf::Document& document) {
  const json::Value* version = document.body.find("version");
  return version != nullptr && version->as_integer() != nullptr ? *version->as_integer() : 0;
}

}  // namespace

Result<RepositoryFolder> RepositoryFolder::create(FileSystem& files, const std::filesystem::path& folder,
                                                  const RepositoryPlan& plan) {
  KIP_TRY(const FirstVersions first, first_versions(plan));
  KIP_TRY(const bool exists, path_exists(files, folder / "repository.json"));
  if (exists) {
    return fail(ErrorCode::conflict,
                fmt::format("{} holds a repository already; choose another folder", folder.string()));
  }
  for (const char* part : {"metadata", "staged", "targets"}) {
    KIP_TRY_VOID(make_directories(files, folder / part, kFolderMode));
  }
  RepositoryFolder out(files, folder, plan.online.tenant);
  KIP_TRY_VOID(out.stage(tuf::kRoot, to_json(first.root), {}));
  KIP_TRY_VOID(out.stage(tuf::kTargets, to_json(first.targets), {}));
  for (const auto& [role, targets] : first.products)
    KIP_TRY_VOID(out.stage(role, to_json(targets), {}));
  json::Array officers;
  for (const PublicKeyFile& officer : plan.officers) {
    out.officers_[officer.key.id()] = officer.name;
    officers.push_back(json::Object{{"name", officer.name}, {"key", officer.key.json()}});
  }
  // Written last: a folder with a description is complete.
  const json::Object description{
      {"format", "kip.repository/1"}, {"tenant", plan.online.tenant.str()}, {"officers", std::move(officers)}};
  KIP_TRY_VOID(replace_file(files, folder / "repository.json", json::to_pretty(description), kFileMode));
  return out;
}

Result<RepositoryFolder> RepositoryFolder::open(FileSystem& files, const std::filesystem::path& folder) {
  const auto bytes = read_file(files, folder / "repository.json", kMaxDescription);
  if (!bytes) {
    if (bytes.error().code != ErrorCode::not_found) return Unexpected(bytes.error());
    return fail(ErrorCode::not_found,
                fmt::format("{} is not a repository folder; make one with \"kip repo init\"", folder.string()));
  }
  KIP_TRY(const json::Value value, json::parse(*bytes));
  json::ObjectReader in(value, "repository.json");
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
    KIP_TRY(const Key key, Key::parse(object));
    out.officers_[key.id()] = std::move(name);
  }
  return out;
}

std::filesystem::path RepositoryFolder::staged_path(std::string_view role) const {
  return folder_ / "staged" / (tuf::encode_role(role) + ".json");
}

std::string RepositoryFolder::officer_name(const std::string& key_id) const {
  const auto found = officers_.find(key_id);
  return found != officers_.end() ? found->second : "key " + key_id.substr(0, 12);
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
  KIP_TRY(const Bytes bytes,
          read_file(*files_, folder_ / "metadata" / (std::to_string(newest) + suffix), kMaxMetadata));
  KIP_TRY(tuf::Document document, tuf::parse_document(bytes, kMaxMetadata));
  return std::optional(std::move(document));
}

Result<std::optional<tuf::Document>> RepositoryFolder::staged(std::string_view role) const {
  KIP_TRY(const bool exists, path_exists(*files_, staged_path(role)));
  if (!exists) return std::optional<tuf::Document>();
  KIP_TRY(const Bytes bytes, read_file(*files_, staged_path(role), kMaxMetadata));
  KIP_TRY(tuf::Document document, tuf::parse_document(bytes, kMaxMetadata));
  return std::optional(std::move(document));
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

Result<void> RepositoryFolder::add_release(const Release& release, const std::filesystem::path& package, Instant now) {
  const std::string role = product_role(release.product);
  const auto current = newest(role);
  if (!current) {
    return fail(ErrorCode::not_found,
                fmt::format("the repository has no product {} (role {})", release.product.str(), role));
  }
  KIP_TRY(tuf::Targets targets, tuf::read_targets(current->body));
  const std::string path = release_target_path(release.product, release.version);
  // Copied under a temporary name first: its own hash is part of its final one.
  const std::filesystem::path incoming = folder_ / "targets" / (release.product.str() + ".incoming");
  tuf::TargetFile file;
  KIP_TRY(const Bytes digest, copy_hashing(*files_, package, incoming, file.length));
  file.hashes["sha256"] = to_hex(digest);
  file.custom = to_json(release);
  const auto listed = targets.targets.find(path);
  if (listed != targets.targets.end() && listed->second.hashes != file.hashes) {
    static_cast<void>(files_->remove(incoming));
    return fail(ErrorCode::conflict,
                fmt::format("version {} of {} is listed already with other content; a version never changes, "
                            "give the new content a new version",
                            release.version.str(), release.product.str()));
  }
  const std::filesystem::path place = target_file(path, file);
  KIP_TRY_VOID(make_directories(*files_, place.parent_path(), kFolderMode));
  KIP_TRY_VOID(files_->rename(incoming, place));
  KIP_TRY_VOID(files_->sync_directory(place.parent_path()));
  if (listed != targets.targets.end() && listed->second.custom == file.custom) return {};
  targets.targets.insert_or_assign(path, std::move(file));
  KIP_TRY(const std::optional<tuf::Document> live, published(role));
  targets.header = {live ? version_of(*live) + 1 : 1, next_expiry(now)};
  return stage(role, to_json(targets), {});
}

Result<std::vector<RepositoryFolder::Authority>> RepositoryFolder::authorities(std::string_view role) const {
  std::vector<Authority> out;
  if (role == tuf::kRoot || role == tuf::kTargets) {
    KIP_TRY(const tuf::Document document, newest(tuf::kRoot));
    KIP_TRY(const tuf::Root root, tuf::read_root(document.body));
    out.push_back({root.keys, root.role(role)});
  }
  if (role == tuf::kRoot) {
    KIP_TRY(const std::optional<tuf::Document> live, published(tuf::kRoot));
    if (live) {
      KIP_TRY(const tuf::Root root, tuf::read_root(live->body));
      out.push_back({root.keys, root.role(role)});
    }
  }
  if (out.empty()) {
    KIP_TRY(const tuf::Document top, newest(tuf::kTargets));
    KIP_TRY(const tuf::Targets targets, tuf::read_targets(top.body));
    const tuf::DelegatedRole* delegation = targets.delegation(role);
    if (delegation == nullptr) return fail(ErrorCode::not_found, fmt::format("the repository has no role {}", role));
    out.push_back({targets.delegation_keys, delegation->role});
  }
  return out;
}

Result<bool> RepositoryFolder::may_sign(std::string_view role, const std::string& key_id) const {
  KIP_TRY(const std::vector<Authority> all, authorities(role));
  return std::any_of(all.begin(), all.end(), [&](const Authority& authority) {
    const auto& ids = authority.role.key_ids;
    return std::find(ids.begin(), ids.end(), key_id) != ids.end();
  });
}

Result<std::vector<SigningState>> RepositoryFolder::signing() const {
  std::vector<SigningState> out;
  KIP_TRY(const std::vector<std::string> all_roles, roles());
  for (const std::string& role : all_roles) {
    KIP_TRY(const std::optional<tuf::Document> document, staged(role));
    if (!document) continue;
    KIP_TRY(const std::vector<Authority> all, authorities(role));
    SigningState state;
    state.role = role;
    state.complete = true;
    for (const Authority& authority : all) {
      const tuf::SignatureCount count = count_signatures(*document, authority.keys, authority.role);
      state.complete = state.complete && count.enough();
      state.threshold = std::max(state.threshold, count.threshold);
      for (const std::string& id : authority.role.key_ids) {
        const bool valid =
            std::find(count.valid_key_ids.begin(), count.valid_key_ids.end(), id) != count.valid_key_ids.end();
        std::vector<std::string>& list = valid ? state.signed_by : state.missing;
        if (std::find(list.begin(), list.end(), officer_name(id)) == list.end()) list.push_back(officer_name(id));
      }
    }
    out.push_back(std::move(state));
  }
  return out;
}

Result<void> RepositoryFolder::sign(std::string_view role, const Signer& signer) {
  KIP_TRY(const bool allowed, may_sign(role, signer.key_id));
  if (!allowed) return fail(ErrorCode::denied, fmt::format("this key may not sign {}", role));
  KIP_TRY(std::optional<tuf::Document> document, staged(role));
  if (!document) return fail(ErrorCode::not_found, fmt::format("nothing is staged for {}", role));
  KIP_TRY(Bytes octets, signer.key.sign(document->canonical));
  std::erase_if(document->signatures, [&](const tuf::Signature& s) { return s.key_id == signer.key_id; });
  document->signatures.push_back({signer.key_id, std::move(octets)});
  return stage(role, document->body, document->signatures);
}

Result<tuf::Publication> RepositoryFolder::publication() const {
  KIP_TRY(const std::vector<SigningState> states, signing());
  tuf::Publication out;
  for (const SigningState& state : states) {
    if (!state.complete) {
      return fail(ErrorCode::signature,
                  fmt::format("{} is signed by {} of {}; still to be asked: {}", state.role, state.signed_by.size(),
                              state.threshold, fmt::join(state.missing, ", ")));
    }
    KIP_TRY(Bytes bytes, read_file(*files_, staged_path(state.role), kMaxMetadata));
    if (state.role == tuf::kRoot) {
      out.roots.push_back(std::move(bytes));
    } else if (state.role == tuf::kTargets) {
      out.targets = std::move(bytes);
    } else {
      out.delegated.emplace(state.role, std::move(bytes));
    }
  }
  return out;
}

Result<void> RepositoryFolder::mark_published() {
  KIP_TRY(const std::vector<SigningState> states, signing());
  for (const SigningState& state : states) {
    KIP_TRY(const std::optional<tuf::Document> document, staged(state.role));
    const std::string name = fmt::format("{}.{}.json", version_of(*document), tuf::encode_role(state.role));
    KIP_TRY_VOID(files_->rename(staged_path(state.role), folder_ / "metadata" / name));
  }
  KIP_TRY_VOID(files_->sync_directory(folder_ / "metadata"));
  return files_->sync_directory(folder_ / "staged");
}

}  // namespace kip
