#pragma once

#include <memory>

#include <server/app/service.hpp>
#include <server/http/router.hpp>

namespace kip::server {

/// One vendor's part of a running server: keys, store, repository and logs, the routes over them, and the threads that
/// keep them going. Its failures are told once each, until they have become others. Not thread-safe but for router().
class TenantService {
 public:
  /// `port` is the one that is served, for settings that let the system choose. Brings the tables up to date, starts
  /// the logs and tells officers of the keys. Errors: busy where a server runs on this folder; those of
  /// open_server_folder() and of the logs.
  static Result<std::unique_ptr<TenantService>> open(const ServicePorts& ports, const std::filesystem::path& folder,
                                                     ServerFolder opened, int port);
  ~TenantService();

  const TenantId& tenant() const;
  const Router& router() const;
  /// Begins the work of the threads.
  void start();
  /// Ends it, once nobody calls the router any more, and publishes what is left in the logs.
  void stop();

 private:
  struct Parts;
  explicit TenantService(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace kip::server
