#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <server/app/service.hpp>

namespace kip::server {

/// Makes new keys for timestamp, snapshot and rollouts in the place of the old ones, which are gone afterwards, and
/// writes their public halves to online-keys.json for the officers. Until these have published a root that names the
/// new keys, the server can renew nothing. The key that signs events stays. Cut off anywhere it can be repeated.
/// Errors: busy where a server runs on this folder; those of keys and storage.
Result<void> replace_online_keys(FileSystem& files, const std::filesystem::path& folder);

enum class LogKeyChange {
  follow,  ///< a new key signs checkpoints, beside the one before
  drop,    ///< the one before signs no more
};

/// Changes by which keys checkpoints are signed, and tells officers of it in online-keys.json. Errors: busy where a
/// server runs on this folder; those of follow_checkpoint_key() and drop_earlier_checkpoint_key().
Result<void> change_log_keys(FileSystem& files, const std::filesystem::path& folder, LogKeyChange change);

struct Collected {
  std::vector<std::string> paths;  ///< relative to the repository, ascending
  std::uint64_t octets = 0;
};

/// Removes the files of the published repository that no unexpired snapshot names; roots stay for ever. With
/// `only_look` nothing is removed. May run beside a server. Errors: integrity where the repository is damaged, which is
/// no time to remove anything; busy while somebody publishes; storage.
Result<Collected> collect_garbage(FileSystem& files, const ServerSettings& settings, Instant now, bool only_look);

/// Encrypts the keys of a stopped server under the first line of that file, which the settings name from then on.
/// Errors: busy where it runs; conflict where they are encrypted already; those of reading and of the file system.
Result<void> encrypt_keys(FileSystem& files, const std::filesystem::path& folder,
                          const std::filesystem::path& passphrase_file);

}  // namespace kip::server
