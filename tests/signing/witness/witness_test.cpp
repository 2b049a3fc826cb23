#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/storage/atomic_file.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <signing/witness/witness.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>
#include <testing/no_log.hpp>
#include <testing/test_log.hpp>

namespace kip::tlog {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using kip::testing::TestLog;

constexpr const char* kFolder = "/witness";

const WitnessKey& own_key() {
  static const WitnessKey made = [] {
    PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
    NoteKey note = NoteKey::create("witness.example/w1", NoteSignatureType::cosignature, key.public_key()).value();
    return WitnessKey{std::move(note), std::move(key)};
  }();
  return made;
}

const TestLog& o() {
  static const TestLog log("updates.example.vn/log/o");
  return log;
}

/// A witness with everything around it.
struct Desk {
  explicit Desk(MemoryFileSystem& on) : files(on) {}

  Result<std::unique_ptr<Witness>> open(std::vector<WatchedLog> logs = {{o().origin(), {o().key()}}}) {
    return Witness::open({files, clock, log}, kFolder, std::move(logs), own_key());
  }

  MemoryFileSystem& files;
  kip::testing::SimulatedClock clock{"2026-01-02T03:04:05Z"};
  kip::testing::NoLog log;
};

class WitnessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(Witness::create(files_, kFolder), is_ok());
    witness_ = desk_.open().value();
  }
  void reopen() {
    witness_.reset();
    witness_ = desk_.open().value();
  }
  WitnessAnswer ask(const AddCheckpoint& request) { return witness_->add_checkpoint(request.bytes()); }
  int status(const AddCheckpoint& request) { return ask(request).status; }

  MemoryFileSystem files_;
  Desk desk_{files_};
  std::unique_ptr<Witness> witness_;
};

/// When the witness says that it saw the tree, by its answer to that request.
Result<Instant> cosigned_at(const AddCheckpoint& request, const WitnessAnswer& answer) {
  KIP_TRY(const Note note, Note::parse(request.checkpoint.bytes() + answer.body));
  KIP_TRY(const auto found, verify_note(note, {own_key().key}));
  if (found.size() != 1) return fail(ErrorCode::signature, "no cosignature");
  return *found.front().at;
}

TEST_F(WitnessTest, CosignsWhatExtendsWhatItHasSeen) {
  std::uint64_t seen = 0;
  for (const std::uint64_t size : {0U, 1U, 2U, 7U, 7U, 300U}) {
    const AddCheckpoint request = o().request(seen, size);
    const WitnessAnswer answer = ask(request);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(cosigned_at(request, answer).value(), desk_.clock.now()) << size;
    seen = size;
  }
}

TEST_F(WitnessTest, RemembersAcrossProcesses) {
  ASSERT_EQ(status(o().request(0, 5)), 200);
  reopen();
  const WitnessAnswer answer = ask(o().request(0, 9));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.type, "text/x.tlog.size");
  EXPECT_EQ(answer.body, "5\n");
  EXPECT_EQ(status(o().request(5, 9)), 200);
}

TEST_F(WitnessTest, AnOlderCheckpointIsAConflict) {
  ASSERT_EQ(status(o().request(0, 9)), 200);
  EXPECT_EQ(ask(o().request(0, 5)).body, "9\n");
  EXPECT_EQ(status({9, {}, o().note(5)}), 400) << "the old size is above the checkpoint's";
}

TEST_F(WitnessTest, AForkIsNotCosignedAndNothingChanges) {
  ASSERT_EQ(status(o().request(0, 9)), 200);
  const TestLog fork(o(), 6);
  EXPECT_EQ(status({9, fork.proof(9, 12), fork.note(12)}), 422);
  EXPECT_EQ(status({9, o().proof(9, 12), fork.note(12)}), 422);
  EXPECT_EQ(status({9, {}, o().note(12)}), 422);
  Proof longer = o().proof(9, 12);
  longer.push_back(longer.front());
  EXPECT_EQ(status({9, longer, o().note(12)}), 422);
  EXPECT_EQ(status(o().request(9, 12)), 200);
}

