#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <server/app/backup.hpp>
#include <server/app/maintenance.hpp>
#include <server/app/service.hpp>
#include <server/app/setup.hpp>
#include <server/domain/log_sequencer.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/no_log.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

class FixedClock final : public Clock {
 public:
  Instant now() const override { return parse_instant("2025-10-28T02:00:00Z").value(); }
};

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::umask(077);  // as each command of the program does
    const SetupPlan plan{folder_, TenantId::parse("an-phat").value(), "http://updates.example.vn", "127.0.0.1:0"};
    ASSERT_THAT(set_up({files_, clock_, random_}, plan), is_ok());
    run();
  }

  /// A server that stops has published all that was recorded.
  void run() const {
    kip::testing::NoLog log;
    PosixFileSystem files;
    FixedClock clock;
    SystemRandom random;
    ASSERT_THAT(Service::start({files, clock, random, log, {}}, {folder_, {}}), is_ok());
  }
  void record() {
    const ServerFolder opened = open_server_folder(files_, folder_).value();
    const Recorder recorder(opened.settings.tenant, opened.settings.url, opened.keys.entry, clock_, random_);
    ASSERT_THAT(StaffAccess(*opened.store, recorder).provide_token("server", "binh", every_role()), is_ok());
  }

  BackupPorts ports() { return {files_, clock_, random_}; }
  /// To encrypt keys takes long, so that one test has to do.
  Result<BackupReport> back_up(bool with_plain_keys = true) {
    return make_backup(ports(), folder_, backup_, with_plain_keys);
  }
  Result<RestoreReport> restore(LogsAfter logs = LogsAfter::begin_new) {
    RestorePlan plan{backup_, restored_};
    plan.logs = logs;
    return restore_backup(ports(), plan);
  }
  std::int64_t events_of(const std::filesystem::path& folder) {
    const ServerFolder opened = open_server_folder(files_, folder).value();
    return opened.store->begin(opened.settings.tenant, Access::read).value()->events().last_index().value();
  }

  kip::testing::TemporaryDirectory directory_;
  std::filesystem::path folder_ = directory_.path() / "kip";
  std::filesystem::path backup_ = directory_.path() / "backup";
  std::filesystem::path restored_ = directory_.path() / "restored";
  PosixFileSystem files_;
  FixedClock clock_;
  SystemRandom random_;
};

TEST_F(BackupTest, ARestoredServerHasEveryEventAndBeginsNewLogs) {
  record();
  const BackupReport made = back_up().value();
  EXPECT_TRUE(made.keys_are_plain);
  const RestoreReport report = restore().value();
  EXPECT_EQ(report.note.events, made.events);
  ASSERT_EQ(report.lives.size(), 2U);
  EXPECT_EQ(report.lives[0].origin, "updates.example.vn/t/an-phat/log/o2");
  EXPECT_EQ(events_of(restored_), made.events + 1) << "and that the logs began anew";
  EXPECT_EQ(files_.status(restored_)->mode, 0700U);
  EXPECT_EQ(files_.status(restored_ / "keys" / "entry.pem")->mode, 0600U);
  EXPECT_EQ(files_.status(restored_ / "logs" / "o" / "state.json")->mode, 0600U);
  EXPECT_EQ(files_.status(restored_ / "logs" / "o" / "public" / "checkpoint")->mode, 0644U);
}

TEST_F(BackupTest, WhereNothingWasRecordedSinceTheLogsGoOn) {
  const BackupReport made = back_up().value();
  EXPECT_TRUE(restore(LogsAfter::go_on).value().lives.empty());
  EXPECT_EQ(events_of(restored_), made.events);
  EXPECT_EQ(kip::testing::read_file(restored_ / "logs/r/public/checkpoint"),
            kip::testing::read_file(folder_ / "logs/r/public/checkpoint"));
}

