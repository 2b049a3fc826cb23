#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <server/app/server_keys.hpp>
#include <server/app/server_settings.hpp>
#include <server/domain/log_sequencer.hpp>
#include <server/domain/unit_of_work.hpp>
#include <signing/daemon/log.hpp>

namespace kip::server {

/// In the server's folder: held by the server that runs on it.
inline constexpr const char* kLockFile = "kip-server.lock";

/// What every command that works on a server's folder needs: settings, keys, store.
struct ServerFolder {
  ServerSettings settings;
  ServerKeys keys;
  std::unique_ptr<Store> store;
};

/// Of such a folder, with its database neither opened nor begun: `store` is null. Errors: not_found where it is no
/// server's folder; those of settings and keys.
Result<ServerFolder> read_server_folder(FileSystem& files, const std::filesystem::path& folder);

/// Errors: those of read_server_folder() and of the store.
Result<ServerFolder> open_server_folder(FileSystem& files, const std::filesystem::path& folder);

LogKeeping log_keeping(const ServerFolder& opened);

/// Tells officers of the keys and the logs as they are: online-keys.json. Errors: those of the store; storage.
Result<void> offer_keys(FileSystem& files, const std::filesystem::path& folder, const ServerFolder& opened);

struct ServicePorts {
  FileSystem& files;
  const Clock& clock;
  RandomSource& random;
  Log& log;
  std::function<void(const char*)> name_thread;
  std::function<std::string()> process_metrics = [] {
    return std::string();
  };  ///< of HTTP, in the text format of Prometheus
};

struct ServiceOptions {
  std::filesystem::path folder;
  std::optional<ListenAddress> listen = {};        ///< instead of the settings'
  std::vector<std::filesystem::path> others = {};  ///< folders of more vendors, served under the same address
};

/// A running server for one vendor or several: everything put together. Starting reconciles the record with what is
/// published and renews metadata; destroying it stops gracefully. Not thread-safe.
class Service {
 public:
  /// The first folder's settings say how the process serves. Errors: usage where the folders have different addresses,
  /// and conflict where two are of one vendor; busy where a server runs on this folder; conflict where the address is
  /// taken; those of open_server_folder().
  static Result<std::unique_ptr<Service>> start(const ServicePorts& ports, const ServiceOptions& options);
  ~Service();

  /// "http://127.0.0.1:8080", with the port that it has.
  std::string address() const;

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace kip::server
