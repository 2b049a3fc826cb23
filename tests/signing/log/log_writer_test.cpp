#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/log/log_files.hpp>
#include <signing/log/log_writer.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/matchers.hpp>

namespace kip::tlog {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kOrigin = "updates.example.vn/log/o";

const LogIdentity& identity() {
  static const LogIdentity made = [] {
    PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
    NoteKey note = NoteKey::create(kOrigin, NoteSignatureType::ed25519, key.public_key()).value();
    return LogIdentity{kOrigin, {{std::move(note), std::move(key)}}};
  }();
  return made;
}

/// Entries of every length from nothing on, each one different.
Bytes entry(std::uint64_t index) {
  return index == 0 ? Bytes() : "entry " + std::to_string(index) + Bytes(index % 50, 'x');
}

Result<void> append(LogWriter& writer, std::uint64_t count) {
  std::vector<Bytes> entries;
  for (std::uint64_t i = 0; i < count; ++i)
    entries.push_back(entry(writer.head().size + i));
  return writer.append({entries.begin(), entries.end()});
}

Result<Checkpoint> published(FileSystem& files, const LogPlace& place) {
  KIP_TRY(const Note note, read_checkpoint_note(files_below(files, place.public_folder())));
  return open_checkpoint(note, identity().keys.front().key, kOrigin);
}

/// What a stranger can check of the log: that its entries and tiles are what its checkpoint says, and that it extends
/// the checkpoints that he has seen. Errors: integrity, and those of reading.
Result<void> check_log(FileSystem& files, const LogPlace& place, const std::vector<TreeHead>& seen) {
  KIP_TRY(const Checkpoint now, published(files, place));
  const std::uint64_t size = now.head.size;
  Frontier frontier;
  KIP_TRY_VOID(read_entries(files_below(files, place.entries_folder()), 0, size,
                            [&](std::uint64_t index, BytesView found) -> Result<void> {
                              if (found != entry(index)) return fail(ErrorCode::integrity, "another entry");
                              frontier.append(leaf_hash(found));
                              return {};
                            }));
  if (frontier.root() != now.head.root) return fail(ErrorCode::integrity, "the entries have another root");
  const NodeReader nodes = nodes_of(size, tiles_of(files_below(files, place.public_folder())));
  for (std::uint64_t index = 0; index < size; index += 100) {
    KIP_TRY(const Proof proof, prove_inclusion(index, size, nodes));
    KIP_TRY_VOID(verify_inclusion(index, size, leaf_hash(entry(index)), proof, now.head.root));
  }
  for (const TreeHead& earlier : seen) {
    if (earlier.size == 0) continue;
    if (earlier.size > size) return fail(ErrorCode::integrity, "the log has shrunk");
    KIP_TRY(const Proof proof, prove_consistency(earlier.size, size, nodes));
    KIP_TRY_VOID(verify_consistency(earlier, now.head, proof));
  }
  return {};
}

/// With the signature of a witness of that name.
Note cosigned(Note note, const std::string& name) {
  const PrivateKey& signing = identity().keys.front().signing;  // any will do
  const NoteKey key = NoteKey::create(name, NoteSignatureType::cosignature, signing.public_key()).value();
  note.signatures.push_back(sign_note(note.text, key, signing, Instant(std::chrono::hours(1))).value());
  return note;
}

class LogWriterTest : public ::testing::Test {
 protected:
  void create() { ASSERT_THAT(LogWriter::create(files_, place_, identity()), is_ok()); }
  Result<std::unique_ptr<LogWriter>> open() { return LogWriter::open(files_, place_, identity()); }
  Note note() { return read_checkpoint_note(files_below(files_, place_.public_folder())).value(); }
  std::vector<std::string> signers() {
    std::vector<std::string> out;
    for (const NoteSignature& one : note().signatures)
      out.push_back(one.name);
    return out;
  }

