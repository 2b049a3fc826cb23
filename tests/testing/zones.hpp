#pragma once

#include <string>

#include <manifests/deadline/zone_database.hpp>

namespace kip::testing {

/// A twin of the zone database: one zone, whose clocks never change.
class FixedZone final : public ZoneDatabase {
 public:
  explicit FixedZone(std::string zone = "Asia/Ho_Chi_Minh", std::chrono::hours offset = std::chrono::hours(7),
                     std::string version = "2025b")
      : zone_(std::move(zone)), offset_(offset), version_(std::move(version)) {}

  std::string version() const override { return version_; }

  Result<ZonedInstant> to_utc(std::string_view zone, std::chrono::local_seconds local) const override {
    if (zone != zone_) return fail(ErrorCode::not_found, "no time zone " + std::string(zone));
    return ZonedInstant{Instant(local.time_since_epoch() - offset_), offset_};
  }

  Result<ZonedInstant> at(std::string_view zone, Instant instant) const override {
    if (zone != zone_) return fail(ErrorCode::not_found, "no time zone " + std::string(zone));
    return ZonedInstant{instant, offset_};
  }

 private:
  std::string zone_;
  std::chrono::hours offset_;
  std::string version_;
};

}  // namespace kip::testing
