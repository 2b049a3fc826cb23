#pragma once

#include <filesystem>

#include <signing/http/message.hpp>

namespace kip::server {

using http::FileBody;
using http::problem;
using http::Request;
using http::Response;

/// Serves one tenant's repository folder as it lies on disk: metadata/N.ROLE.json, metadata/timestamp.json and
/// targets/DIR/HASH.NAME, and of the logs' folder LOG/public: checkpoint and tile/..., and nothing else (no temporary
/// file, no listing). Any web server could do the same. Thread-safe.
class StaticFiles {
 public:
  /// `root` holds the folders "metadata" and "targets", `logs` one for each life of a log.
  StaticFiles(FileSystem& files, std::filesystem::path root, std::filesystem::path logs)
      : files_(files), root_(std::move(root)), logs_(std::move(logs)) {}

  Response metadata(const Request& request, std::string_view file) const;
  Response target(const Request& request, std::string_view path) const;
  /// `log`: "o", "r2". Source: C2SP tlog-tiles.
  Response log(const Request& request, std::string_view log, std::string_view path) const;

 private:
  Response mutable_file(const Request& request, const std::filesystem::path& path, const char* type) const;
  struct Caching {
    std::string etag;
    std::string cache_control;
  };

  Response send(const Request& request, const std::filesystem::path& path, const Caching& caching) const;
  Response missing(std::string_view what) const;

  FileSystem& files_;
  std::filesystem::path root_;
  std::filesystem::path logs_;
};

}  // namespace kip::server
