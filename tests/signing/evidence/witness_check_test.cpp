#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/evidence/witness_check.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kSize = 10;

/// A bundle with a life of O of ten entries, and three witnesses of whom some have signed some of its heads.
class WitnessCheckTest : public ::testing::Test {
 protected:
  WitnessCheckTest() {
    for (std::uint64_t i = 0; i < kSize; ++i)
      files_[entry_path(span_.life, i)] = "entry " + std::to_string(i);
    for (int i = 0; i < 3; ++i) {
      signing_.push_back(PrivateKey::generate(KeyType::ed25519).value());
      policy_.witnesses.push_back(tlog::NoteKey::create("w" + std::to_string(i + 1),
                                                        tlog::NoteSignatureType::cosignature,
                                                        signing_.back().public_key())
                                      .value());
    }
    policy_.witness_quorum = 2;
    files_[log_path(span_.life) + "/checkpoint"] = note(kSize, {}).bytes();
  }

  /// By a key that nobody asks for, and by these witnesses.
  tlog::Note note(std::uint64_t size, const std::vector<std::size_t>& witnesses, bool another_tree = false) {
    tlog::Frontier frontier;
    for (std::uint64_t i = 0; i < size; ++i)
      frontier.append(tlog::leaf_hash((another_tree ? "other " : "entry ") + std::to_string(i)));
    tlog::Note out{tlog::Checkpoint{span_.life.origin, {size, frontier.root()}}.text(), {{"log", 1, "signature"}}};
    for (const std::size_t one : witnesses) {
      out.signatures.push_back(
          tlog::sign_note(out.text, policy_.witnesses.at(one - 1), signing_.at(one - 1), Instant(std::chrono::hours(1)))
              .value());
    }
    return out;
  }
  void add(std::uint64_t size, const std::vector<std::size_t>& witnesses, bool another_tree = false) {
    files_[cosigned_path(span_.life, size)] = note(size, witnesses, another_tree).bytes();
  }
  WitnessFinding look() { return look_at_witnesses(files_, span_, policy_); }

  LoggedSpan span_{{LogName::o, 1, "updates.example.vn/log/o"}, kSize};
  EvidenceFiles files_;
  TrustPolicy policy_{.tenant = TenantId::parse("an-phat").value(), .root = {}};
  std::vector<PrivateKey> signing_;
};

TEST_F(WitnessCheckTest, NobodyHasSigned) {
  const WitnessFinding found = look();
  EXPECT_THAT(found.names, IsEmpty());
  EXPECT_EQ(found.covered, 0U);
  EXPECT_EQ(found.total, kSize);
}

TEST_F(WitnessCheckTest, AQuorumHasSignedTheNewestHead) {
  files_[log_path(span_.life) + "/checkpoint"] = note(kSize, {1, 3}).bytes();
  EXPECT_EQ(look().covered, kSize);
  EXPECT_THAT(look().names, ElementsAre("w1", "w3"));
  policy_.witness_quorum = 3;
  EXPECT_EQ(look().covered, 0U);
  policy_.witness_quorum = 2;
  add(4, {1, 3});
  EXPECT_EQ(look().covered, kSize) << "what they signed before takes nothing away";
}

TEST_F(WitnessCheckTest, EarlierHeadsCountAsFarAsTheyGo) {
  add(9, {1});
  add(4, {2});
  EXPECT_EQ(look().covered, 4U);
  EXPECT_EQ(look().contradiction, "");
  add(7, {2});
  EXPECT_EQ(look().covered, 7U);
  policy_.witness_quorum = 1;
  EXPECT_EQ(look().covered, 9U);
}

TEST_F(WitnessCheckTest, OneWitnessIsOneHoweverOftenItSigns) {
  add(9, {1});
  add(4, {1});
  EXPECT_EQ(look().covered, 0U);
  EXPECT_THAT(look().names, ElementsAre("w1"));
}

TEST_F(WitnessCheckTest, AnotherTreeIsAContradiction) {
  add(9, {1, 2});
  add(4, {3}, true);
  EXPECT_THAT(look().contradiction, AllOf(HasSubstr("w3"), HasSubstr("4 entries")));
}

TEST_F(WitnessCheckTest, MoreEntriesThanTheBundleHasAreAContradictionToo) {
  add(11, {1});
  EXPECT_THAT(look().contradiction, HasSubstr("11 entries"));
  EXPECT_THAT(look().names, IsEmpty());
}

TEST_F(WitnessCheckTest, WhatSaysNothingIsIgnored) {
  files_[cosigned_path(span_.life, 3)] = "no note";
  tlog::Note damaged = note(4, {1});
  damaged.signatures.back().signature.back() ^= 1;
  files_[cosigned_path(span_.life, 4)] = damaged.bytes();
  span_.life.origin = "updates.example.vn/log/o2";
  const Bytes of_another_life = note(5, {2}).bytes();
  span_.life.origin = "updates.example.vn/log/o";
  files_[cosigned_path(span_.life, 5)] = of_another_life;
  EXPECT_THAT(look().names, IsEmpty());
  EXPECT_EQ(look().contradiction, "");
}

}  // namespace
}  // namespace kip
