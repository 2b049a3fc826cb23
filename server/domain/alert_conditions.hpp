#pragma once

#include <chrono>
#include <vector>

#include <server/domain/alert_records.hpp>
#include <server/domain/board.hpp>
#include <server/domain/publishing.hpp>

namespace kip::server {

/// Finds what has to be looked after. It changes nothing; the same state and instant give the same alerts. Thread-safe.
class AlertConditions {
 public:
  struct Ports {
    Store& store;
    const Recorder& recorder;
    const Board& board;
    Publisher& publisher;
  };
  /// What is missed for longer raises no alert of its own: a server that begins with old records starts no flood.
  static constexpr std::chrono::days kNews{7};
  /// A checkpoint that waits for longer has a silent authority.
  static constexpr std::chrono::hours kAuthorityPatience{1};
  static constexpr std::chrono::days kMetadataAhead{30};  ///< of what officers sign
  /// The server renews its own timestamp long before; with less left it has not been able to.
  static constexpr std::chrono::days kTimestampAhead{3};
  static constexpr std::chrono::days kTokenAhead{14};

  /// All must outlive it.
  explicit AlertConditions(const Ports& ports) : ports_(ports) {}

  /// What is so now, ascending by kind; `open` is what was so before. Calendars are those of the board, and alert from
  /// 90 days before they end. Errors: those of the store and of judge().
  Result<std::vector<Alert>> look(const std::vector<AlertRecord>& open) const;

 private:
  Result<void> look_at_obligations(Projection& from, const std::vector<AlertRecord>& open,
                                   std::vector<Alert>& out) const;
  Result<void> look_at_stamps(StampTable& stamps, std::vector<Alert>& out) const;
  Result<void> look_at_metadata(std::vector<Alert>& out) const;
  Result<void> look_at_tokens(Projection& from, std::vector<Alert>& out) const;
  Result<void> look_at_calendars(std::vector<Alert>& out) const;

  Ports ports_;
};

}  // namespace kip::server
