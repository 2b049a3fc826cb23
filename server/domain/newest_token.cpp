#include <algorithm>

#include <server/domain/newest_token.hpp>
#include <server/domain/recorder.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/timestamp/token.hpp>

namespace kip::server {
namespace {

constexpr std::int64_t kBatch = 200;

Result<Sha256Digest> identity_in(BytesView entry) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(entry));
  KIP_TRY(const LogEntry parsed, parse_log_entry(envelope.payload));
  KIP_TRY(const TimestampRecorded body, read_timestamp_recorded(parsed.body));
  return tsp::claimed_identity(body.token);
}

}  // namespace

Result<std::optional<Sha256Digest>> NewestToken::identity(UnitOfWork& unit) {
  KIP_TRY(const auto lives, unit.leaves().lives(LogName::o));
  if (lives.empty()) return std::optional<Sha256Digest>();
  KIP_TRY(const std::int64_t size, unit.leaves().size(LogName::o));
  const std::lock_guard lock(mutex_);
  if (origin_ != lives.back().origin || size < looked_) {
    origin_ = lives.back().origin;
    looked_ = 0;
    found_.reset();
  }
  KIP_TRY(const auto newer, find(unit, looked_, size));
  if (newer) found_ = newer;
  looked_ = size;
  return found_;
}

/// From the end, where a token is not far.
Result<std::optional<Sha256Digest>> NewestToken::find(UnitOfWork& unit, std::int64_t from, std::int64_t to) const {
  while (to > from) {
    const std::int64_t begin = std::max(from, to - kBatch);
    KIP_TRY(const auto leaves, unit.leaves().from(LogName::o, begin, static_cast<std::size_t>(to - begin)));
    for (auto leaf = leaves.rbegin(); leaf != leaves.rend(); ++leaf) {
      KIP_TRY(const auto events, unit.events().after(leaf->event_index - 1, 1));
      if (events.empty() || events.front().type != event_type::kTimestampRecorded) continue;
      const auto found = identity_in(leaf->entry);
      if (found) return std::optional(*found);  // one that nobody can read is no time stamp
    }
    to = begin;
  }
  return std::optional<Sha256Digest>();
}

}  // namespace kip::server
