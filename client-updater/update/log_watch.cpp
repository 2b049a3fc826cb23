#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include <client-updater/update/delivery.hpp>
#include <client-updater/update/log_watch.hpp>
#include <signing/evidence/log_keys.hpp>
#include <signing/evidence/log_source.hpp>
#include <signing/evidence/open_log.hpp>
#include <signing/log/head_change.hpp>

namespace kip::updater {
namespace {

/// A comparison needs two edges of the tree; no log has more levels than eight.
constexpr std::size_t kMaxTiles = 64;

/// "o", "o2", …: the last part of an origin, by which a life is served. Nothing where it is no such name.
std::optional<LogLife> life_of(const LogAuthority& authority) {
  const std::string& origin = authority.origin();
  const std::string_view name = std::string_view(origin).substr(origin.rfind('/') + 1);
  LogLife life{LogName::o, 1, origin};
  if (name == folder_of(life)) return life;
  if (!name.starts_with('o')) return std::nullopt;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), life.number);
  return error == std::errc() && end == name.data() + name.size() && life.number > 1 && name == folder_of(life)
             ? std::optional(life)
             : std::nullopt;
}

struct Followed {
  LogLife life;
  const LogAuthority* authority;
};

/// The newest life of O that officers have authorised.
Result<Followed> newest_life(const LogKeys& keys) {
  std::optional<Followed> out;
  for (const LogAuthority& authority : keys.logs) {
    if (authority.log != LogName::o) continue;
    const auto life = life_of(authority);
    if (life && (!out || life->number > out->life.number)) out = Followed{*life, &authority};
  }
  if (out) return *out;
  return fail(ErrorCode::not_found, "the vendor's officers have authorised no log that can be followed");
}

/// Asks for each tile once, and not for more than a comparison can need.
tlog::TileReader remembering(tlog::TileReader read) {
  return [read = std::move(read),
          seen = std::map<tlog::TileId, Bytes>()](const tlog::TileId& tile) mutable -> Result<Bytes> {
    const auto found = seen.find(tile);
    if (found != seen.end()) return found->second;
    if (seen.size() == kMaxTiles) return fail(ErrorCode::too_large, "the log asks for more tiles than it can need");
    KIP_TRY(Bytes bytes, read(tile));
    seen.emplace(tile, bytes);
    return bytes;
  };
}

tlog::TreeHead tree_of(const SeenHead& head) {
  return {static_cast<std::uint64_t>(head.size), head.root};
}

Result<KeptHead> fetch_head(const tlog::LogFileReader& read, const LogAuthority& authority, Instant now) {
  KIP_TRY(Bytes bytes, read(tlog::kCheckpointFile, LogHeads::kMaxNote));
  KIP_TRY(const tlog::Note note, tlog::Note::parse(bytes));
  KIP_TRY(const tlog::Checkpoint checkpoint, open_by_any(note, authority));
  if (checkpoint.head.size > static_cast<std::uint64_t>(INT64_MAX))
    return fail(ErrorCode::malformed, "the log says that it has more entries than any log has");
  return KeptHead{{checkpoint.origin, static_cast<std::int64_t>(checkpoint.head.size), checkpoint.head.root},
                  std::move(bytes),
                  now};
}

/// The newest time stamp in the log, as its server says. What is no such word, and a server without one, tells nothing.
std::optional<Sha256Digest> fetch_newest_stamp(const tlog::LogFileReader& read) {
  constexpr std::size_t kHex = 64;
  const auto bytes = read(tlog::kNewestStampFile, kHex + 1);
  if (!bytes || bytes->size() != kHex + 1 || bytes->back() != '\n') return std::nullopt;
  const auto identity = Sha256Digest::parse(BytesView(*bytes).substr(0, kHex));
  return identity ? std::optional(*identity) : std::nullopt;
}

Result<void> keep_conflict(Install& install, LogFault fault, const KeptHead& before, const KeptHead& now,
                           LogLook& look) {
  const auto& known = install.state().log_conflicts;
  const auto text_of = [](BytesView note) { return note.substr(0, note.find("\n\n")); };
  const bool is_known = std::any_of(known.begin(), known.end(), [&](const LogConflict& one) {
    return one.fault == fault && text_of(one.later) == text_of(now.note);
  });
  if (is_known || known.size() >= kMaxLogConflicts) return {};
  State next = install.state();
  next.log_conflicts.push_back({fault, now.head.origin, before.note, now.note, now.seen_at});
  KIP_TRY_VOID(install.save(next, std::nullopt));
  look.conflict = next.log_conflicts.back();
  return {};
}

Result<void> look(Install& install, const json::Value& log_keys, LogLook& out) {
  KIP_TRY(const LogKeys keys, parse_log_keys(log_keys));
  if (keys.tenant != install.enrolment().tenant)
    return fail(ErrorCode::signature, "the keys of the log are of another vendor");
  KIP_TRY(const Followed followed, newest_life(keys));
  const tlog::LogFileReader read =
      files_behind(install.ports().http, install.repository_url("log/" + folder_of(followed.life)));
  KIP_TRY_VOID(remember_basis(install, fetch_newest_stamp(read)));
  KIP_TRY(KeptHead now, fetch_head(read, *followed.authority, install.ports().clock.now()));
  State next = install.state();
  auto& heads = next.log_heads;
  const auto kept =
      std::find_if(heads.begin(), heads.end(), [&](const KeptHead& one) { return one.head.origin == now.head.origin; });
  if (kept != heads.end()) {
    const tlog::TreeHead head = tree_of(now.head);
    KIP_TRY(
        const tlog::HeadChange change,
        tlog::compare_heads(tree_of(kept->head), head, tlog::nodes_of(head.size, remembering(tlog::tiles_of(read)))));
    if (change == tlog::HeadChange::same) return {};
    if (change == tlog::HeadChange::forked) return keep_conflict(install, LogFault::forked, *kept, now, out);
    if (change == tlog::HeadChange::shrunk) return keep_conflict(install, LogFault::shrunk, *kept, now, out);
    *kept = now;
  } else {
    heads.push_back(now);
  }
  KIP_TRY_VOID(install.save(std::move(next), std::nullopt));
  out.newer = std::move(now);
  return {};
}

}  // namespace

LogLook look_at_log(Install& install, const json::Value& log_keys) {
  LogLook out;
  if (log_keys.is_null() || !install.reports() || install.ports().vouched_at) return out;
  const auto done = look(install, log_keys, out);
  if (!done) {
    const Result<void> failure = fail_while("looking at the vendor's log", done.error());
    out.failure = failure.error();
  }
  return out;
}

}  // namespace kip::updater
