#include <algorithm>

#include <fmt/format.h>

#include <manifests/model/delta.hpp>
#include <manifests/model/release.hpp>
#include <signing/bundle/bundle_maker.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/folder_scan.hpp>
#include <signing/package/tar_writer.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/tuf/file_check.hpp>
#include <signing/tuf/scratch_store.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxRollout = 1U << 20U;
constexpr unsigned kFileMode = 0644;

/// Reads for a client and keeps what it was given.
class Recorder final : public tuf::MetadataFetcher {
 public:
  explicit Recorder(PublishedRepository& repository) : repository_(repository) {}

  Result<std::optional<Bytes>> fetch(std::string_view file_name, std::size_t max_bytes) override {
    return take(std::string(BundleIndex::kMetadata) + std::string(file_name), max_bytes);
  }
  Result<tuf::Fetched> fetch_unless(std::string_view file_name, std::size_t max_bytes,
                                    const tuf::Validators&) override {
    KIP_TRY(std::optional<Bytes> bytes, fetch(file_name, max_bytes));
    if (!bytes) return fail(ErrorCode::not_found, fmt::format("the repository has no {}", file_name));
    return tuf::Fetched{std::move(bytes), {}};
  }

  Result<std::optional<Bytes>> take(const std::string& path, std::size_t max_bytes) {
    KIP_TRY(std::optional<Bytes> bytes, repository_.read(path, max_bytes));
    if (bytes) files_.emplace_back(path, *bytes);
    return bytes;
  }
  std::vector<std::pair<std::string, Bytes>> files() && { return std::move(files_); }

 private:
  PublishedRepository& repository_;
  std::vector<std::pair<std::string, Bytes>> files_;
};

Result<Rollout> read_rollout(tuf::Client& client, Recorder& recorder, const ProductId& product) {
  KIP_TRY(const auto info, client.find(rollout_target_path(product)));
  if (!info) {
    return fail(ErrorCode::conflict,
                fmt::format("no release of {} is rolled out yet: publish one first", product.str()));
  }
  KIP_TRY(const auto bytes, recorder.take(std::string(BundleIndex::kTargets) + info->location, kMaxRollout));
  if (!bytes) return fail(ErrorCode::not_found, fmt::format("the repository has no {}", info->location));
  KIP_TRY_VOID(tuf::check_file(*bytes, info->file.length, info->file.hashes, info->path));
  KIP_TRY(Rollout rollout, parse_rollout(*bytes));
  if (rollout.paused) {
    return fail(ErrorCode::conflict, fmt::format("the rollout of {} {} is paused: a bundle would install nothing",
                                                 product.str(), rollout.version.str()));
  }
  return rollout;
}

Result<ProductPolicy> policy_of(const tuf::Targets& releases) {
  ProductPolicy policy;
  for (const auto& [path, file] : releases.targets) {
    if (!path.ends_with(".kpk")) continue;
    KIP_TRY(const Release release, parse_release(file.custom));
    policy.take_in(release);
  }
  return policy;
}

Result<tuf::TargetInfo> find_file(tuf::Client& client, const std::string& path, const std::string& role) {
  KIP_TRY(std::optional<tuf::TargetInfo> info, client.find(path));
  if (info && info->role == role) return *std::move(info);
  return fail(ErrorCode::not_found, fmt::format("the officers of {} list no {}", role, path));
}

/// The keys of the officers of one role.
std::vector<PublicKey> keys_of(const tuf::Targets& targets, const std::string& role) {
  std::vector<PublicKey> out;
  const tuf::Role* by = targets.signers(role);
  KIP_CHECK(by != nullptr);
  for (const std::string& id : by->key_ids) {
    const auto key = targets.delegation_keys.find(id);
    if (key != targets.delegation_keys.end() && key->second.usable()) out.push_back(*key->second.usable());
  }
  return out;
}

}  // namespace

