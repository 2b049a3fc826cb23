#include <array>

#include <fmt/format.h>

#include <server/domain/log_feed.hpp>
#include <server/domain/log_sequencer.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/log/cosigned_heads.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::server {
namespace {

/// A web server comes through to what is public, where the folder above lets it.
constexpr unsigned kPassage = 0711;
constexpr unsigned kPublicFile = 0644;
constexpr std::size_t kBatch = 1000;
/// What R says is under a head that O can name, so that R comes first.
constexpr std::array<LogName, 2> kLogs{LogName::r, LogName::o};

/// A URL without its scheme. Source: C2SP tlog-tiles, "Parameters".
std::string_view without_scheme(std::string_view url) {
  const auto at = url.find("://");
  return at == std::string_view::npos ? url : url.substr(at + 3);
}

/// Beside what is served: it is for evidence.
std::filesystem::path cosigned_folder(const LogKeeping& keeping, const LogLife& life) {
  return place_of(keeping, life).folder / "cosigned";
}

std::string way_out(const std::filesystem::path& folder) {
  return fmt::format(
      "put the newest files back, or begin new logs with \"kip-server log restart\" (docs/operations.md, "
      "\"A log that cannot be continued\"). Nothing in {} was changed",
      folder.string());
}

}  // namespace

std::string log_origin(std::string_view url, const TenantId& tenant, const LogLife& life) {
  return fmt::format("{}/t/{}/log/{}", without_scheme(url), tenant.str(), folder_of(life));
}

Result<std::vector<LogLife>> newest_lives(UnitOfWork& unit) {
  std::vector<LogLife> out;
  for (const LogName log : {LogName::o, LogName::r}) {
    KIP_TRY(auto all, unit.leaves().lives(log));
    if (!all.empty()) out.push_back(std::move(all.back()));
  }
  return out;
}

std::vector<LogLife> first_lives(std::string_view url, const TenantId& tenant) {
  if (url.ends_with(":0")) return {};
  std::vector<LogLife> out{{LogName::o, 1, {}}, {LogName::r, 1, {}}};
  for (LogLife& life : out)
    life.origin = log_origin(url, tenant, life);
  return out;
}

Result<std::vector<LogAuthority>> log_authorities(const LogKeeping& keeping, const PublicKey& entry_key,
                                                  const std::vector<LogLife>& lives) {
  std::vector<LogAuthority> out;
  for (const LogLife& life : lives) {
    KIP_TRY(const auto keys, signing_keys(keeping, life));
    LogAuthority authority{life.log, {}, {Key::of(entry_key)}};
    for (const auto& key : keys)
      authority.checkpoint_keys.push_back(key.key);
    out.push_back(std::move(authority));
  }
  return out;
}

tlog::LogPlace place_of(const LogKeeping& keeping, const LogLife& life) {
  return {keeping.folder / folder_of(life), life.log == LogName::o};
}

Result<std::vector<tlog::LogIdentity::SigningKey>> signing_keys(const LogKeeping& keeping, const LogLife& life) {
  std::vector<tlog::LogIdentity::SigningKey> out;
  const auto add = [&](const PrivateKey& key) -> Result<void> {
    KIP_TRY(tlog::NoteKey note, tlog::NoteKey::create(life.origin, tlog::NoteSignatureType::ed25519, key.public_key()));
    out.push_back({std::move(note), key});
    return {};
  };
  KIP_TRY_VOID(add(keeping.checkpoint_key));
  if (keeping.earlier_key) KIP_TRY_VOID(add(*keeping.earlier_key));
  return out;
}

LogSequencer::LogSequencer(FileSystem& files, Store& store, const Recorder& recorder, LogKeeping keeping)
    : files_(files), store_(store), recorder_(recorder), keeping_(std::move(keeping)) {}

Result<void> LogSequencer::start() {
  KIP_TRY_VOID(begin_first());
  KIP_TRY_VOID(catch_up_logs(recorder_, store_));
  for (const LogName log : kLogs)
    KIP_TRY_VOID(writer(log));
  return {};
}

