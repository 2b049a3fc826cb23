#include <gmock/gmock.h>

#include <server/domain/log_feed.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/log/commitment.hpp>
#include <signing/log/log_files.hpp>
#include <testing/temporary_directory.hpp>

#include "history.hpp"

namespace kip::server::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<Leaf> leaves_of(World& world, LogName log) {
  return world.store->begin(world.tenant, Access::read).value()->leaves().from(log, 0, 10'000).value();
}

std::vector<StoredEvent> events_of(World& world) {
  return world.store->begin(world.tenant, Access::read).value()->events().after(0, 10'000).value();
}

tlog::Checkpoint published(World& world, const std::string& folder) {
  const auto note = tlog::read_checkpoint_note(tlog::files_below(world.files, "/logs/" + folder + "/public")).value();
  return tlog::Checkpoint::parse(note.text).value();
}

Event event_in(const StoredEvent& stored) {
  return parse_event(dsse::parse(stored.envelope).value().payload).value();
}

TEST(LogSequencer, EveryEventStandsInTheLogsOfItsRule) {
  World world;
  ASSERT_THAT(world.logs.start(), is_ok());
  world.register_act_and_commitments();
  world.import_customer();
  EXPECT_GT(world.logs.flush().value(), 0);
  EXPECT_EQ(world.logs.flush().value(), 0) << "published already";
  std::map<LogName, std::set<std::int64_t>> found;
  for (const LogName log : {LogName::o, LogName::r}) {
    for (const Leaf& leaf : leaves_of(world, log))
      EXPECT_TRUE(found[log].insert(leaf.event_index).second) << "twice in one log";
  }
  for (const StoredEvent& event : events_of(world)) {
    for (const LogName log : {LogName::o, LogName::r})
      EXPECT_EQ(found[log].contains(event.index), entry_rule(event.type).stands_in(log)) << event.type;
  }
  EXPECT_EQ(published(world, "o").head.size, found[LogName::o].size());
  EXPECT_EQ(published(world, "r").head.size, found[LogName::r].size());
  EXPECT_EQ(published(world, "o").origin, "127.0.0.1:8080/t/an-phat/log/o");
}

TEST(LogSequencer, AnEntryIsSignedAndCommitsToItsEvent) {
  World world;
  ASSERT_THAT(world.logs.start(), is_ok());
  world.register_act_and_commitments();
  const auto events = events_of(world);
  for (const Leaf& leaf : leaves_of(world, LogName::o)) {
    const dsse::Envelope envelope = dsse::parse(leaf.entry).value();
    ASSERT_THAT(dsse::verify(envelope, kLogEntryType, {world.recorder.public_key()}), is_ok());
    const LogEntry entry = parse_log_entry(envelope.payload).value();
    const StoredEvent& stored = events.at(static_cast<std::size_t>(leaf.event_index - 1));
    EXPECT_EQ(entry.id, stored.id);
    EXPECT_EQ(entry.commitment, tlog::commit(leaf.salt, stored.envelope));
    EXPECT_EQ(entry, open_part(event_in(stored), entry.commitment));
  }
  for (const Leaf& leaf : leaves_of(world, LogName::r)) {
    const StoredEvent& stored = events.at(static_cast<std::size_t>(leaf.event_index - 1));
    EXPECT_EQ(leaf.entry, tlog::commit(leaf.salt, stored.envelope).bytes());
  }
}

TEST(LogSequencer, EventsFromBeforeTheLogsAreCaughtUp) {
  World world;
  world.register_act_and_commitments();
  EXPECT_THAT(leaves_of(world, LogName::o), IsEmpty());
  ASSERT_THAT(world.logs.start(), is_ok());
  const std::size_t caught_up = leaves_of(world, LogName::o).size() + leaves_of(world, LogName::r).size();
  EXPECT_EQ(caught_up, events_of(world).size());
  world.import_customer();
  EXPECT_EQ(leaves_of(world, LogName::o).size() + leaves_of(world, LogName::r).size(), events_of(world).size());
  ASSERT_THAT(world.logs.flush(), is_ok());
}

/// Everything that a stranger can read of both logs.
std::string open_texts(World& world) {
  std::string out;
  for (const Leaf& leaf : leaves_of(world, LogName::o))
    out += dsse::parse(leaf.entry).value().payload + "\n";
  for (const Leaf& leaf : leaves_of(world, LogName::r))
    out += leaf.entry;
  return out;
}

TEST(LogSequencer, ONamesNoCustomerAndNoPersonAndCarriesNobodysWords) {
  World world;
  ASSERT_THAT(world.logs.start(), is_ok());
  live_through_everything(world);
  // The history has begun further lives of the logs: all of them are looked at through the events.
  std::string texts = open_texts(world);
  for (const StoredEvent& stored : events_of(world)) {
    if (stored.is_erased()) continue;
    const Event event = event_in(stored);
    if (entry_rule(event.type).in_o) texts += json::to_compact(to_json(open_part(event, sha256("x"))));
  }
  for (const char* secret : {"0101243150", "Minh Anh", "staff:", "install:", "PC-1", "no customer uses it", "customs",
                             "resumed at once", "the gazette is right", "the disk was lost", "no schema yet"})
    EXPECT_THAT(texts, Not(HasSubstr(secret)));
  EXPECT_THAT(texts, AllOf(HasSubstr("99/2025/TT-BTC"), HasSubstr("release.published"), HasSubstr("not-relevant")));
}

TEST(LogSequencer, AnEntryThatWouldNotFitIsWithheldAndCommittedToAllTheSame) {
  World world;
  ASSERT_THAT(world.logs.start(), is_ok());
  const std::string source(60'000, 'x');
  const json::Value body = json::Object{{"act", "a"}, {"date", "signed"}, {"day", "2025-01-01"}, {"source", source}};
  const Event event{EventId::make(world.clock.now(), world.random.ulid_bits()),
                    world.tenant,
                    world.recorder.origin(),
                    "act.date-stated",
                    world.clock.now(),
                    "staff:an",
                    body};
  const auto unit = world.store->begin(world.tenant, Access::write).value();
  const Bytes envelope = world.recorder.sign(kEventType, to_json(event)).value();
  const std::int64_t index = unit->events().append(event.id, event.type, envelope, world.clock.now()).value();
  ASSERT_THAT(enter_logs(world.recorder, *unit, event, index, envelope), is_ok());
  const Leaf leaf = unit->leaves().from(LogName::o, 0, 10).value().back();
  const LogEntry entry = parse_log_entry(dsse::parse(leaf.entry).value().payload).value();
  EXPECT_TRUE(entry.withheld);
  EXPECT_EQ(entry.body, json::Value(json::Object()));
  EXPECT_EQ(entry.commitment, tlog::commit(leaf.salt, envelope));
}

TEST(LogSequencer, AfterAFailureTheLogsGoOn) {
  World world;
  ASSERT_THAT(world.logs.start(), is_ok());
  world.register_act_and_commitments();
  world.files.fail_once(3, ErrorCode::disk_full);
  EXPECT_THAT(world.logs.flush(), fails_with(ErrorCode::disk_full));
  EXPECT_GT(world.logs.flush().value(), 0);
  EXPECT_EQ(published(world, "o").head.size, leaves_of(world, LogName::o).size());
}

/// A server whose database can be put back to what it was.
class BackupTest : public ::testing::Test {
 protected:
  /// What a process has of it: the store, until it is opened again.
  void open() { store_ = SqliteStore::open(database()).value(); }

  /// One entry in each log.
  void record() {
    ASSERT_THAT(CoverageRegister(*store_, recorder_)
                    .extend("staff:an", {make_series("BTC", 2025, "TT-BTC").value(), {++numbers_, "the gazette"}}),
                is_ok());
    const auto unit = store_->begin(tenant_, Access::write).value();
    ASSERT_THAT(recorder_.record(*unit, "test.happened", "server", json::Object()), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }

  std::unique_ptr<LogSequencer> make_sequencer() {
    return std::make_unique<LogSequencer>(files_, *store_, recorder_, LogKeeping{"/logs", key_});
  }
  LogSequencer sequencer() { return {files_, *store_, recorder_, {"/logs", key_}}; }

  /// Two entries of each log are published, the database knows only the first.
  void SetUp() override {
    open();
    auto logs = make_sequencer();
    ASSERT_THAT(logs->start(), is_ok());
    record();
    ASSERT_THAT(logs->flush(), is_ok());
    store_.reset();
    std::filesystem::copy_file(database(), backup());
    open();
    logs = make_sequencer();
    ASSERT_THAT(logs->start(), is_ok());
    record();
    ASSERT_THAT(logs->flush(), is_ok());
    logs.reset();
    put_back();
  }

  void lose_database() {
    store_.reset();
    for (const char* suffix : {"", "-wal", "-shm"})
      std::filesystem::remove(database().string() + suffix);
  }

  void put_back() {
    lose_database();
    std::filesystem::copy_file(backup(), database());
    open();
  }

  tlog::Note head(const std::string& folder) {
    return tlog::read_checkpoint_note(tlog::files_below(files_, "/logs/" + folder + "/public")).value();
  }

  LogsRestarted last_restart() {
    const auto unit = store_->begin(tenant_, Access::read).value();
    const auto stored = unit->events().after(unit->events().last_index().value() - 1, 1).value().at(0);
    return read_logs_restarted(event_in(stored).body).value();
  }

  TenantId tenant_ = TenantId::parse("an-phat").value();
  kip::testing::TemporaryDirectory folder_;
  MemoryFileSystem files_;
  SetClock clock_;
  CountingRandom random_;
  PrivateKey key_ = PrivateKey::generate(KeyType::ed25519).value();
  Recorder recorder_{tenant_, "https://updates.example.vn", Signer::of(PrivateKey::generate(KeyType::ed25519).value()),
                     clock_, random_};
  std::unique_ptr<SqliteStore> store_;
  int numbers_ = 100;

 private:
  std::filesystem::path database() const { return folder_.path() / "kip.db"; }
  std::filesystem::path backup() const { return folder_.path() / "backup.db"; }
};

TEST_F(BackupTest, ADatabaseOlderThanTheLogIsRefused) {
  const Bytes seen = head("o").bytes();
  EXPECT_THAT(sequencer().start(), fails_with(ErrorCode::rollback, "it is older, as after putting a backup back"));
  EXPECT_EQ(head("o").bytes(), seen);
}

TEST_F(BackupTest, ADatabaseThatHasPartedFromTheLogIsRefused) {
  for (int i = 0; i < 2; ++i)
    record();  // by a program that did not look at the logs
  EXPECT_THAT(sequencer().start(), fails_with(ErrorCode::rollback, "the two have parted"));
}

TEST_F(BackupTest, LogsWhoseFilesAreGoneAreRefused) {
  ASSERT_THAT(files_.remove_tree("/logs"), is_ok());
  EXPECT_THAT(sequencer().start(), fails_with(ErrorCode::not_found, "kip-server log restart"));
}

TEST_F(BackupTest, ADatabaseThatKnowsNoLogsIsRefusedBesideThem) {
  lose_database();
  open();
  EXPECT_THAT(sequencer().start(), fails_with(ErrorCode::conflict, "kip-server log restart"));
}

TEST_F(BackupTest, NewLogsNameTheLastHeadsAndGoOn) {
  const tlog::Note lost = head("o");
  auto logs = sequencer();
  EXPECT_THAT(logs.restart("server", "why", {{Bytes("x\n1\n"), {}}}),
              fails_with(ErrorCode::usage, "is not of the logs"));
  ASSERT_THAT(logs.restart("server", "the database was put back from a backup", {}), is_ok());
  const LogsRestarted body = last_restart();
  EXPECT_EQ(body.logs.at(0).previous_head, lost.bytes());
  EXPECT_EQ(body.logs.at(0).life.origin, "updates.example.vn/t/an-phat/log/o2");
  EXPECT_EQ(body.logs.at(1).previous_head, head("r").bytes());
  const auto unit = store_->begin(tenant_, Access::read).value();
  const Leaf first = unit->leaves().from(LogName::o, 0, 1).value().at(0);
  EXPECT_EQ(parse_log_entry(dsse::parse(first.entry).value().payload).value().type, "log.restarted");
  EXPECT_EQ(unit->leaves().from(LogName::r, 0, 1).value().at(0).event_index, first.event_index);
  EXPECT_EQ(tlog::Checkpoint::parse(head("o2").text).value().head.size, 1U);
  EXPECT_EQ(head("o").bytes(), lost.bytes()) << "the old one stays as it was";
}

TEST_F(BackupTest, AHeadThatSomebodyHasKeptCountsWhereTheFilesAreGone) {
  const tlog::Note kept = head("o");
  ASSERT_THAT(files_.remove_tree("/logs"), is_ok());
  ASSERT_THAT(sequencer().restart("server", "the disk was lost", {kept}), is_ok());
  const LogsRestarted body = last_restart();
  EXPECT_EQ(body.logs.at(0).previous_head, kept.bytes());
  EXPECT_EQ(body.logs.at(1).previous_head, "") << "nobody has one of R";
}

TEST_F(BackupTest, ASecondLossTakesTheNextFreeName) {
  ASSERT_THAT(sequencer().restart("server", "first", {}), is_ok());
  put_back();
  const auto lives = sequencer().restart("server", "second", {}).value();
  EXPECT_EQ(folder_of(lives.at(0)), "o3");
  EXPECT_EQ(folder_of(lives.at(1)), "r3");
}

}  // namespace
}  // namespace kip::server::testing
