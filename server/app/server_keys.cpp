#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <server/app/server_keys.hpp>
#include <signing/keys/key_file.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::server {
namespace {

constexpr std::uint64_t kMaxPassphrase = 4096;
constexpr std::uint64_t kMaxOnlineKeys = 64U << 10U;
constexpr const char* kCheckpointKey = "checkpoint.pem";
constexpr const char* kEarlierCheckpointKey = "checkpoint-earlier.pem";

Result<Signer> make(FileSystem& files, const std::filesystem::path& path, const SecretBytes& passphrase) {
  KIP_TRY(PrivateKey key, PrivateKey::generate(KeyType::ed25519));
  KIP_TRY_VOID(write_key_file(files, path, key, passphrase));
  return Signer::of(std::move(key));
}

Result<Signer> load(FileSystem& files, const std::filesystem::path& path, const SecretBytes& passphrase) {
  KIP_TRY(PrivateKey key, read_key_file(files, path, passphrase));
  return Signer::of(std::move(key));
}

using Source = Result<Signer> (*)(FileSystem&, const std::filesystem::path&, const SecretBytes&);

Result<ServerKeys> all(Source source, FileSystem& files, const std::filesystem::path& folder,
                       const SecretBytes& passphrase) {
  KIP_TRY(Signer timestamp, source(files, folder / "timestamp.pem", passphrase));
  KIP_TRY(Signer snapshot, source(files, folder / "snapshot.pem", passphrase));
  KIP_TRY(Signer rollouts, source(files, folder / "rollouts.pem", passphrase));
  KIP_TRY(Signer entry, source(files, folder / "entry.pem", passphrase));
  KIP_TRY(Signer checkpoint, source(files, folder / kCheckpointKey, passphrase));
  return ServerKeys{
      {std::move(timestamp), std::move(snapshot), std::move(rollouts)}, std::move(entry), std::move(checkpoint)};
}

json::Value public_json(const Signer& signer) {
  return Key::of(signer.key.public_key()).json();
}

/// Who has got hold of one key must not have another role by it.
Result<void> expect_distinct(const ServerKeys& keys, const std::filesystem::path& folder) {
  std::vector<std::pair<const Signer*, std::string>> all = {{&keys.roles.timestamp, "timestamp.pem"},
                                                            {&keys.roles.snapshot, "snapshot.pem"},
                                                            {&keys.roles.rollouts, "rollouts.pem"},
                                                            {&keys.entry, "entry.pem"},
                                                            {&keys.checkpoint, kCheckpointKey}};
  if (keys.earlier_checkpoint) all.emplace_back(&*keys.earlier_checkpoint, kEarlierCheckpointKey);
  std::map<std::string, std::string> known;
  for (const auto& [signer, name] : all) {
    const auto [before, is_new] = known.emplace(signer->key_id, name);
    if (is_new) continue;
    return fail(ErrorCode::usage,
                fmt::format("{0} and {1} in {2} hold the same key, and each needs one of its own: bring the right "
                            "file back from a backup",
                            before->second, name, folder.string()));
  }
  return {};
}

}  // namespace

std::filesystem::path secret_file(FileSystem& files, const std::filesystem::path& file) {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) return file;
  const std::filesystem::path handed = std::filesystem::path(folder) / ("kip_" + file.filename().string());
  const auto there = path_exists(files, handed);
  return there && *there ? handed : file;
}

Result<SecretBytes> read_passphrase(FileSystem& files, const std::optional<std::filesystem::path>& named) {
  if (!named) return SecretBytes();
  const std::filesystem::path file = secret_file(files, *named);
  // A systemd credential is 0400 or 0440 in a folder of its own, so that its mode is left alone.
  const char* const handed = std::getenv("CREDENTIALS_DIRECTORY");
  if (handed == nullptr || directory_of(file) != handed) KIP_TRY_VOID(expect_private(files, file));
  KIP_TRY(Bytes text, read_file(files, file, kMaxPassphrase, Links::follow));
  Bytes line(trim(BytesView(text).substr(0, text.find('\n'))));
  SecretBytes::wipe(text);
  if (line.empty()) return fail(ErrorCode::malformed, file.string() + " holds no passphrase in its first line");
  return SecretBytes(std::move(line));
}

Result<ServerKeys> make_server_keys(FileSystem& files, const std::filesystem::path& folder,
                                    const SecretBytes& passphrase) {
  return all(make, files, folder, passphrase);
}

Result<ServerKeys> load_server_keys(FileSystem& files, const std::filesystem::path& folder,
                                    const SecretBytes& passphrase) {
  KIP_TRY(const bool has_checkpoint_key, path_exists(files, folder / kCheckpointKey));
  if (!has_checkpoint_key) {
    KIP_TRY_VOID(load(files, folder / "entry.pem", passphrase));  // it is a folder of keys, and the passphrase is right
    KIP_TRY_VOID(make(files, folder / kCheckpointKey, passphrase));
  }
  KIP_TRY(ServerKeys out, all(load, files, folder, passphrase));
  KIP_TRY(const bool has_earlier, path_exists(files, folder / kEarlierCheckpointKey));
  if (has_earlier) {
    KIP_TRY(out.earlier_checkpoint, load(files, folder / kEarlierCheckpointKey, passphrase));
  }
  KIP_TRY_VOID(expect_distinct(out, folder));
  return out;
}

Result<void> follow_checkpoint_key(FileSystem& files, const std::filesystem::path& folder,
                                   const SecretBytes& passphrase) {
  KIP_TRY(const bool has_earlier, path_exists(files, folder / kEarlierCheckpointKey));
  if (has_earlier) {
    return fail(ErrorCode::conflict,
                "one key follows another already; end that first with \"kip-server log drop-key\"");
  }
  // Cut off here, the next start makes the new key.
  KIP_TRY_VOID(files.rename(folder / kCheckpointKey, folder / kEarlierCheckpointKey));
  KIP_TRY_VOID(files.sync_directory(folder));
  KIP_TRY_VOID(make(files, folder / kCheckpointKey, passphrase));
  return {};
}

Result<void> drop_earlier_checkpoint_key(FileSystem& files, const std::filesystem::path& folder) {
  KIP_TRY(const bool has_earlier, path_exists(files, folder / kEarlierCheckpointKey));
  if (!has_earlier) return fail(ErrorCode::not_found, "the logs are signed by one key only");
  KIP_TRY_VOID(files.remove(folder / kEarlierCheckpointKey));
  return files.sync_directory(folder);
}

Bytes online_keys_file(const TenantId& tenant, const ServerKeys& keys, const std::vector<LogAuthority>& logs) {
  json::Array list;
  for (const LogAuthority& log : logs)
    list.push_back(to_json(log));
  return json::to_pretty(json::Object{{"format", "kip.online-keys/1"},
                                      {"tenant", tenant.str()},
                                      {"timestamp", public_json(keys.roles.timestamp)},
                                      {"snapshot", public_json(keys.roles.snapshot)},
                                      {"rollouts", public_json(keys.roles.rollouts)},
                                      {"entry", public_json(keys.entry)},
                                      {"logs", std::move(list)}});
}

Result<void> write_online_keys(FileSystem& files, const std::filesystem::path& folder, BytesView content) {
  constexpr unsigned kPublicFile = 0644;
  const auto path = folder / "online-keys.json";
  const auto before = read_file(files, path, kMaxOnlineKeys);
  if (before && *before == content) return {};
  return replace_file(files, path, content, kPublicFile);
}

}  // namespace kip::server