/// The folders come first: if only they are there, the next start uses them.
Result<void> LogSequencer::begin_first() {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const bool begun, unit->leaves().has_begun(LogName::o));
  if (begun) return {};
  KIP_TRY_VOID(make_folder());
  for (const LogName log : kLogs) {
    const LogLife life = life_of(log, 1);
    KIP_TRY(const tlog::LogIdentity identity, identity_of(life));
    const auto made = tlog::LogWriter::create(files_, place_of(keeping_, life), identity);
    if (!made) return fail_while(way_out(keeping_.folder), made.error());
    KIP_TRY_VOID(unit->leaves().begin(life));
  }
  return unit->commit();
}

Result<void> LogSequencer::make_folder() {
  KIP_TRY(const bool there, path_exists(files_, keeping_.folder));
  if (there) return {};
  KIP_TRY_VOID(files_.make_directory(keeping_.folder, kPassage));
  return files_.sync_directory(directory_of(keeping_.folder));
}

LogLife LogSequencer::life_of(LogName log, std::int64_t number) const {
  LogLife life{log, number, {}};
  life.origin = log_origin(recorder_.origin(), recorder_.tenant(), life);
  return life;
}

Result<tlog::LogIdentity> LogSequencer::identity_of(const LogLife& life) const {
  KIP_TRY(auto keys, signing_keys(keeping_, life));
  return tlog::LogIdentity{life.origin, std::move(keys)};
}

Result<std::vector<LogLife>> LogSequencer::lives_of(LogName log) const {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  return unit->leaves().lives(log);
}

Result<tlog::LogWriter*> LogSequencer::writer(LogName log) {
  std::unique_ptr<tlog::LogWriter>& kept = writers_[log];
  if (kept) return kept.get();
  KIP_TRY(const auto lives, lives_of(log));
  if (lives.empty()) return fail(ErrorCode::not_found, "the logs have not begun");
  const LogLife& life = lives.back();
  KIP_TRY(tlog::LogIdentity identity, identity_of(life));
  auto opened = tlog::LogWriter::open(files_, place_of(keeping_, life), std::move(identity));
  if (!opened && opened.error().code == ErrorCode::not_found) {
    return fail(ErrorCode::not_found,
                fmt::format("the files of the log \"{}\" are gone, so that nobody can tell what was published; {}",
                            life.origin, way_out(keeping_.folder)));
  }
  if (!opened && opened.error().code == ErrorCode::integrity)
    return fail_while(way_out(keeping_.folder), opened.error());
  if (!opened) return Unexpected(std::move(opened).error());
  KIP_TRY_VOID(check_database(**opened, life));
  kept = *std::move(opened);
  return kept.get();
}

/// What is published must be the beginning of what is recorded. Events and salts are random, so that after a fork the
/// last published entry is another one than the recorded one.
Result<void> LogSequencer::check_database(const tlog::LogWriter& writer, const LogLife& life) const {
  const auto published = static_cast<std::int64_t>(writer.head().size);
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(const std::int64_t recorded, unit->leaves().size(life.log));
  if (recorded < published) {
    return fail(ErrorCode::rollback,
                fmt::format("the log \"{}\" has published {} entries and the database knows {}: it is older, as after "
                            "putting a backup back; {}",
                            life.origin, published, recorded, way_out(keeping_.folder)));
  }
  if (published == 0) return {};
  KIP_TRY(const auto leaves, unit->leaves().from(life.log, published - 1, 1));
  bool agrees = false;
  const auto compare = [&](std::uint64_t /*index*/, BytesView entry) -> Result<void> {
    agrees = entry == leaves.at(0).entry;
    return {};
  };
  const auto place = place_of(keeping_, life);
  KIP_TRY_VOID(tlog::read_entries(tlog::files_below(files_, place.entries_folder()), writer.head().size - 1,
                                  writer.head().size, compare));
  if (agrees) return {};
  return fail(ErrorCode::rollback,
              fmt::format("the log \"{}\" has published another entry {} than the database knows: the two have parted, "
                          "as after putting a backup back; {}",
                          life.origin, published - 1, way_out(keeping_.folder)));
}