TEST_F(WitnessTest, TwoTreesOfOneSizeAreAConflictAndBothNotesAreKept) {
  ASSERT_EQ(status(o().request(0, 9)), 200);
  const TestLog fork(o(), 6);
  const WitnessAnswer answer = ask({9, {}, fork.note(9)});
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body, "9\n");
  const auto names = files_.list_directory("/witness/conflicts").value();
  ASSERT_EQ(names.size(), 2U);
  std::set<Bytes> kept;
  for (const std::string& name : names)
    kept.insert(read_file(files_, std::filesystem::path("/witness/conflicts") / name, 10'000).value());
  EXPECT_EQ(kept, (std::set<Bytes>{o().note(9).bytes(), fork.note(9).bytes()}));
  EXPECT_EQ(status(o().request(9, 10)), 200);
}

TEST_F(WitnessTest, AContradictionIsKeptWhateverItClaimsToExtend) {
  ASSERT_EQ(status(o().request(0, 21)), 200);
  const TestLog fork(o(), 6);
  EXPECT_EQ(ask({20, fork.proof(20, 21), fork.note(21)}).body, "21\n");
  EXPECT_EQ(files_.list_directory("/witness/conflicts").value().size(), 2U);
  EXPECT_EQ(status({20, o().proof(20, 21), o().note(21)}), 409) << "an old size, and no contradiction";
  EXPECT_EQ(files_.list_directory("/witness/conflicts").value().size(), 2U);
}

TEST_F(WitnessTest, KeepsABoundedNumberOfContradictions) {
  ASSERT_EQ(status(o().request(0, 100)), 200);
  for (std::uint64_t fork = 0; fork < Witness::kMaxConflicts + 5; ++fork)
    EXPECT_EQ(status({100, {}, TestLog(o(), fork).note(100)}), 409);
  EXPECT_EQ(files_.list_directory("/witness/conflicts").value().size(), Witness::kMaxConflicts);
}

TEST_F(WitnessTest, AProofFromNothingIsEmpty) {
  EXPECT_EQ(status({0, o().proof(3, 5), o().note(5)}), 422);
  EXPECT_EQ(status({0, {}, o().note(5)}), 200);
  EXPECT_EQ(status({5, o().proof(3, 5), o().note(5)}), 422);
}

TEST_F(WitnessTest, OnlyLogsThatItKnowsAndOnlyBySignature) {
  const TestLog other("elsewhere.example/log");
  EXPECT_EQ(status(other.request(0, 1)), 404);
  const TestLog impostor(o().origin());  // of that origin, by another key
  EXPECT_EQ(status(impostor.request(0, 1)), 403);
  AddCheckpoint damaged = o().request(0, 1);
  damaged.checkpoint.signatures.front().signature.back() ^= 1;
  EXPECT_EQ(status(damaged), 403);
  AddCheckpoint several = o().request(0, 1);
  several.checkpoint.signatures.insert(several.checkpoint.signatures.begin(), other.note(1).signatures.front());
  EXPECT_EQ(status(several), 200) << "signatures by others are ignored";
}

TEST_F(WitnessTest, EitherKeyOfALogSigns) {
  const TestLog later(o().origin());
  witness_.reset();
  witness_ = desk_.open({{o().origin(), {o().key(), later.key()}}}).value();
  EXPECT_EQ(status(o().request(0, 3)), 200);
  EXPECT_EQ(status(later.request(3, 4)), 200);
}

TEST_F(WitnessTest, LogsDoNotMix) {
  const TestLog r("updates.example.vn/log/r");
  witness_.reset();
  witness_ = desk_.open({{o().origin(), {o().key()}}, {r.origin(), {r.key()}}}).value();
  EXPECT_EQ(status(o().request(0, 7)), 200);
  EXPECT_EQ(status(r.request(0, 3)), 200);
  EXPECT_EQ(status(r.request(3, 4)), 200);
  EXPECT_EQ(ask(o().request(0, 8)).body, "7\n");
}

TEST_F(WitnessTest, MalformedRequestsAreRefused) {
  const Bytes good = o().request(0, 1).bytes();
  const std::vector<Bytes> bodies = {"",
                                     "old",
                                     "old \n\n",
                                     "old 01\n\n" + good,
                                     "new 0\n\n",
                                     "old 0\nx\n\n",
                                     "old 0\n",
                                     "old 0\n\n",
                                     good.substr(0, good.size() - 1),
                                     "old -1" + good.substr(5),
                                     "old 18446744073709551616" + good.substr(5),
                                     "old  0" + good.substr(5)};
  for (const Bytes& body : bodies)
    EXPECT_EQ(witness_->add_checkpoint(body).status, 400) << body;
  EXPECT_EQ(witness_->add_checkpoint(Bytes(AddCheckpoint::kMaxBytes + 1, 'x')).status, 413);
  AddCheckpoint many = o().request(0, 1);
  many.proof.resize(AddCheckpoint::kMaxProof + 1, empty_root());
  EXPECT_EQ(status(many), 400);
  EXPECT_EQ(witness_->add_checkpoint(good).status, 200);
}

TEST_F(WitnessTest, AsManyHashesAsTheFormatAllowsAreRead) {
  AddCheckpoint many = o().request(0, 1);
  many.proof.resize(AddCheckpoint::kMaxProof, empty_root());
  EXPECT_EQ(status(many), 422);
}

TEST_F(WitnessTest, ASecondProcessIsKeptOut) {
  EXPECT_THAT(desk_.open(), fails_with(ErrorCode::busy, "/witness"));
}

TEST_F(WitnessTest, StatesThatAreNotItsOwnAreRefused) {
  ASSERT_EQ(status(o().request(0, 5)), 200);
  witness_.reset();
  std::filesystem::path state;
  for (const std::string& name : files_.list_directory(kFolder).value()) {
    if (name.ends_with(".json")) state = std::filesystem::path(kFolder) / name;
  }
  const Bytes text = read_file(files_, state, 100'000).value();
  Bytes other = text;
  other.replace(other.find("\"size\": 5"), 9, "\"size\": 4");
  ASSERT_THAT(replace_file(files_, state, other, 0600), is_ok());
  EXPECT_THAT(desk_.open(), fails_with(ErrorCode::integrity, "another one"));
  ASSERT_THAT(replace_file(files_, state, text.substr(1), 0600), is_ok());
  EXPECT_THAT(desk_.open(), fails_with(ErrorCode::malformed, state.string()));
  ASSERT_THAT(files_.remove_tree(kFolder), is_ok());
  EXPECT_THAT(desk_.open(), fails_with(ErrorCode::not_found, "another key"));
}

TEST_F(WitnessTest, WhatCannotBeKeptIsNotCosigned) {
  ASSERT_EQ(status(o().request(0, 5)), 200);
  std::uint64_t failures = 0;
  for (std::uint64_t at = 1; at < 20; ++at) {
    files_.fail_once(at, ErrorCode::disk_full);
    const WitnessAnswer answer = ask(o().request(5, 9));
    if (answer.status == 200) break;
    EXPECT_EQ(answer.status, 500);
    ++failures;
    files_.restart();  // only the fault; the lock goes too, which nobody wants here
    EXPECT_EQ(status(o().request(5, 8)), 200) << "it has cosigned nothing since, so that another tree is as good";
    ASSERT_THAT(files_.remove_tree(kFolder), is_ok());
    SetUp();
    ASSERT_EQ(status(o().request(0, 5)), 200);
  }
  EXPECT_GE(failures, 5U) << "making, writing, syncing, closing, renaming and the name's sync";
}

/// Plays the same requests with an interruption at each change of the file system in turn: the process dies, another
/// one goes on with what it finds, and then the power goes too. Tells where a log could have been cosigned that does
/// not extend what was cosigned before. `Files` is a MemoryFileSystem.
template <class Files>
std::vector<std::string> interrupt_everywhere(MemoryFileSystem::Loss loss, bool power_at_once) {
  constexpr std::array<std::uint64_t, 4> kSizes{1, 4, 4, 9};
  std::vector<std::string> faults;
  for (std::uint64_t at = 1;; ++at) {
    Files files;
    Desk desk(files);
    EXPECT_THAT(Witness::create(files, kFolder), is_ok());
    std::uint64_t cosigned = 0;
    /// Until the first that is not cosigned.
    const auto play = [&] {
      const auto witness = desk.open();
      if (!witness) return false;
      std::uint64_t from = 0;
      for (const std::uint64_t size : kSizes) {
        WitnessAnswer answer = (*witness)->add_checkpoint(o().request(from, size).bytes());
        if (answer.status == 409) {
          from = parse_tree_size(answer.body).value();
          if (from > size) continue;
          answer = (*witness)->add_checkpoint(o().request(from, size).bytes());
        }
        if (answer.status != 200) return false;
        from = size;
        cosigned = std::max(cosigned, size);
      }
      return true;
    };
    files.fail_from(at, ErrorCode::storage);
    const bool whole = play();
    if (power_at_once) {
      files.lose_power(loss);
    } else {
      files.restart();
      const auto next = desk.open();  // a second process trusts what it sees; its answers must last as well
      EXPECT_THAT(next, is_ok());
      for (const std::uint64_t size : kSizes) {
        if ((*next)->add_checkpoint(o().request(size, size).bytes()).status == 200) cosigned = std::max(cosigned, size);
      }
      files.lose_power(loss);
    }
    const auto witness = desk.open();
    const TestLog fork(o(), cosigned == 0 ? 0 : cosigned - 1);
    const auto shown = witness ? (*witness)->add_checkpoint(fork.request(0, 20).bytes()) : WitnessAnswer{};
    if (!witness)
      faults.push_back(std::to_string(at) + ": " + witness.error().message);
    else if (cosigned > 0 && shown.status == 200)
      faults.push_back(std::to_string(at) + ": it has forgotten what it cosigned");
    else if (shown.status == 409 && parse_tree_size(shown.body).value() < cosigned)
      faults.push_back(std::to_string(at) + ": it went back behind " + std::to_string(cosigned));
    if (whole) return faults;
  }
}

TEST(WitnessCrash, NothingCosignedIsEverForgotten) {
  using Loss = MemoryFileSystem::Loss;
  for (const bool at_once : {true, false}) {
    EXPECT_THAT(interrupt_everywhere<MemoryFileSystem>(Loss::everything_unsynced, at_once), ::testing::IsEmpty());
    EXPECT_THAT(interrupt_everywhere<MemoryFileSystem>(Loss::unsynced_contents, at_once), ::testing::IsEmpty());
  }
}

/// A witness on it answers before what it cosigned is durable.
class WithoutNameSync final : public MemoryFileSystem {
 public:
  Result<void> sync_directory(const std::filesystem::path& path) override {
    return path == kFolder ? Result<void>() : MemoryFileSystem::sync_directory(path);
  }
};

TEST(WitnessCrash, TheMatrixFindsAWitnessThatAnswersBeforeItKeeps) {
  EXPECT_FALSE(interrupt_everywhere<WithoutNameSync>(MemoryFileSystem::Loss::everything_unsynced, true).empty());
}

/// The first sync of the names, which is the one on opening, does nothing: what the process before left is believed.
class WithoutFirstSync final : public MemoryFileSystem {
 public:
  Result<void> sync_directory(const std::filesystem::path& path) override {
    const bool opening = path == kFolder && !renamed_;
    renamed_ = false;
    return opening ? Result<void>() : MemoryFileSystem::sync_directory(path);
  }
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    renamed_ = true;
    return MemoryFileSystem::rename(from, to);
  }

 private:
  bool renamed_ = true;  // the folder itself is made durable
};

TEST(WitnessCrash, TheMatrixFindsAWitnessThatTrustsWhatTheLastProcessLeft) {
  EXPECT_FALSE(interrupt_everywhere<WithoutFirstSync>(MemoryFileSystem::Loss::everything_unsynced, false).empty());
}

/// Tells in which order states came into place, and gives other threads a chance in between.
class SlowRenames final : public MemoryFileSystem {
 public:
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    const Bytes text = read_file(*this, from, 100'000).value();
    for (int i = 0; i < 200; ++i)
      std::this_thread::yield();
    const auto renamed = MemoryFileSystem::rename(from, to);
    const std::lock_guard lock(mutex_);
    written_.push_back(std::stoull(text.substr(text.find("\"size\": ") + 8)));
    return renamed;
  }
  std::vector<std::uint64_t> written() const { return written_; }

 private:
  std::mutex mutex_;
  std::vector<std::uint64_t> written_;
};

TEST(WitnessThreads, NoRequestTakesALogBackBehindAnother) {
  constexpr std::uint64_t kThreads = 4;
  SlowRenames files;
  Desk desk(files);
  ASSERT_THAT(Witness::create(files, kFolder), is_ok());
  const auto witness = desk.open().value();
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t size = 1 + t; size < 60; size += kThreads) {
        std::uint64_t from = 0;
        for (int tries = 0; tries < 100 && from <= size; ++tries) {
          const WitnessAnswer answer = witness->add_checkpoint(o().request(from, size).bytes());
          if (answer.status == 200) break;
          ASSERT_EQ(answer.status, 409) << answer.body;
          from = parse_tree_size(answer.body).value();
        }
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  const auto written = files.written();
  EXPECT_TRUE(std::is_sorted(written.begin(), written.end())) << ::testing::PrintToString(written);
  EXPECT_GE(written.size(), 2U);
}

}  // namespace
}  // namespace kip::tlog
