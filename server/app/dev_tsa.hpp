#pragma once

#include <filesystem>

#include <server/app/service.hpp>
#include <signing/timestamp/development_authority.hpp>

namespace kip::server {

/// The development authority behind HTTP. POST / or /tsa takes a request, GET /ca.pem gives the root.
class DevTsa {
 public:
  /// Opens the authority of the folder (key `tsa.key`, certificates `tsa.pem` and `ca.pem`), makes it first where there
  /// is none, and serves. The ports must outlive it. Errors: those of reading and writing; conflict where the address
  /// is taken.
  static Result<std::unique_ptr<DevTsa>> start(const ServicePorts& ports, const std::filesystem::path& folder,
                                               const ListenAddress& listen);
  /// Stops serving.
  ~DevTsa();

  /// "http://127.0.0.1:8318"
  std::string address() const;

 private:
  struct Parts;
  explicit DevTsa(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace kip::server
