#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <manifests/core/result.hpp>
#include <manifests/core/version.hpp>

namespace kip::updater {

/// What stands on the command line.
struct Arguments {
  std::filesystem::path folder = "/var/lib/kip-updater";
  std::filesystem::path hooks_file = "/etc/kip-updater/hooks.json";
  std::filesystem::path settings = {};  ///< empty: kip-updater.toml in the folder
  bool json = false;
  std::optional<Version> version = {};    ///< of this program
  std::filesystem::path program = {};     ///< the file of this program; empty where it is not known
  std::vector<std::string> words = {};    ///< all that stands after its name
  std::string code = {};                  ///< of enroll and restore; "-" reads it from standard input
  std::string label;                      ///< of enroll and restore; empty: the machine's name
  std::string layout;                     ///< of enroll and restore
  std::filesystem::path app_folder = {};  ///< of enroll and restore --layout in-place
  bool adopt = false;                     ///< of enroll --layout in-place
  bool again = false;
  bool repair = false;                    ///< of audit
  std::string bundle;                     ///< of audit --repair
  std::string to;                         ///< of rollback
  bool keep = false;                      ///< of resume
  bool once = false;                      ///< of run
  bool yes = false;                       ///< of update
  bool cancel = false;                    ///< of defer
  std::string until;                      ///< of defer
  std::string reason;                     ///< of defer
  bool odbc = false;                      ///< of database attach
  bool restore_databases = false;         ///< of resume
  std::string database_kind;              ///< of database attach
  std::filesystem::path database = {};    ///< of database attach and detach
  std::vector<std::string> command = {};  ///< of launch
  std::filesystem::path file = {};        ///< of bundle, receipts, log and self-check
  std::filesystem::path receipts = {};    ///< of bundle apply
  std::string kind;                       ///< of support
  int grade = 3;                          ///< of support
  std::string note;                       ///< of support; "-" reads it from standard input
  std::string withdraw;                   ///< of support
};

// Each prints what came of it on standard output. A delivery of reports that fails is said, but is no failure of any
// but report.
Result<void> run_enroll(const Arguments& arguments);
/// Enrols an empty folder with a code that replaces an install, and brings what that had into use.
Result<void> run_restore(const Arguments& arguments);
Result<void> run_check(const Arguments& arguments);
Result<void> run_update(const Arguments& arguments);
Result<void> run_rollback(const Arguments& arguments);
/// Error integrity where files are damaged and were not repaired, after they have been listed.
Result<void> run_audit(const Arguments& arguments);
Result<void> run_resume(const Arguments& arguments);
Result<void> run_report(const Arguments& arguments);
Result<void> run_status(const Arguments& arguments);

}  // namespace kip::updater
