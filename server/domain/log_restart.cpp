#include <algorithm>

#include <fmt/format.h>

#include <server/domain/log_sequencer.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/log/log_files.hpp>

namespace kip::server {
namespace {

constexpr std::int64_t kMaxTaken = 1000;

}  // namespace

Result<std::vector<LogLife>> LogSequencer::restart(const Actor& actor, std::string_view reason,
                                                   const std::vector<tlog::Note>& known) {
  std::vector<LogLife> last;
  {
    KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
    KIP_TRY(last, newest_lives(*unit));
  }
  if (last.empty()) return fail(ErrorCode::usage, "there are no logs yet; they begin when the server starts");
  KIP_TRY_VOID(expect_ours(last, known));
  // As far as the old ones can be continued nothing of them is left out.
  static_cast<void>(flush());
  writers_.clear();
  LogsRestarted body{{}, std::string(reason)};
  std::vector<LogLife> out;
  for (const LogLife& before : last) {
    KIP_TRY(LogLife life, create_after(before));
    LogsRestarted::Start start{life, before.origin, {}};
    name_heads(before, known, start);
    body.logs.push_back(std::move(start));
    out.push_back(std::move(life));
  }
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  for (const LogLife& life : out)
    KIP_TRY_VOID(unit->leaves().begin(life));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kLogRestarted, actor, logs_restarted_body(body)));
  KIP_TRY_VOID(unit->commit());
  KIP_TRY_VOID(flush());
  return out;
}

/// By any key that signs now; nothing where it is by none of them.
std::optional<tlog::Checkpoint> LogSequencer::opened(const tlog::Note& note, const LogLife& life) const {
  const auto keys = signing_keys(keeping_, life);
  if (!keys) return std::nullopt;
  for (const auto& key : *keys) {
    if (auto checkpoint = tlog::open_checkpoint(note, key.key, life.origin)) return *std::move(checkpoint);
  }
  return std::nullopt;
}

Result<void> LogSequencer::expect_ours(const std::vector<LogLife>& lives, const std::vector<tlog::Note>& known) const {
  for (const tlog::Note& note : known) {
    const auto is_of = [&](const LogLife& life) { return opened(note, life).has_value(); };
    if (std::any_of(lives.begin(), lives.end(), is_of)) continue;
    return fail(ErrorCode::usage, fmt::format("a checkpoint was given that is not of the logs \"{}\" and \"{}\"",
                                              lives.at(0).origin, lives.at(1).origin));
  }
  return {};
}

/// A folder that is there already is of a life that this database does not know any more.
Result<LogLife> LogSequencer::create_after(const LogLife& before) {
  KIP_TRY_VOID(make_folder());
  for (std::int64_t number = before.number + 1; number < before.number + kMaxTaken; ++number) {
    LogLife life = life_of(before.log, number);
    KIP_TRY(const tlog::LogIdentity identity, identity_of(life));
    const auto made = tlog::LogWriter::create(files_, place_of(keeping_, life), identity);
    if (made) return life;
    if (made.error().code != ErrorCode::conflict) return Unexpected(made.error());
  }
  return fail(ErrorCode::conflict, fmt::format("{} holds too many logs", keeping_.folder.string()));
}

/// The newest that is known, and where that is of more than is there, what is there.
void LogSequencer::name_heads(const LogLife& life, const std::vector<tlog::Note>& known,
                              LogsRestarted::Start& start) const {
  std::uint64_t size = 0;
  const auto consider = [&](const tlog::Note& note) {
    const auto checkpoint = opened(note, life);
    if (!checkpoint || (!start.previous_head.empty() && checkpoint->head.size <= size)) return false;
    size = checkpoint->head.size;
    start.previous_head = note.bytes();
    return true;
  };
  const auto published =
      tlog::read_checkpoint_note(tlog::files_below(files_, place_of(keeping_, life).public_folder()));
  const bool is_there = published && consider(*published);
  for (const tlog::Note& note : known) {
    if (consider(note) && is_there) start.kept_head = published->bytes();
  }
}

}  // namespace kip::server