Result<tlog::Note> LogSequencer::published(LogName log) {
  KIP_TRY(const auto lives, lives_of(log));
  if (lives.empty()) return fail(ErrorCode::not_found, "the logs have not begun");
  return tlog::read_checkpoint_note(tlog::files_below(files_, place_of(keeping_, lives.back()).public_folder()));
}

Result<std::int64_t> LogSequencer::flush() {
  const std::lock_guard lock(mutex_);
  std::int64_t out = 0;
  for (const LogName log : kLogs) {
    const auto published = flush(log);
    if (!published) {
      writers_[log].reset();
      return Unexpected(published.error());
    }
    out += *published;
  }
  if (out > 0 || told_stamp_.first.empty()) KIP_TRY_VOID(tell_newest_stamp());
  return out;
}

Result<void> LogSequencer::tell_newest_stamp() {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(const auto identity, newest_token_.identity(*unit));
  KIP_TRY(const auto lives, unit->leaves().lives(LogName::o));
  if (lives.empty()) return {};
  std::pair now(lives.back().origin, identity);
  if (told_stamp_ == now) return {};
  // Until it is written nothing is known to have been told.
  told_stamp_ = {};
  if (identity) {
    const auto folder = place_of(keeping_, lives.back()).public_folder();
    KIP_TRY_VOID(replace_file(files_, folder / tlog::kNewestStampFile, identity->hex() + "\n", kPublicFile));
  }
  told_stamp_ = std::move(now);
  return {};
}

Result<std::int64_t> LogSequencer::flush(LogName log) {
  KIP_TRY(tlog::LogWriter* const to, writer(log));
  for (std::int64_t out = 0;;) {
    std::vector<Leaf> leaves;
    {
      KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
      KIP_TRY(leaves, unit->leaves().from(log, static_cast<std::int64_t>(to->head().size), kBatch));
    }
    if (leaves.empty()) return out;
    std::vector<BytesView> entries;
    entries.reserve(leaves.size());
    for (const Leaf& leaf : leaves)
      entries.emplace_back(leaf.entry);
    KIP_TRY_VOID(to->append(entries));
    out += static_cast<std::int64_t>(leaves.size());
  }
}

Result<void> LogSequencer::record_private_head() {
  KIP_TRY(const tlog::Note note, published(LogName::r));
  KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(note.text));
  const auto size = static_cast<std::int64_t>(checkpoint.head.size);
  if (size == private_head_) return {};
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kHeadRecorded, kServerActor, head_recorded_body(note)));
  KIP_TRY_VOID(unit->commit());
  private_head_ = size;
  return {};
}

tlog::LogFileReader LogSequencer::files_of(const LogLife& life) const {
  return tlog::files_below(files_, place_of(keeping_, life).public_folder());
}

Result<tlog::LogFileReader> LogSequencer::published_files(LogName log) const {
  KIP_TRY(const auto lives, lives_of(log));
  if (lives.empty()) return fail(ErrorCode::not_found, "the logs have not begun");
  return files_of(lives.back());
}

Result<void> LogSequencer::add_cosignatures(LogName log, const tlog::Note& cosigned) {
  KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(cosigned.text));
  KIP_TRY(const auto lives, lives_of(log));
  if (lives.empty() || lives.back().origin != checkpoint.origin) return {};
  const std::lock_guard lock(mutex_);
  KIP_TRY(tlog::LogWriter* const to, writer(log));
  if (checkpoint.head.size > to->head().size) {
    return fail(ErrorCode::conflict, fmt::format("a checkpoint of {} entries was cosigned, and {} are published",
                                                 checkpoint.head.size, to->head().size));
  }
  KIP_TRY_VOID(tlog::keep_cosigned(files_, cosigned_folder(keeping_, lives.back()), cosigned));
  KIP_TRY_VOID(to->add_signatures(cosigned));
  return {};
}

Result<std::vector<tlog::Note>> LogSequencer::cosigned(const LogLife& life) const {
  const std::lock_guard lock(mutex_);
  return tlog::read_cosigned(files_, cosigned_folder(keeping_, life));
}

}  // namespace kip::server
