#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <server/domain/access.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::server {

/// Who stamps the logs from the beginning on.
struct SetupAuthority {
  std::string url = {};  ///< checked by parse_public_url(); empty: nobody
  Bytes roots = {};      ///< PEM; they go into the folder
};

struct SetupPlan {
  std::filesystem::path folder;
  TenantId tenant;
  std::string url;     ///< checked by parse_public_url()
  std::string listen;  ///< checked by parse_listen()
  std::string staff = "admin";
  std::optional<std::filesystem::path> passphrase_file = {};
  std::map<std::string_view, std::string> postgresql = {};  ///< settings by their whole names, of that table and others
  const SecretBytes* passphrase = nullptr;  ///< what passphrase_file holds, where whoever sets up cannot read it
  SetupAuthority authority = {};
};

struct SetupPorts {
  FileSystem& files;
  const Clock& clock;
  RandomSource& random;
};

/// Whether a server's folder can be made there. Errors: conflict, with the advice, where something is in it; storage.
Result<void> expect_empty(FileSystem& files, const std::filesystem::path& folder, std::string_view advice);

/// Makes a server's folder (0700): settings, online keys, database, calendars, online-keys.json, and a first staff
/// token, which is returned and kept nowhere else. Everything is made beside it and takes the folder's name as a whole,
/// so that a failure leaves nothing, save perhaps in the
/// database of a PostgreSQL server. Errors: conflict where the folder has something in it; those of keys and storage.
Result<NewToken> set_up(const SetupPorts& ports, const SetupPlan& plan);

}  // namespace kip::server
