#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include <server/domain/unit_of_work.hpp>
#include <signing/evidence/log_events.hpp>

namespace kip::server {

/// Whether to go on.
using TokenVisitor = std::function<Result<bool>(const TimestampRecorded&)>;
/// Each time stamp among the entries of O's newest life from `from` to before `to` that can be read, the last one
/// first. Errors: the visitor's; those of the unit of work.
Result<void> walk_tokens_back(UnitOfWork& unit, std::int64_t from, std::int64_t to, const TokenVisitor& visit);

/// The newest time stamp that stands in O, as the log's own entries tell it. Remembers what it has looked at.
/// Thread-safe.
class NewestToken {
 public:
  /// By the SHA-256 of the token's signature value; nothing where O has none that can be read. Errors: those of the
  /// unit of work.
  Result<std::optional<Sha256Digest>> identity(UnitOfWork& unit);

 private:
  Result<std::optional<Sha256Digest>> find(UnitOfWork& unit, std::int64_t from, std::int64_t to) const;

  std::mutex mutex_;  ///< guards all, also while the entries are read: others would read the same ones
  std::string origin_;
  std::int64_t looked_ = 0;  ///< entries of that life of O
  std::optional<Sha256Digest> found_;
};

}  // namespace kip::server
