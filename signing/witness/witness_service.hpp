#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include <signing/witness/witness_settings.hpp>

namespace kip::tlog {

/// Makes the folder of a new witness: settings, key and what it keeps. The folder appears whole or not at all.
/// Its verifier key, for those who are to believe it. Errors: conflict where something is there; malformed for a name
/// that a key cannot have; those of the file system.
Result<NoteKey> make_witness(FileSystem& files, const std::filesystem::path& folder, const std::string& name);

/// A witness behind HTTP: POST /add-checkpoint, and GET / for its verifier key. Threads kip-accept, kip-http and
/// kip-shed. Bodies, connections, waiting and the time for one body are bounded.
class WitnessService {
 public:
  struct Ports {
    FileSystem& files;
    const Clock& clock;
    Log& log;
    std::function<void(const char*)> name_thread;
    std::function<std::chrono::steady_clock::time_point()> steady_now = {};  ///< http::HttpOptions::steady_now
  };

  /// Opens the witness of the folder and serves. The ports must outlive it. Errors: usage where it has no log to watch;
  /// conflict where the address is taken; those of reading and of Witness::open().
  static Result<std::unique_ptr<WitnessService>> start(const Ports& ports, const std::filesystem::path& folder,
                                                       const std::optional<ListenAddress>& listen);
  /// Stops serving; requests that were begun are finished.
  ~WitnessService();

  /// "http://127.0.0.1:8319"
  std::string address() const;
  const NoteKey& key() const;
  std::size_t logs() const;

 private:
  struct Parts;
  explicit WitnessService(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace kip::tlog