  MemoryFileSystem files_;
  LogPlace place_{"/log"};
};

TEST_F(LogWriterTest, ALogOfNoEntriesHasACheckpoint) {
  create();
  EXPECT_EQ(published(files_, place_).value().head, TreeHead{});
  create();  // again is as good as once
  EXPECT_EQ(open().value()->head().size, 0U);
}

TEST_F(LogWriterTest, EveryCheckpointExtendsTheOnesBefore) {
  create();
  std::vector<TreeHead> seen;
  std::uint64_t size = 0;
  for (const std::uint64_t count : {1U, 2U, 252U, 1U, 1U, 600U, 0U, 167U, 1000U}) {
    const auto writer = open().value();  // with what the last one left on the disk
    ASSERT_THAT(append(*writer, count), is_ok());
    size += count;
    EXPECT_EQ(writer->head().size, size);
    EXPECT_EQ(published(files_, place_).value().head, writer->head());
    ASSERT_THAT(check_log(files_, place_, seen), is_ok()) << size;
    seen.push_back(writer->head());
  }
}

TEST_F(LogWriterTest, ATreeThatNeedsThreeLevelsOfTilesIsTakenUpAgain) {
  create();
  auto writer = open().value();
  ASSERT_THAT(append(*writer, 65'530), is_ok());
  ASSERT_THAT(append(*writer, 10), is_ok());
  const TreeHead head = writer->head();
  writer.reset();
  EXPECT_EQ(open().value()->head(), head);
  EXPECT_TRUE(*path_exists(files_, "/log/public/tile/2/000.p/1"));
  EXPECT_FALSE(*path_exists(files_, "/log/public/tile/1/000.p")) << "the full tile is there";
  EXPECT_FALSE(*path_exists(files_, "/log/public/tile/entries/255.p")) << "the full bundle is there";
}

TEST_F(LogWriterTest, PrivateEntriesAreNowhereInWhatIsServed) {
  place_.entries_are_public = false;
  create();
  const auto writer = open().value();
  ASSERT_THAT(append(*writer, 300), is_ok());
  ASSERT_THAT(check_log(files_, place_, {}), is_ok());
  EXPECT_FALSE(*path_exists(files_, "/log/public/tile/entries"));
  EXPECT_EQ(files_.status("/log/private/tile/entries/000").value().mode, 0600U);
  EXPECT_EQ(files_.status("/log/private").value().mode, 0700U);
}

TEST_F(LogWriterTest, ThereIsOneWriter) {
  create();
  const auto first = open();
  EXPECT_THAT(open(), fails_with(ErrorCode::busy, "writing the log in /log"));
}

TEST_F(LogWriterTest, AnEntryThatIsTooLongChangesNothing) {
  create();
  const auto writer = open().value();
  const Bytes longest(kMaxEntry, 'x');
  EXPECT_THAT(writer->append({"a", longest + "x"}), fails_with(ErrorCode::too_large, "65536"));
  EXPECT_THAT(writer->append({longest}), is_ok());
  EXPECT_EQ(writer->head().size, 1U);
}

TEST_F(LogWriterTest, KeysThatFollowEachOtherBothSign) {
  create();
  LogIdentity both = identity();
  PrivateKey next = PrivateKey::generate(KeyType::ed25519).value();
  const NoteKey next_key = NoteKey::create(kOrigin, NoteSignatureType::ed25519, next.public_key()).value();
  both.keys.push_back({next_key, std::move(next)});
  ASSERT_THAT(LogWriter::open(files_, place_, both), is_ok());
  const Note note = read_checkpoint_note(files_below(files_, place_.public_folder())).value();
  EXPECT_THAT(open_checkpoint(note, identity().keys.front().key, kOrigin), is_ok());
  EXPECT_THAT(open_checkpoint(note, next_key, kOrigin), is_ok());
}

TEST_F(LogWriterTest, SignaturesOfOthersStandUnderTheCheckpointUntilThereIsANewerOne) {
  create();
  auto writer = open().value();
  ASSERT_THAT(append(*writer, 3), is_ok());
  const Note by_log = note();
  ASSERT_TRUE(writer->add_signatures(cosigned(by_log, "w1")).value());
  ASSERT_TRUE(writer->add_signatures(cosigned(by_log, "w2")).value());
  EXPECT_THAT(signers(), ElementsAre(kOrigin, "w1", "w2"));
  ASSERT_TRUE(writer->add_signatures(cosigned(by_log, "w1")).value());
  EXPECT_THAT(signers(), ElementsAre(kOrigin, "w2", "w1")) << "of one key the later one";
  writer.reset();
  writer = open().value();
  EXPECT_THAT(signers(), ElementsAre(kOrigin, "w2", "w1")) << "they are not lost with a new start";
  ASSERT_THAT(append(*writer, 1), is_ok());
  EXPECT_THAT(signers(), ElementsAre(kOrigin));
  EXPECT_FALSE(writer->add_signatures(cosigned(by_log, "w1")).value()) << "of an older checkpoint";
  EXPECT_EQ(published(files_, place_).value().head.size, 4U);
}

TEST_F(LogWriterTest, NobodySignsInTheLogsName) {
  create();
  const auto writer = open().value();
  ASSERT_THAT(append(*writer, 3), is_ok());
  const Bytes before = note().bytes();
  Note twice = note();
  twice.signatures.push_back(twice.signatures.front());
  ASSERT_TRUE(writer->add_signatures(twice).value());
  EXPECT_EQ(note().bytes(), before);
}

TEST_F(LogWriterTest, SignaturesThatCannotBeWrittenLeaveTheLogAsItWas) {
  create();
  const auto writer = open().value();
  ASSERT_THAT(append(*writer, 3), is_ok());
  const Note by_log = note();
  files_.fail_once(1, ErrorCode::disk_full);
  EXPECT_THAT(writer->add_signatures(cosigned(by_log, "w1")), fails_with(ErrorCode::disk_full));
  EXPECT_THAT(signers(), ElementsAre(kOrigin));
  ASSERT_TRUE(writer->add_signatures(cosigned(by_log, "w2")).value());
  EXPECT_THAT(signers(), ElementsAre(kOrigin, "w2"));
  EXPECT_THAT(append(*writer, 2), is_ok());
}

TEST_F(LogWriterTest, WhatIsNotTheLogIsRefused) {
  EXPECT_THAT(open(), fails_with(ErrorCode::not_found, "/log"));
  create();
  ASSERT_THAT(append(*open().value(), 3), is_ok());
  EXPECT_THAT(LogWriter::create(files_, place_, identity()), fails_with(ErrorCode::conflict, "with 3 entries"));
  LogIdentity other = identity();
  other.origin = "updates.example.vn/log/r";
  EXPECT_THAT(LogWriter::open(files_, place_, other),
              fails_with(ErrorCode::conflict, "not \"updates.example.vn/log/r\""));
}

TEST_F(LogWriterTest, AStateOlderThanTheCheckpointIsRefused) {
  create();
  const Bytes old = read_file(files_, "/log/state.json", 1000).value();
  ASSERT_THAT(append(*open().value(), 3), is_ok());
  ASSERT_THAT(replace_file(files_, "/log/state.json", old, 0600), is_ok());
  EXPECT_THAT(open(), fails_with(ErrorCode::integrity, "published a checkpoint of 3 entries and knows 0"));
}

TEST_F(LogWriterTest, DamagedFilesAreRefused) {
  for (const char* path :
       {"/log/public/tile/0/001.p/4", "/log/public/tile/1/000.p/1", "/log/public/tile/entries/001.p/4"}) {
    ASSERT_THAT(files_.remove_tree("/log"), is_ok());
    create();
    ASSERT_THAT(append(*open().value(), 260), is_ok());
    Bytes bytes = read_file(files_, path, 100'000).value();
    bytes.back() ^= 1;
    ASSERT_THAT(replace_file(files_, path, bytes, 0644), is_ok());
    EXPECT_THAT(open(), fails_with(ErrorCode::integrity, "updates.example.vn/log/o")) << path;
  }
}

/// Runs the same appends with an interruption at each change of the file system in turn, takes the log up again and
/// goes on. Tells what was wrong with what strangers saw. `Files` is a MemoryFileSystem.
template <class Files>
std::vector<std::string> interrupt_everywhere(MemoryFileSystem::Loss loss, bool power) {
  constexpr std::array<std::uint64_t, 5> kBatches{1, 254, 2, 3, 260};
  const LogPlace place{"/log"};
  std::vector<std::string> faults;
  for (std::uint64_t at = 1;; ++at) {
    Files files;
    std::vector<TreeHead> seen;
    EXPECT_THAT(LogWriter::create(files, place, identity()), is_ok());
    const auto run = [&]() -> Result<void> {
      KIP_TRY(const auto writer, LogWriter::open(files, place, identity()));
      for (const std::uint64_t count : kBatches) {
        KIP_TRY_VOID(append(*writer, count));
        seen.push_back(writer->head());
        KIP_TRY(const Note by_log, read_checkpoint_note(files_below(files, place.public_folder())));
        KIP_TRY_VOID(writer->add_signatures(cosigned(by_log, "w1")));
      }
      return {};
    };
    files.fail_from(at, ErrorCode::storage);
    const bool interrupted = !run();
    seen.push_back(published(files, place).value().head);
    if (power)
      files.lose_power(loss);
    else
      files.restart();
    const auto again = [&]() -> Result<void> {
      KIP_TRY(const auto writer, LogWriter::open(files, place, identity()));
      KIP_TRY_VOID(check_log(files, place, seen));
      KIP_TRY_VOID(append(*writer, 520));
      return check_log(files, place, seen);
    }();
    if (!again) faults.push_back(std::to_string(at) + ": " + again.error().message);
    if (!interrupted) return faults;
  }
}

TEST(LogWriterCrash, ALogExtendsWhatAnyoneSawAfterAnyInterruption) {
  using Loss = MemoryFileSystem::Loss;
  EXPECT_THAT(interrupt_everywhere<MemoryFileSystem>(Loss::everything_unsynced, false), ::testing::IsEmpty());
  EXPECT_THAT(interrupt_everywhere<MemoryFileSystem>(Loss::everything_unsynced, true), ::testing::IsEmpty());
  EXPECT_THAT(interrupt_everywhere<MemoryFileSystem>(Loss::unsynced_contents, true), ::testing::IsEmpty());
}

/// A disk that says "synced" and is not, as the writer would be that left the sync out.
class WithoutTreeSync final : public MemoryFileSystem {
 public:
  Result<void> sync_tree(const std::filesystem::path& /*path*/) override { return {}; }
};

TEST(LogWriterCrash, TheMatrixFindsAWriterThatDoesNotSync) {
  using Loss = MemoryFileSystem::Loss;
  EXPECT_FALSE(interrupt_everywhere<WithoutTreeSync>(Loss::everything_unsynced, true).empty());
  EXPECT_FALSE(interrupt_everywhere<WithoutTreeSync>(Loss::unsynced_contents, true).empty());
}

/// Lets a new state be seen only by the living, so that checkpoints run ahead of it.
class WithoutStateSync final : public MemoryFileSystem {
 public:
  Result<void> sync_directory(const std::filesystem::path& path) override {
    return path == "/log" ? Result<void>() : MemoryFileSystem::sync_directory(path);
  }
};

TEST(LogWriterCrash, TheMatrixFindsACheckpointAheadOfItsState) {
  EXPECT_FALSE(interrupt_everywhere<WithoutStateSync>(MemoryFileSystem::Loss::everything_unsynced, true).empty());
}

}  // namespace
}  // namespace kip::tlog
