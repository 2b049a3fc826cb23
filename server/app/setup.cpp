#include <fmt/format.h>

#include <manifests/deadline/calendar_book.hpp>
#include <server/app/server_database.hpp>
#include <server/app/server_keys.hpp>
#include <server/app/server_settings.hpp>
#include <server/app/setup.hpp>
#include <server/domain/log_sequencer.hpp>
#include <server/storage/folder_repository.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/whole_folder.hpp>

namespace kip::server {
namespace {

constexpr unsigned kPrivateFolder = 0700;
constexpr unsigned kPrivateFile = 0600;
constexpr unsigned kPublicFile = 0644;

/// Its roots go into the folder, so that a backup has them.
Result<void> add_authority(FileSystem& files, const SetupAuthority& authority, const std::filesystem::path& folder,
                           Bytes& text) {
  if (authority.url.empty()) return {};
  constexpr const char* kRoots = "authority.pem";
  KIP_TRY_VOID(replace_file(files, folder / kRoots, authority.roots, kPublicFile));
  text += fmt::format("\n[[authority]]\nname = \"first\"\nurl = \"{}\"\nca_file = \"{}\"\nindependent = true\n",
                      authority.url, kRoots);
  KIP_TRY(const ServerSettings settings, read_server_settings(text, folder / kSettingsFile));
  for (const tsp::AuthoritySettings& one : settings.authorities) {
    const auto opened = tsp::open_authority(files, one);
    if (!opened) return fail_while("reading the time-stamping authority's roots", opened.error());
  }
  return {};
}

Result<NewToken> fill(const SetupPorts& ports, const SetupPlan& plan, const std::filesystem::path& folder) {
  FileSystem& files = ports.files;
  for (const char* name : {"keys", "calendars"})
    KIP_TRY_VOID(files.make_directory(folder / name, kPrivateFolder));
  for (const auto& [name, text] : built_in_calendars())
    KIP_TRY_VOID(replace_file(files, folder / "calendars" / name, text, kPublicFile));
  SecretBytes read;
  if (plan.passphrase == nullptr) {
    KIP_TRY(read, read_passphrase(files, plan.passphrase_file));
  }
  const SecretBytes& passphrase = plan.passphrase != nullptr ? *plan.passphrase : read;
  KIP_TRY(const ServerKeys keys, make_server_keys(files, folder / "keys", passphrase));
  KIP_TRY(const auto logs,
          log_authorities({{}, keys.checkpoint.key}, keys.entry.key.public_key(), first_lives(plan.url, plan.tenant)));
  KIP_TRY_VOID(write_online_keys(files, folder, online_keys_file(plan.tenant, keys, logs)));
  KIP_TRY_VOID(FolderRepository::open(files, folder / "repository" / plan.tenant.str()));
  std::map<std::string_view, std::string> values = plan.postgresql;
  values.insert({{"server.tenant", plan.tenant.str()}, {"server.url", plan.url}, {"server.listen", plan.listen}});
  if (plan.passphrase_file) values["keys.passphrase_file"] = std::filesystem::absolute(*plan.passphrase_file).string();
  Bytes text = sample_toml(server_setting_table(), values, server_setting_lists());
  KIP_TRY_VOID(add_authority(files, plan.authority, folder, text));
  KIP_TRY(const ServerSettings settings, read_server_settings(text, folder / kSettingsFile));
  KIP_TRY_VOID(replace_file(files, folder / kSettingsFile, text, kPrivateFile));
  // Last, as what is begun on a database server does not go with the folder.
  KIP_TRY(const auto store, begin_database(files, settings));
  const Recorder recorder(plan.tenant, plan.url, keys.entry, ports.clock, ports.random);
  return StaffAccess(*store, recorder).provide_token(kServerActor, plan.staff, every_role());
}

}  // namespace

Result<void> expect_empty(FileSystem& files, const std::filesystem::path& folder, std::string_view advice) {
  const auto names = files.list_directory(folder);
  if (!names && names.error().code == ErrorCode::not_found) return {};
  if (!names) return Unexpected(names.error());
  if (names->empty()) return {};
  return fail(ErrorCode::conflict,
              fmt::format("{} has something in it already; nothing was changed. {}", folder.string(), advice));
}

Result<NewToken> set_up(const SetupPorts& ports, const SetupPlan& plan) {
  FileSystem& files = ports.files;
  const auto folder = folder_path(plan.folder);
  KIP_TRY_VOID(expect_empty(files, folder, "Choose another folder with --dir"));
  std::optional<NewToken> token;
  KIP_TRY_VOID(make_whole_folder(files, folder, [&](const std::filesystem::path& draft) -> Result<void> {
    KIP_TRY(token, fill(ports, plan, draft));
    return {};
  }));
  return *std::move(token);
}

}  // namespace kip::server
