#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/evidence/open_log.hpp>
#include <signing/log/commitment.hpp>
#include <signing/log/tile.hpp>

namespace kip {
namespace {

Unexpected about(const LogLife& life, std::uint64_t index, const Error& error) {
  return fail_while(fmt::format("entry {} of the log {}", index, life.origin), error);
}

Result<const Bytes*> require(const EvidenceFiles& files, const std::string& name) {
  const auto found = files.find(name);
  if (found == files.end()) return fail(ErrorCode::integrity, fmt::format("{} is missing", name));
  return &found->second;
}

/// The event of an entry, if the bundle shows it.
Result<std::optional<Event>> opened_event(const EvidenceFiles& files, const LogLife& life, std::uint64_t index,
                                          const LogEntry& entry, const std::vector<PublicKey>& keys) {
  const Bytes* salted = find_event(files, life, index);
  if (salted == nullptr) return std::optional<Event>();
  if (salted->size() <= tlog::kSaltSize || sha256(*salted) != entry.commitment)
    return fail(ErrorCode::integrity, "the event that is shown is not the one that was logged");
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(envelope_in(*salted)));
  KIP_TRY(const Bytes payload, dsse::verify(envelope, kEventType, keys));
  KIP_TRY(Event event, parse_event(payload));
  LogEntry open = open_part(event, entry.commitment);
  if (entry.withheld) {
    open.body = json::Object();
    open.withheld = true;
  }
  if (open != entry) return fail(ErrorCode::integrity, "what is open of it is not what its event says");
  return std::optional(std::move(event));
}

/// The checkpoints that entries of O name: their roots will be asked for.
std::set<std::uint64_t> named_sizes(const std::vector<OpenEntry>& entries, const std::string& origin) {
  std::set<std::uint64_t> out;
  for (const OpenEntry& entry : entries) {
    if (entry.entry.type != event_type::kTimestampRecorded) continue;
    const auto recorded = read_timestamp_recorded(entry.entry.body);
    const auto checkpoint = recorded ? tlog::Checkpoint::parse(recorded->checkpoint)
                                     : Result<tlog::Checkpoint>(Unexpected(recorded.error()));
    if (checkpoint && checkpoint->origin == origin) out.insert(checkpoint->head.size);
  }
  return out;
}

}  // namespace

std::string log_path(const LogLife& life) {
  return "log/" + folder_of(life);
}

std::string entry_path(const LogLife& life, std::uint64_t index) {
  return fmt::format("{}/entries/{:08}", log_path(life), index);
}

std::string event_path(const LogLife& life, std::uint64_t index) {
  return fmt::format("events/{}/{:08}", folder_of(life), index);
}

const Bytes* find_event(const EvidenceFiles& files, const LogLife& life, std::uint64_t index) {
  const auto found = files.find(event_path(life, index));
  return found == files.end() ? nullptr : &found->second;
}

BytesView envelope_in(BytesView salted) {
  return salted.substr(std::min(tlog::kSaltSize, salted.size()));
}

std::vector<PublicKey> usable_keys(const std::vector<Key>& keys) {
  std::vector<PublicKey> out;
  for (const Key& key : keys) {
    if (key.usable()) out.push_back(*key.usable());
  }
  return out;
}

Result<tlog::Checkpoint> open_by_any(const tlog::Note& note, const LogAuthority& authority) {
  std::optional<Error> last;
  for (const tlog::NoteKey& key : authority.checkpoint_keys) {
    auto opened = tlog::open_checkpoint(note, key, authority.origin());
    if (opened) return opened;
    last = std::move(opened).error();
  }
  return Unexpected(*std::move(last));
}

Result<OpenLog> OpenLog::read(const EvidenceFiles& files, const EvidenceIndex& index, const LogKeys& keys) {
  OpenLog out;
  std::set<std::string> ids;
  for (const LoggedSpan& span : index.logs) {
    if (span.life.log != LogName::o) continue;
    const LogAuthority* authority = keys.find(span.life.origin);
    if (authority == nullptr || authority->log != LogName::o) {
      return fail(ErrorCode::signature,
                  fmt::format("the vendor's officers have not authorised the log {}", span.life.origin));
    }
    const std::size_t before = out.entries_.size();
    KIP_TRY_VOID(out.read_life(files, span, *authority, index.tenant));
    for (std::size_t i = before; i < out.entries_.size(); ++i) {
      if (!ids.insert(out.entries_[i].entry.id.str()).second) {
        return fail(ErrorCode::integrity,
                    fmt::format("the event {} stands twice in O", out.entries_[i].entry.id.str()));
      }
    }
  }
  if (out.lives_.empty()) return fail(ErrorCode::malformed, "the bundle has no log");
  return out;
}

