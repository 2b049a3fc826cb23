#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <server/domain/newest_token.hpp>
#include <server/domain/recorder.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/evidence/log_keys.hpp>
#include <signing/log/log_files.hpp>
#include <signing/log/log_writer.hpp>

namespace kip::server {

/// Where the logs lie and by what their checkpoints are signed.
struct LogKeeping {
  std::filesystem::path folder;  ///< one folder per life of a log in it
  PrivateKey checkpoint_key;
  std::optional<PrivateKey> earlier_key = {};  ///< while the other one follows it
};

/// "HOST/t/TENANT/log/FOLDER" of a server at that URL: where the log is served. Source: C2SP tlog-tiles, "Parameters".
std::string log_origin(std::string_view url, const TenantId& tenant, const LogLife& life);
/// The newest life of each log, O first; nothing before they have begun. Errors: those of the unit of work.
Result<std::vector<LogLife>> newest_lives(UnitOfWork& unit);
/// As they will begin on a server at that URL; nothing where its port is not known yet (":0", of a trial).
std::vector<LogLife> first_lives(std::string_view url, const TenantId& tenant);
/// Only of O are the entries for everybody.
tlog::LogPlace place_of(const LogKeeping& keeping, const LogLife& life);
/// What officers are asked to authorise: these logs, by the keys of now. Errors: malformed.
Result<std::vector<LogAuthority>> log_authorities(const LogKeeping& keeping, const PublicKey& entry_key,
                                                  const std::vector<LogLife>& lives);
/// The newest first, under the life's origin as their name. Errors: malformed for an origin that cannot be one.
Result<std::vector<tlog::LogIdentity::SigningKey>> signing_keys(const LogKeeping& keeping, const LogLife& life);

/// Publishes the leaves of one tenant's logs, in their order and one log after the other. flush(), published() and its
/// like, record_private_head() and those about cosignatures are thread-safe.
class LogSequencer {
 public:
  /// All must outlive it.
  LogSequencer(FileSystem& files, Store& store, const Recorder& recorder, LogKeeping keeping);

  /// Begins logs that never were, gives leaves to the events from before, and takes the logs up. Errors: rollback where
  /// the database is older than what is published, as after putting a backup back; not_found where a log's files are
  /// gone; those of LogWriter::open() and the store. Each says what to do.
  Result<void> start();
  /// Publishes what is recorded and not published yet, and which time stamp is the newest; how many entries. After an
  /// error it may be called again: the logs are taken up anew, with the same checks. Errors: those of start() and
  /// LogWriter::append().
  Result<std::int64_t> flush();

  /// Records R's newest head in O where it has grown since, so that whatever covers O from then on covers R as well.
  /// flush() comes before and after. Errors: those of published() and of the store.
  Result<void> record_private_head();

  /// The newest checkpoint of a log. Errors: not_found before the first; those of the file system.
  Result<tlog::Note> published(LogName log);
  /// The files of the newest life of a log. The sequencer must outlive it. Errors: as published().
  Result<tlog::LogFileReader> published_files(LogName log) const;
  /// The files of any life of a log. The sequencer must outlive it.
  tlog::LogFileReader files_of(const LogLife& life) const;

  /// Adds the signatures of witnesses, which the caller has verified, to the checkpoint that they are about: to what is
  /// published where that is still the newest one, and in any case to what cosigned() tells. A checkpoint that the
  /// log's state does not have is never published: of another life than the newest nothing is kept.
  /// Errors: conflict for more entries than are published; those of LogWriter and of the file system.
  Result<void> add_cosignatures(LogName log, const tlog::Note& cosigned);
  /// Of every witness the newest checkpoint of that life that it has cosigned, by size. Errors: those of reading.
  Result<std::vector<tlog::Note>> cosigned(const LogLife& life) const;

  /// Begins new logs, whose first entry names the last known heads of the ones before: of those the published ones, or
  /// later ones among `known`, checkpoints that others have kept. To be called instead of start().
  /// Errors: usage where there are no logs yet or a checkpoint is not of these; those of the store and the file system.
  Result<std::vector<LogLife>> restart(const Actor& actor, std::string_view reason,
                                       const std::vector<tlog::Note>& known);

 private:
  Result<void> begin_first();
  Result<tlog::LogIdentity> identity_of(const LogLife& life) const;
  LogLife life_of(LogName log, std::int64_t number) const;
  Result<std::vector<LogLife>> lives_of(LogName log) const;
  Result<void> make_folder();
  Result<tlog::LogWriter*> writer(LogName log);
  Result<void> check_database(const tlog::LogWriter& writer, const LogLife& life) const;
  Result<std::int64_t> flush(LogName log);
  Result<void> tell_newest_stamp();
  std::optional<tlog::Checkpoint> opened(const tlog::Note& note, const LogLife& life) const;
  Result<void> expect_ours(const std::vector<LogLife>& lives, const std::vector<tlog::Note>& known) const;
  Result<LogLife> create_after(const LogLife& before);
  void name_heads(const LogLife& life, const std::vector<tlog::Note>& known, LogsRestarted::Start& start) const;

  FileSystem& files_;
  Store& store_;
  const Recorder& recorder_;
  LogKeeping keeping_;
  mutable std::mutex mutex_;  ///< guards `writers_`, what is cosigned and what is told of stamps
  std::map<LogName, std::unique_ptr<tlog::LogWriter>> writers_;
  NewestToken newest_token_;
  std::pair<std::string, std::optional<Sha256Digest>> told_stamp_;  ///< with the origin of its log; empty before
  std::atomic<std::int64_t> private_head_{-1};                      ///< the size of R in the last head that O has
};

}  // namespace kip::server