TEST_F(BackupTest, SessionsOfTheBackupEndWithARestore) {
  record();
  const PersonName binh = PersonName::parse("binh").value();
  {
    const ServerFolder opened = open_server_folder(files_, folder_).value();
    const auto unit = opened.store->begin(opened.settings.tenant, Access::write).value();
    const Instant now = clock_.now();
    ASSERT_THAT(unit->sessions().put({sha256("kips_x"), binh, now, now + std::chrono::hours(12)}), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  ASSERT_THAT(back_up(), is_ok());
  const auto sessions = [this] {
    const ServerFolder opened = open_server_folder(files_, restored_).value();
    return opened.store->begin(opened.settings.tenant, Access::read).value()->sessions().all()->size();
  };
  ASSERT_THAT(restore(LogsAfter::go_on), is_ok());
  EXPECT_EQ(sessions(), 1U) << "nothing came since";
  std::filesystem::remove_all(restored_);
  ASSERT_THAT(restore(), is_ok());
  EXPECT_EQ(sessions(), 0U);
}

TEST_F(BackupTest, NothingIsReplaced) {
  ASSERT_THAT(back_up(), is_ok());
  EXPECT_THAT(back_up(), fails_with(ErrorCode::conflict, "name of its own"));
  ASSERT_THAT(restore(), is_ok());
  EXPECT_THAT(restore(), fails_with(ErrorCode::conflict, "nothing was changed"));
}

TEST_F(BackupTest, NoneIsMadeWithinTheServersOwnFolder) {
  std::filesystem::create_directory_symlink(folder_ / "logs", directory_.path() / "elsewhere");
  for (const auto& place : {folder_ / "backup", folder_ / "repository" / "backup", directory_.path() / "elsewhere/b",
                            directory_.path() / "x" / ".." / "kip" / "backup"}) {
    backup_ = place;
    EXPECT_THAT(back_up(), fails_with(ErrorCode::usage, "outside")) << place;
    EXPECT_FALSE(std::filesystem::exists(place));
  }
  backup_ = directory_.path() / "kip-backup";  // beside it, with the same beginning
  EXPECT_THAT(back_up(), is_ok());
}

TEST_F(BackupTest, PlainKeysAreCopiedOnlyWhereThatIsSaidAndCanBeEncrypted) {
  const auto passphrase = directory_.path() / "passphrase";
  ASSERT_THAT(replace_file(files_, passphrase, "open sesame\n", 0600), is_ok());
  EXPECT_THAT(back_up(false), fails_with(ErrorCode::denied, "keys encrypt"));
  EXPECT_FALSE(std::filesystem::exists(backup_));
  ASSERT_THAT(encrypt_keys(files_, folder_, passphrase), is_ok());
  EXPECT_THAT(encrypt_keys(files_, folder_, passphrase), fails_with(ErrorCode::conflict));
  EXPECT_FALSE(back_up(false).value().keys_are_plain);
  for (const std::string& path : files_below_folder(files_, backup_).value())
    EXPECT_EQ(kip::testing::read_file(backup_ / path).find("open sesame"), std::string::npos) << path;
  EXPECT_THAT(open_server_folder(files_, folder_), is_ok());
}

TEST_F(BackupTest, ADatabaseIsKeptBeforeItsTablesChange) {
  {
    SQLite::Database database((folder_ / "kip.db").string(), SQLite::OPEN_READWRITE);
    database.exec("DELETE FROM migrations WHERE number = (SELECT max(number) FROM migrations)");
  }
  // What is to be made is there, so that the migration itself fails.
  EXPECT_FALSE(open_server_folder(files_, folder_).has_value());
  std::vector<std::filesystem::path> kept;
  for (const std::string& name : files_.list_directory(folder_).value()) {
    if (name.starts_with("kip.db.before-migration-")) kept.push_back(folder_ / name);
  }
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_THAT(SqliteStore::check(kept[0]), is_ok());
  EXPECT_EQ(files_.status(kept[0])->mode & 0077U, 0U) << "it is as private as the database";
}

struct Damage {
  const char* name;
  std::function<void(const std::filesystem::path& backup)> make;
  ErrorCode code;
  const char* says;
};

void overwrite(const std::filesystem::path& path, const std::string& text) {
  PosixFileSystem files;
  ASSERT_THAT(replace_file(files, path, text, 0600), is_ok());
}

class BackupDamage : public BackupTest, public ::testing::WithParamInterface<Damage> {};

TEST_P(BackupDamage, IsNotRestored) {
  ASSERT_THAT(back_up(), is_ok());
  GetParam().make(backup_);
  EXPECT_THAT(restore(), fails_with(GetParam().code, GetParam().says));
  EXPECT_FALSE(std::filesystem::exists(restored_));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BackupDamage,
    ::testing::Values(
        Damage{"AFileIsChanged", [](const auto& at) { overwrite(at / "online-keys.json", "{}"); }, ErrorCode::integrity,
               "is damaged"},
        Damage{"AFileIsGone", [](const auto& at) { std::filesystem::remove(at / "keys/entry.pem"); },
               ErrorCode::not_found, "copying keys/entry.pem"},
        Damage{"AFileIsAdded", [](const auto& at) { overwrite(at / "keys/more.pem", "x"); }, ErrorCode::integrity,
               "does not list"},
        Damage{"TheListIsChanged", [](const auto& at) { overwrite(at / kBackupSumsFile, ""); }, ErrorCode::integrity,
               "was changed"},
        Damage{"TheNoteIsGone", [](const auto& at) { std::filesystem::remove(at / kBackupNoteFile); },
               ErrorCode::not_found, "no whole backup"},
        Damage{
            "APathLeadsOut",
            [](const auto& at) {
              const Bytes sums = std::string(64, 'a') + "  ../x\n";
              const BackupNote note = parse_backup_note(kip::testing::read_file(at / kBackupNoteFile)).value();
              overwrite(at / kBackupSumsFile, sums);
              overwrite(at / kBackupNoteFile, to_bytes(BackupNote{note.tenant, note.began, note.events, sha256(sums)}));
            },
            ErrorCode::malformed, "../x"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(BackupTest, ABackupWithAnotherMarkIsNotRestored) {
  ASSERT_THAT(back_up(), is_ok());
  RestorePlan plan{backup_, restored_};
  plan.note = sha256("another");
  EXPECT_THAT(restore_backup(ports(), plan), fails_with(ErrorCode::integrity, "another backup"));
}

TEST_F(BackupTest, SettingsThatLeadOutOfTheFolderAreRefusedAndOthersMayTakeTheirPlace) {
  ASSERT_THAT(back_up(), is_ok());
  std::string text = kip::testing::read_file(backup_ / kSettingsFile);
  const auto with = [&](const std::string& line) {
    std::string out = text;
    out.insert(out.find("[storage]\n") + 10, line + "\n");
    overwrite(directory_.path() / "other.toml", out);
    RestorePlan plan{backup_, restored_};
    plan.settings = directory_.path() / "other.toml";
    return restore_backup(ports(), plan);
  };
  EXPECT_THAT(with("database = \"/srv/elsewhere.db\""), fails_with(ErrorCode::usage, "storage.database"));
  ASSERT_THAT(with("database = \"data/state.db\""), is_ok());
  EXPECT_TRUE(std::filesystem::exists(restored_ / "data/state.db"));
}

}  // namespace
}  // namespace kip::server
