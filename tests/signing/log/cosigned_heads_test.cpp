#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/log/cosigned_heads.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/matchers.hpp>
#include <testing/test_log.hpp>

namespace kip::tlog {
namespace {

using kip::testing::is_ok;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CosignedHeadsTest : public ::testing::Test {
 protected:
  Note cosigned(std::uint64_t size, const std::vector<std::string>& witnesses, int hour = 1) const {
    static const PrivateKey signing = PrivateKey::generate(KeyType::ed25519).value();
    Note note = log_.note(size);
    for (const std::string& name : witnesses) {
      const NoteKey key = NoteKey::create(name, NoteSignatureType::cosignature, signing.public_key()).value();
      note.signatures.push_back(sign_note(note.text, key, signing, Instant(std::chrono::hours(hour))).value());
    }
    return note;
  }
  void keep(std::uint64_t size, const std::vector<std::string>& witnesses) {
    ASSERT_THAT(keep_cosigned(files_, kFolder, cosigned(size, witnesses)), is_ok());
  }
  /// "SIZE WITNESS WITNESS"
  std::vector<std::string> kept() {
    std::vector<std::string> out;
    for (const Note& note : read_cosigned(files_, kFolder).value()) {
      out.push_back(std::to_string(Checkpoint::parse(note.text)->head.size));
      for (const NoteSignature& one : note.signatures)
        out.back() += one.name == log_.origin() ? "" : " " + one.name;
    }
    return out;
  }

  static constexpr const char* kFolder = "/cosigned";
  MemoryFileSystem files_;
  kip::testing::TestLog log_{"updates.example.vn/log/o"};
};

TEST_F(CosignedHeadsTest, OfEachWitnessTheNewestIsKept) {
  EXPECT_THAT(kept(), IsEmpty());
  keep(3, {"w1"});
  keep(3, {"w2"});
  EXPECT_THAT(kept(), ElementsAre("3 w1 w2"));
  keep(5, {"w1"});
  EXPECT_THAT(kept(), ElementsAre("3 w1 w2", "5 w1")) << "w2 has not seen more than 3";
  keep(9, {"w1"});
  EXPECT_THAT(kept(), ElementsAre("3 w1 w2", "9 w1"));
  keep(9, {"w2"});
  EXPECT_THAT(kept(), ElementsAre("9 w1 w2"));
}

TEST_F(CosignedHeadsTest, AnAnswerThatComesLateSurpassesNothing) {
  keep(9, {"w1"});
  keep(5, {"w1"});
  EXPECT_THAT(kept(), ElementsAre("9 w1"));
  keep(5, {"w2"});
  EXPECT_THAT(kept(), ElementsAre("5 w2", "9 w1"));
}

TEST_F(CosignedHeadsTest, TheLogsSignatureStaysWithThem) {
  keep(3, {"w1"});
  keep(3, {"w2"});
  const Note note = read_cosigned(files_, kFolder)->front();
  EXPECT_THAT(open_checkpoint(note, log_.key(), log_.origin()), is_ok());
  EXPECT_EQ(note.signatures.size(), 3U);
}

TEST_F(CosignedHeadsTest, AnInterruptionLosesNothingThatWasKept) {
  for (std::uint64_t at = 1;; ++at) {
    ASSERT_THAT(files_.remove_tree(kFolder), is_ok());
    keep(3, {"w1"});
    keep(5, {"w2"});
    files_.fail_from(at, ErrorCode::storage);
    const bool whole = keep_cosigned(files_, kFolder, cosigned(9, {"w1", "w2"})).has_value();
    files_.lose_power(MemoryFileSystem::Loss::everything_unsynced);
    std::set<std::string> witnesses;
    for (const Note& note : read_cosigned(files_, kFolder).value()) {
      for (const NoteSignature& one : note.signatures)
        witnesses.insert(one.name);
    }
    EXPECT_EQ(witnesses.size(), 3U) << at;
    keep(9, {"w1", "w2"});
    EXPECT_THAT(kept(), ElementsAre("9 w1 w2")) << at;
    if (whole) return;
  }
}

}  // namespace
}  // namespace kip::tlog
