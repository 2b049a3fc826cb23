#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/result.hpp>
#include <signing/log/note.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::server {

/// What the command line gave; which members count depends on the command.
struct Arguments {
  std::string folder;
  std::string tenant;
  std::string url;
  std::string listen;
  std::string staff = "admin";
  std::vector<std::string> roles;
  std::string token_file;
  std::string passphrase_file;
  std::string ready_file;
  std::string reason;
  std::string customer;
  std::string from_file;
  std::string from;
  std::string to;
  std::string settings_file;
  std::string mark;
  std::string language;
  std::string authority_url;
  std::string authority_roots;
  std::vector<std::string> known;
  std::vector<std::string> others;
  std::map<std::string_view, std::string> postgresql;  ///< settings by their names; "" is not given
  int port = 0;
  int days = 365;
  bool yes = false;
  bool only_look = false;
  bool with_plain_keys = false;
  bool logs_go_on = false;
};

/// `kip-server init`: asks for what is missing where it runs on a terminal.
Result<void> run_init(const Arguments& arguments);
/// `kip-server setup`: the same with more questions in plain words, and for the service of the Debian package. May be
/// run again.
Result<void> run_setup(const Arguments& arguments);
/// `kip-server run`: returns when SIGTERM or SIGINT has come and the server has stopped.
Result<void> run_server(const Arguments& arguments);
Result<void> run_token_create(const Arguments& arguments);
Result<void> run_rebuild(const Arguments& arguments);
Result<void> run_check(const Arguments& arguments);
Result<void> run_keys_replace(const Arguments& arguments);
Result<void> run_customer_erase(const Arguments& arguments);
/// `kip-server database copy`: from a file of SQLite into the database of the settings, which is begun.
Result<void> run_database_copy(const Arguments& arguments);
Result<void> run_log_restart(const Arguments& arguments);
Result<void> run_log_new_key(const Arguments& arguments);
Result<void> run_log_drop_key(const Arguments& arguments);
/// `kip-server dev-tsa`: serves a development authority until SIGTERM or SIGINT.
Result<void> run_dev_tsa(const Arguments& arguments);
Result<void> run_gc(const Arguments& arguments);
Result<void> run_backup(const Arguments& arguments);
Result<void> run_restore(const Arguments& arguments);
Result<void> run_keys_encrypt(const Arguments& arguments);

/// Checkpoints that others have kept. Errors: those of reading; malformed.
Result<std::vector<tlog::Note>> read_known_checkpoints(FileSystem& files, const std::vector<std::string>& paths);

}  // namespace kip::server
