#pragma once

#include <filesystem>
#include <optional>

#include <server/domain/publishing.hpp>
#include <signing/evidence/log_keys.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::server {

/// Every private key that a server holds.
struct ServerKeys {
  OnlineRoleKeys roles;
  Signer entry;                                   ///< signs events and acknowledgements
  Signer checkpoint;                              ///< signs the heads of the transparency logs
  std::optional<Signer> earlier_checkpoint = {};  ///< signs them too, until everybody knows the one that follows it
};

/// Where a file with a secret lies for this process: what its user cannot read, systemd hands over as kip_NAME in
/// $CREDENTIALS_DIRECTORY (LoadCredential=kip:FOLDER).
std::filesystem::path secret_file(FileSystem& files, const std::filesystem::path& file);

/// A passphrase, password or other secret from the first line of a file; none where no file is named. Errors: those of
/// expect_private(), but for what systemd hands over, and of reading; malformed where it is empty.
Result<SecretBytes> read_passphrase(FileSystem& files, const std::optional<std::filesystem::path>& file);

/// Makes Ed25519 keys as NAME.pem in an existing folder, encrypted where there is a passphrase. Errors: conflict,
/// storage.
Result<ServerKeys> make_server_keys(FileSystem& files, const std::filesystem::path& folder,
                                    const SecretBytes& passphrase);

/// A folder from before the logs gets the key of their checkpoints. Errors: not_found, denied (wrong passphrase, or a
/// file that others can read), malformed.
Result<ServerKeys> load_server_keys(FileSystem& files, const std::filesystem::path& folder,
                                    const SecretBytes& passphrase);

/// Makes a new key for checkpoints, which from then on are signed by both. Errors: conflict where the earlier one still
/// signs; those of storage.
Result<void> follow_checkpoint_key(FileSystem& files, const std::filesystem::path& folder,
                                   const SecretBytes& passphrase);
/// The earlier one signs no more. Errors: not_found where there is none; storage.
Result<void> drop_earlier_checkpoint_key(FileSystem& files, const std::filesystem::path& folder);

/// The public halves for officers, "kip.online-keys/1", with the logs that they are asked to authorise.
/// Format: docs/formats/keys.md.
Bytes online_keys_file(const TenantId& tenant, const ServerKeys& keys, const std::vector<LogAuthority>& logs);

/// Writes it as online-keys.json into a server's folder, where it is another one than before. Errors: storage.
Result<void> write_online_keys(FileSystem& files, const std::filesystem::path& folder, BytesView content);

}  // namespace kip::server
