#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include <signing/http/http_server.hpp>

namespace kip::http {

/// What is known of the requests that are being answered, one in each thread, and what becomes of it: a line in the log
/// and a word to the observer. Thread-safe.
class RequestNotes {
 public:
  /// Both must outlive it.
  RequestNotes(const HttpOptions& options, Log& log) : options_(options), log_(log) {}

  /// The calling thread is about to read a request; `shed` where it will only turn it away.
  void begin(bool shed);
  /// It is about to be answered. Returns the request's id.
  std::string note(std::string route, std::string principal);
  /// It was answered. A method that HTTP does not have is noted as "-".
  void finish(const std::string& method, int status, std::uint64_t bytes);

 private:
  struct Note {
    std::chrono::steady_clock::time_point begun;
    std::string id;
    std::string route;
    std::string principal;
    bool shed = false;
  };
  std::chrono::steady_clock::time_point now() const;
  void tell_shed(std::chrono::steady_clock::time_point now);

  const HttpOptions& options_;
  Log& log_;
  std::mutex mutex_;  ///< guards what follows
  std::uint64_t requests_ = 0;
  std::map<std::thread::id, Note> notes_;
  std::uint64_t shed_ = 0;  ///< turned away, and not in the log yet
  std::chrono::steady_clock::time_point shed_told_ = {};
};

}  // namespace kip::http
