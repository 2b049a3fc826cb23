#pragma once

#include <optional>
#include <vector>

#include <signing/timestamp/stamp.hpp>

namespace kip::server {

/// A checkpoint of O that was given to the authorities.
struct StampSubject {
  Sha256Digest digest;  ///< of the checkpoint's text
  Bytes checkpoint;     ///< the text, unsigned
  std::int64_t size = 0;
  Instant wanted;

  bool operator==(const StampSubject&) const = default;
};

/// What is asked of authorities and not recorded in O yet. Errors: those of the unit of work.
class StampTable {
 public:
  virtual ~StampTable() = default;
  virtual Result<void> put_subject(const StampSubject& subject) = 0;
  virtual Result<std::optional<StampSubject>> subject(const Sha256Digest& digest) = 0;
  /// The one that was wanted last.
  virtual Result<std::optional<StampSubject>> last_subject() = 0;
  /// In place of the one of the same subject and authority.
  virtual Result<void> put(const tsp::Stamp& stamp) = 0;
  virtual Result<void> remove(const Sha256Digest& subject, const std::string& authority) = 0;
  /// Ascending by subject and authority.
  virtual Result<std::vector<tsp::Stamp>> all() = 0;
};

}  // namespace kip::server
