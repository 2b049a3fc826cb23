#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <manifests/core/instant.hpp>

namespace kip {

/// A local time as an instant, with the offset that was in force.
struct ZonedInstant {
  Instant instant;
  std::chrono::seconds utc_offset{};  ///< local time minus UTC
};

/// The IANA time zone database, as a port: rules stay pure and are tested with a twin. Implementations are thread-safe.
class ZoneDatabase {
 public:
  virtual ~ZoneDatabase() = default;

  /// "2025b"; "unknown" where the system does not say.
  virtual std::string version() const = 0;

  /// The first instant at which clocks in `zone` have reached `local`: where that time occurs twice the earlier one,
  /// and where it is skipped the moment of the change. Errors: not_found for a zone that the database does not have.
  virtual Result<ZonedInstant> to_utc(std::string_view zone, std::chrono::local_seconds local) const = 0;

  /// The instant with the offset in force then. Errors: not_found for a zone that the database does not have.
  virtual Result<ZonedInstant> at(std::string_view zone, Instant instant) const = 0;
};

/// The database of the operating system; after 2037 the rules of the years before go on. Read once when it is first
/// asked. Each failure comes as an error of to_utc() and at().
std::unique_ptr<ZoneDatabase> system_zone_database();

/// "# version 2025b" and what follows, the beginning of tzdata.zi -> "2025b"; "unknown" for any other text.
std::string tzdata_version(std::string_view first_line);

}  // namespace kip