Result<void> OpenLog::read_life(const EvidenceFiles& files, const LoggedSpan& span, const LogAuthority& authority,
                                const TenantId& tenant) {
  KIP_TRY(const Bytes* text, require(files, log_path(span.life) + "/checkpoint"));
  KIP_TRY(newest_, tlog::Note::parse(*text));
  KIP_TRY(const tlog::Checkpoint checkpoint, open_by_any(newest_, authority));
  if (checkpoint.head.size != span.size)
    return fail(ErrorCode::integrity, fmt::format("the checkpoint of {} is of another size", span.life.origin));
  const std::vector<PublicKey> entry_keys = usable_keys(authority.entry_keys);
  std::vector<Sha256Digest> leaves;
  std::vector<OpenEntry> entries;
  for (std::uint64_t i = 0; i < span.size; ++i) {
    KIP_TRY(const Bytes* bytes, require(files, entry_path(span.life, i)));
    leaves.push_back(tlog::leaf_hash(*bytes));
    auto entry = read_entry(files, span, i, *bytes, entry_keys);
    if (!entry) return about(span.life, i, entry.error());
    if (entry->entry.tenant != tenant) return about(span.life, i, {ErrorCode::integrity, "it is of another vendor"});
    entries.push_back(*std::move(entry));
  }
  if (!entries.empty() && !lives_.empty()) KIP_TRY_VOID(expect_continues(span.life, entries.front()));
  lives_.push_back({span.life, entries_.size()});
  for (const std::uint64_t size : named_sizes(entries, span.life.origin))
    lives_.back().roots.emplace(size, tlog::empty_root());
  KIP_TRY_VOID(check_roots(span, leaves, checkpoint));
  std::move(entries.begin(), entries.end(), std::back_inserter(entries_));
  return {};
}

Result<OpenEntry> OpenLog::read_entry(const EvidenceFiles& files, const LoggedSpan& span, std::uint64_t index,
                                      BytesView bytes, const std::vector<PublicKey>& keys) const {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(bytes));
  KIP_TRY(const Bytes payload, dsse::verify(envelope, kLogEntryType, keys));
  KIP_TRY(LogEntry entry, parse_log_entry(payload));
  KIP_TRY(auto event, opened_event(files, span.life, index, entry, keys));
  return OpenEntry{entries_.size() + index, std::move(entry), std::move(event)};
}

/// Roots at the sizes that are named, and at the end.
Result<void> OpenLog::check_roots(const LoggedSpan& span, const std::vector<Sha256Digest>& leaves,
                                  const tlog::Checkpoint& checkpoint) {
  auto& roots = lives_.back().roots;
  tlog::Frontier frontier;
  for (const Sha256Digest& leaf : leaves) {
    frontier.append(leaf);
    const auto named = roots.find(frontier.size());
    if (named != roots.end()) named->second = frontier.root();
  }
  roots.erase(roots.upper_bound(leaves.size()), roots.end());
  roots.insert_or_assign(leaves.size(), frontier.root());
  if (frontier.root() == checkpoint.head.root) return {};
  return fail(ErrorCode::integrity, fmt::format("the entries of {} do not have the root of its checkpoint: one was "
                                                "changed, left out, added or put in another order",
                                                span.life.origin));
}

/// The first entry of a later life names the head with which the one before it ended; where entries at its end are
/// lost, also the head of those that are left, so that what is stamped later vouches for these and no others.
Result<void> OpenLog::expect_continues(const LogLife& life, const OpenEntry& first) {
  const Life& before = lives_.back();
  const auto refused = [&] {
    return fail(ErrorCode::integrity, fmt::format("the log {} does not continue {}", life.origin, before.life.origin));
  };
  if (first.entry.type != event_type::kLogRestarted) return refused();
  KIP_TRY(const LogsRestarted restarted, read_logs_restarted(first.entry.body));
  const auto start = std::find_if(restarted.logs.begin(), restarted.logs.end(), [&](const LogsRestarted::Start& one) {
    return one.life.log == LogName::o && one.life == life && one.previous_origin == before.life.origin;
  });
  if (start == restarted.logs.end()) return refused();
  KIP_TRY(const tlog::TreeHead named, tree_head_in(start->previous_head));
  const std::uint64_t shown = entries_.size() - before.begin;
  const auto root = before.roots.find(shown);
  const auto is_end = [&](const tlog::TreeHead& head) {
    return head.size == shown && root != before.roots.end() && root->second == head.root;
  };
  if (is_end(named)) return {};
  if (start->kept_head.empty() || named.size <= shown) return refused();
  KIP_TRY(const tlog::TreeHead kept, tree_head_in(start->kept_head));
  if (!is_end(kept)) return refused();
  lost_.emplace(before.life.origin, named.size - shown);
  return {};
}

std::optional<std::uint64_t> OpenLog::covered_by(const tlog::Checkpoint& checkpoint) const {
  // An empty tree names no life before it and covers nothing.
  if (checkpoint.head.size == 0) return std::nullopt;
  for (const Life& life : lives_) {
    if (life.life.origin != checkpoint.origin) continue;
    const auto root = life.roots.find(checkpoint.head.size);
    if (root == life.roots.end() || root->second != checkpoint.head.root) return std::nullopt;
    return life.begin + checkpoint.head.size;
  }
  return std::nullopt;
}

const LogLife& OpenLog::life_at(std::uint64_t place) const {
  const auto after = std::upper_bound(lives_.begin(), lives_.end(), place,
                                      [](std::uint64_t at, const Life& life) { return at < life.begin; });
  return std::prev(after)->life;
}

}  // namespace kip
