#pragma once

#include <filesystem>
#include <memory>

#include <client-updater/app/commands.hpp>
#include <client-updater/app/updater_settings.hpp>
#include <client-updater/databases/all_engines.hpp>
#include <client-updater/network/heedful_http_client.hpp>
#include <client-updater/network/relay.hpp>
#include <client-updater/platform/posix/network_process.hpp>
#include <client-updater/platform/posix/posix_machine.hpp>
#include <client-updater/state/sqlite_state_store.hpp>
#include <client-updater/update/install.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/terminal/system_clock.hpp>

namespace kip::updater {

/// What one run of the program works with: the real world behind the ports. Not movable, since the ports refer to it.
class Session {
 public:
  enum class Access {
    create,     ///< makes the folder where it is missing; the only one at work there
    exclusive,  ///< an enrolled folder; the only one at work there
    look,       ///< an enrolled folder, to be read only; others may be at work
  };

  /// Errors: not_found where the folder holds no install; busy where another program is at work there; denied.
  static Result<std::unique_ptr<Session>> open(const Arguments& arguments, Access access);

  const Layout& layout() const { return layout_; }
  const Clock& clock() const { return clock_; }
  const UpdaterSettings& settings() const { return settings_; }
  /// When a server may be asked again, where one has said so.
  const std::optional<Instant>& not_before() const { return http_->not_before(); }
  SqliteStateStore& store() { return *store_; }
  Ports ports() {
    return {files_,     *http_,   *store_,     clock_, random_,
            databases_, machine_, hooks_file_, {},     settings_.automatic_support};
  }

 private:
  Session(const std::filesystem::path& folder, std::filesystem::path hooks_file)
      : layout_(folder), hooks_file_(std::move(hooks_file)) {}

  Result<void> prepare(const Arguments& arguments, Access access);

  Layout layout_;
  PosixFileSystem files_;
  UpdaterSettings settings_;
  std::optional<NetworkProcess> network_;
  std::unique_ptr<RelayedHttpClient> relay_;
  std::optional<HeedfulHttpClient> http_;
  SystemClock clock_;
  SystemRandom random_;
  AllEngines databases_{files_, clock_};
  PosixMachine machine_;
  std::filesystem::path hooks_file_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<SqliteStateStore> store_;
};

/// To be called before anything of the install is read. Errors: those of NetworkProcess::start().
Result<NetworkProcess> start_network_process(UpdaterSettings settings);

}  // namespace kip::updater