Result<BundleContent> gather_bundle(PublishedRepository& repository, const BundleRequest& request) {
  if (request.life > OfflineStatement::kMaxLife || request.life <= std::chrono::days(0)) {
    return fail(ErrorCode::usage, fmt::format("a bundle is good for 1 to {} days", OfflineStatement::kMaxLife.count()));
  }
  Recorder recorder(repository);
  tuf::ScratchStore store(request.first_root);
  KIP_TRY(tuf::Client client, tuf::Client::open(recorder, store, request.now));
  KIP_TRY_VOID(client.refresh());
  const std::string role = product_role(request.product);
  KIP_TRY(const tuf::Targets* const releases, client.delegated(role));
  const Instant first_expiry = std::min({releases->header.expires, client.trusted().root().header.expires,
                                         client.trusted().targets(tuf::kTargets, tuf::kRoot)->header.expires});
  KIP_TRY(const ProductPolicy policy, policy_of(*releases));
  KIP_TRY(const Rollout rollout, read_rollout(client, recorder, request.product));
  KIP_TRY_VOID(policy.check(rollout.version));
  KIP_TRY(tuf::TargetInfo package, find_file(client, release_target_path(request.product, rollout.version), role));
  KIP_TRY(const Release release, parse_release(package.file.custom));
  if (request.from) {
    KIP_TRY(const tuf::TargetInfo base, find_file(client, release_target_path(request.product, *request.from), role));
    KIP_TRY(const Release before, parse_release(base.file.custom));
    KIP_TRY(package, find_file(client, delta_target_path(request.product, release.version, before.manifest), role));
  }
  const Instant wanted = request.now + request.life;
  std::vector<PublicKey> signers = keys_of(*client.trusted().targets(tuf::kTargets, tuf::kRoot), role);
  BundleContent out{{{std::string(BundleIndex::kMetadata) + "1.root.json", request.first_root}},
                    std::move(package),
                    {request.tenant, request.product, release.version, release.manifest, sha256(""), request.now,
                     std::min(wanted, first_expiry)},
                    std::move(signers),
                    first_expiry < wanted};
  auto read = std::move(recorder).files();
  std::move(read.begin(), read.end(), std::back_inserter(out.files));
  for (const auto& [path, bytes] : out.files) {
    if (path == std::string(BundleIndex::kMetadata) + "timestamp.json") out.statement.timestamp = sha256(bytes);
  }
  return out;
}

Result<dsse::Envelope> sign_statement(const BundleContent& content, const Signer& officer) {
  const bool is_listed =
      std::find(content.signers.begin(), content.signers.end(), officer.key.public_key()) != content.signers.end();
  if (!is_listed) {
    return fail(ErrorCode::denied, fmt::format("this key is none of the officers of {}: no install would believe it",
                                               product_role(content.statement.product)));
  }
  return dsse::sign(std::string(kOfflineType), json::to_compact(to_json(content.statement)), officer);
}

Result<BundleIndex> write_bundle(FileSystem& files, const std::filesystem::path& out, const BundleContent& content,
                                 const dsse::Envelope& statement, const std::filesystem::path& package) {
  KIP_TRY(const bool is_taken, path_exists(files, out));
  if (is_taken) {
    return fail(ErrorCode::conflict, fmt::format("{} exists already; choose another name or remove it", out.string()));
  }
  const OfflineStatement& said = content.statement;
  BundleIndex index{said.tenant, said.product, said.version, said.created_at, said.valid_until, {}};
  const auto list = [&index](const std::string& path, const FileDigest& digest) -> Result<void> {
    KIP_TRY(SafeRelativePath safe, SafeRelativePath::parse(path));
    index.entries.push_back({std::move(safe), digest.size, digest.sha256});
    return {};
  };
  std::vector<std::pair<std::string, Bytes>> small = {{std::string(BundleIndex::kStatementPath), to_bytes(statement)}};
  small.insert(small.end(), content.files.begin(), content.files.end());
  for (const auto& [path, bytes] : small)
    KIP_TRY_VOID(list(path, {sha256(bytes), bytes.size()}));
  const std::string package_path = std::string(BundleIndex::kTargets) + content.package.location;
  KIP_TRY(const FileDigest package_digest, digest_file(files, package));
  KIP_TRY_VOID(list(package_path, package_digest));

  KIP_TRY(const auto file, AtomicFile::create(files, out, kFileMode));
  TarWriter archive([&file](BytesView bytes) { return file->write(bytes); });
  small.insert(small.begin(), {std::string(BundleIndex::kPath), to_bytes(index)});
  for (const auto& [path, bytes] : small) {
    KIP_TRY_VOID(archive.add(path, bytes.size(), kFileMode));
    KIP_TRY_VOID(archive.write(bytes));
  }
  KIP_TRY_VOID(archive.add(package_path, package_digest.size, kFileMode));
  KIP_TRY(const auto input, files.open_input(package, Links::refuse));
  tuf::FileCheck check(content.package.file.length, content.package.file.hashes);
  std::uint64_t left = package_digest.size;
  KIP_TRY_VOID(read_in_pieces(*input, [&](BytesView piece) -> Result<void> {
    if (piece.size() > left) return fail(ErrorCode::conflict, package.string() + " changed while it was read");
    left -= piece.size();
    check.update(piece);
    return archive.write(piece);
  }));
  KIP_TRY_VOID(check.finish(package.string()));
  KIP_TRY_VOID(archive.finish());
  KIP_TRY_VOID(file->finish());
  KIP_TRY_VOID(file->commit());
  return index;
}

}  // namespace kip
