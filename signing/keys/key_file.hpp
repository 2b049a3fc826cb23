#pragma once

#include <filesystem>
#include <string>

#include <signing/keys/key.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

/// The public half of an officer's key as it is handed around: "kip.public-key/1". Format: docs/formats/keys.md.
struct PublicKeyFile {
  std::string name;  ///< the person, for summaries; at most 100 bytes
  Key key;
};

/// What may stand as the name of a key's holder: 1 to 100 octets of one line.
bool is_key_name(std::string_view name);

/// Errors: malformed.
Result<PublicKeyFile> parse_public_key_file(BytesView bytes);
Bytes to_bytes(const PublicKeyFile& file);

/// Writes a private key as PEM with mode 0600, encrypted unless the passphrase is empty. Errors: conflict where a file
/// is there already; storage.
Result<void> write_key_file(FileSystem& files, const std::filesystem::path& path, const PrivateKey& key,
                            const SecretBytes& passphrase);

/// Refuses a file that others than its owner can read. Errors: denied (also a wrong passphrase), not_found, malformed.
Result<PrivateKey> read_key_file(FileSystem& files, const std::filesystem::path& path, const SecretBytes& passphrase);

/// Whether read_key_file() will need a passphrase. Errors: not_found, storage.
Result<bool> needs_passphrase(FileSystem& files, const std::filesystem::path& path);

}  // namespace kip
