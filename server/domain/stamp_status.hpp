#pragma once

#include <optional>
#include <string>
#include <vector>

#include <server/domain/unit_of_work.hpp>
#include <signing/timestamp/token.hpp>

namespace kip::server {

/// The newest token of an authority that stands in O.
struct NewestOfAuthority {
  std::string authority;
  tsp::GenTime time;
  std::int64_t covers = 0;  ///< entries of O
  bool independent = false;

  bool operator==(const NewestOfAuthority&) const = default;
};

/// How far the stamping of O has got.
struct StampStatus {
  std::int64_t entries = 0;               ///< of the newest life of O
  std::optional<StampSubject> last = {};  ///< the checkpoint that was given to the authorities last
  tsp::StampSummary summary = {};         ///< of that
  std::vector<tsp::Stamp> open = {};      ///< asked for and not in O, with what went wrong
  std::vector<NewestOfAuthority> newest;  ///< ascending by authority
};

/// Looks at the last entries of O, where each authority has stood within a day while it answered. Errors: those of the
/// unit of work.
Result<StampStatus> stamp_status(UnitOfWork& unit);

}  // namespace kip::server
