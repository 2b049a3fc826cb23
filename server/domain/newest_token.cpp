#include <algorithm>

#include <server/domain/newest_token.hpp>
#include <server/domain/recorder.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/timestamp/token.hpp>

namespace kip::server {
namespace {

constexpr std::int64_t kBatch = 200;

Result<TimestampRecorded> token_in(BytesView entry) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(entry));
  KIP_TRY(const LogEntry parsed, parse_log_entry(envelope.payload));
  return read_timestamp_recorded(parsed.body);
}

}  // namespace

Result<void> walk_tokens_back(UnitOfWork& unit, std::int64_t from, std::int64_t to, const TokenVisitor& visit) {
  while (to > from) {
    const std::int64_t begin = std::max(from, to - kBatch);
    KIP_TRY(const auto leaves, unit.leaves().from(LogName::o, begin, static_cast<std::size_t>(to - begin)));
    for (auto leaf = leaves.rbegin(); leaf != leaves.rend(); ++leaf) {
      KIP_TRY(const auto events, unit.events().after(leaf->event_index - 1, 1));
      if (events.empty() || events.front().type != event_type::kTimestampRecorded) continue;
      const auto recorded = token_in(leaf->entry);
      if (!recorded) continue;
      KIP_TRY(const bool goes_on, visit(*recorded));
      if (!goes_on) return {};
    }
    to = begin;
  }
  return {};
}

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

Result<std::optional<Sha256Digest>> NewestToken::find(UnitOfWork& unit, std::int64_t from, std::int64_t to) const {
  std::optional<Sha256Digest> out;
  KIP_TRY_VOID(walk_tokens_back(unit, from, to, [&](const TimestampRecorded& recorded) -> Result<bool> {
    const auto identity = tsp::claimed_identity(recorded.token);
    if (identity) out = *identity;
    return !out;  // one that nobody can read is no time stamp
  }));
  return out;
}

}  // namespace kip::server
