#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <manifests/model/log_entry.hpp>

namespace kip::server {

/// What stands, or is about to stand, in a transparency log.
struct Leaf {
  std::int64_t position = 0;  ///< in the tree, from 0
  std::int64_t event_index = 0;
  Bytes entry;
  Bytes salt;  ///< of the commitment to the event's envelope; empty once it was destroyed

  bool operator==(const Leaf&) const = default;
};

/// The leaves of one tenant's logs, in the same transactions as the events. Only ever added to. Errors: those of the
/// unit of work.
class LeafTable {
 public:
  virtual ~LeafTable() = default;
  /// All lives of a log, ascending; leaves are added to the last.
  virtual Result<std::vector<LogLife>> lives(LogName log) = 0;
  /// Whether a log has a life. Cheap.
  virtual Result<bool> has_begun(LogName log) = 0;
  /// Errors: conflict where the number is not above the last one.
  virtual Result<void> begin(const LogLife& life) = 0;
  /// To the last life, of which there must be one; its position there.
  virtual Result<std::int64_t> append(LogName log, std::int64_t event_index, BytesView entry, BytesView salt) = 0;
  /// At most `limit` leaves of the last life from `position` on, ascending.
  virtual Result<std::vector<Leaf>> from(LogName log, std::int64_t position, std::size_t limit) = 0;
  /// The same of any life; none where there is no such life.
  virtual Result<std::vector<Leaf>> of_life(LogName log, std::int64_t life, std::int64_t position,
                                            std::size_t limit) = 0;
  /// Destroys the salts of an event's leaves in all lives of all logs.
  virtual Result<void> destroy_salts(std::int64_t event_index) = 0;
  /// How many leaves the last life has.
  virtual Result<std::int64_t> size(LogName log) = 0;
  /// The highest index of an event that has a leaf in any life of any log; 0 before the first.
  virtual Result<std::int64_t> last_event() = 0;
};

}  // namespace kip::server
