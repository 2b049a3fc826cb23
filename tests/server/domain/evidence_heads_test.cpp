// Who else has seen the log: witnesses and installs.

#include <signing/evidence/seen_heads.hpp>
#include <signing/evidence/witness_check.hpp>

#include "evidence_world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kSaid = "heads that installs say they saw";
constexpr std::string_view kKept = "heads that installs have kept";

/// O's newest checkpoint with the signature of a witness of that key.
tlog::Note cosigned(const tlog::Note& note, const tlog::NoteKey& key, const PrivateKey& signing) {
  tlog::Note out = note;
  out.signatures.push_back(tlog::sign_note(note.text, key, signing, Instant(std::chrono::hours(1))).value());
  return out;
}

TEST_F(KeptPromise, AnEarlierHeadThatWitnessesHaveSignedComesAlong) {
  const PrivateKey signing = PrivateKey::generate(KeyType::ed25519).value();
  const auto key = tlog::NoteKey::create("w1", tlog::NoteSignatureType::cosignature, signing.public_key()).value();
  TrustPolicy asking = policy();
  asking.witnesses = {key};
  asking.witness_quorum = 1;
  EXPECT_THAT(wrong(check(bundle(), asking)), StartsWith("witnesses: 0 of 1"));
  const tlog::Note note = world.logs.published(LogName::o).value();
  ASSERT_THAT(world.logs.add_cosignatures(LogName::o, cosigned(note, key, signing)), is_ok());
  const std::uint64_t seen = tlog::Checkpoint::parse(note.text)->head.size;
  EvidenceReport report = check(bundle(), asking);
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(report.not_proven, Not(Contains(NotProven{Gap::newest_entries, seen, seen})));
  ASSERT_THAT(world.access.provide_token(kServerActor, "another", every_role()), is_ok());  // makes R grow, and so O
  report = check(bundle(), asking);
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(report.witnesses, ::testing::ElementsAre("w1"));
  EXPECT_THAT(report.not_proven, Contains(NotProven{Gap::newest_entries, seen, seen + 1}));
  EXPECT_THAT(report.not_proven, Not(Contains(NotProven{Gap::one_history})));
}

TEST_F(KeptPromise, AWitnessThatHasSignedAnotherTreeIsWrong) {
  const PrivateKey signing = PrivateKey::generate(KeyType::ed25519).value();
  const auto key = tlog::NoteKey::create("w1", tlog::NoteSignatureType::cosignature, signing.public_key()).value();
  TrustPolicy asking = policy();
  asking.witnesses = {key};  // and no quorum: it is told all the same
  tlog::Checkpoint other = tlog::Checkpoint::parse(world.logs.published(LogName::o)->text).value();
  other.head = {3, sha256("another tree")};
  EvidenceFiles files = bundle();
  files[cosigned_path({LogName::o, 1, other.origin}, 3)] = cosigned({other.text(), {}}, key, signing).bytes();
  EXPECT_THAT(wrong(check(resealed(std::move(files)), asking)), StartsWith("witnesses: w1 has signed 3 entries"));
}

TEST_F(KeptPromise, HeadsThatInstallsSawAreComparedWithTheLog) {
  const tlog::Checkpoint now = tlog::Checkpoint::parse(world.logs.published(LogName::o)->text).value();
  const SeenHead seen{now.origin, static_cast<std::int64_t>(now.head.size), now.head.root};
  const auto report_seen = [&](std::size_t computer, const SeenHead& head) {
    Receipt receipt = world.receipt(computers.at(computer), 2, InstallState::rolled_back, "1.0");
    receipt.seen = head;
    take(computers.at(computer), receipt);
    stamp();
  };
  EXPECT_EQ(found(check(bundle()), kSaid), "") << "no receipt names one";
  report_seen(0, seen);
  EXPECT_THAT(found(check(bundle()), kSaid), StartsWith("ok: 1 of 1 receipts"));
  SeenHead other = seen;
  other.root = sha256("another tree");
  report_seen(1, other);
  // One install alone says so: that is told, and spoils nobody's evidence.
  const EvidenceReport report = check(bundle());
  EXPECT_THAT(found(report, kSaid), AllOf(StartsWith("ok: 1 of 2 receipts"), HasSubstr(computers[1].id.str())));
  EXPECT_THAT(report.not_proven, Contains(NotProven{Gap::entries_seen, 1, 2}));
  EXPECT_TRUE(report.holds());
}

TEST_F(KeptPromise, AHeadOfMoreEntriesThanTheLogHasIsNoBeginningOfIt) {
  const tlog::Checkpoint now = tlog::Checkpoint::parse(world.logs.published(LogName::o)->text).value();
  Receipt receipt = world.receipt(computers.at(0), 2, InstallState::rolled_back, "1.0");
  receipt.seen = SeenHead{now.origin, 1'000'000, now.head.root};
  take(computers.at(0), receipt);
  stamp();
  EXPECT_THAT(check(bundle()).not_proven, Contains(NotProven{Gap::entries_seen, 1, 1}));
}

TEST_F(KeptPromise, WhatInstallsHaveKeptIsAForkWhereTheLogHasSignedItAndDoesNotHaveIt) {
  const EvidenceFiles files = bundle();
  const tlog::Checkpoint now = tlog::Checkpoint::parse(world.logs.published(LogName::o)->text).value();
  const PrivateKey nobody = PrivateKey::generate(KeyType::ed25519).value();
  const auto check_kept = [&](std::uint64_t size, const Sha256Digest& root, const tlog::NoteKey& key,
                              const PrivateKey& signing) {
    tlog::Note note{tlog::Checkpoint{now.origin, {size, root}}.text(), {}};
    note.signatures.push_back(tlog::sign_note(note.text, key, signing).value());
    const LogConflict conflict{LogFault::forked, now.origin, note.bytes(), "no note", Instant()};
    const LogHeads kept{world.tenant, computers[0].id, Instant(), {}, {conflict}};
    return check_evidence(files, policy(), {world.calendars, world.zones, true_clock.now()}, {kept});
  };
  const auto key = signing_keys(world.log_keeping, {LogName::o, 1, now.origin}).value().front();
  const Sha256Digest other = sha256("another tree");
  EXPECT_THAT(found(check_kept(now.head.size, now.head.root, key.key, key.signing), kKept),
              StartsWith("ok: 1 are beginnings of O; 0 are newer than this bundle, 1 are not signed"));
  EXPECT_THAT(found(check_kept(now.head.size + 1, other, key.key, key.signing), kKept),
              StartsWith("ok: 0 are beginnings of O; 1 are newer"));
  const auto theirs = tlog::NoteKey::create(now.origin, tlog::NoteSignatureType::ed25519, nobody.public_key()).value();
  EXPECT_THAT(found(check_kept(5, other, theirs, nobody), kKept), HasSubstr("2 are not signed"));
  const EvidenceReport report = check_kept(5, other, key.key, key.signing);
  EXPECT_THAT(found(report, kKept), AllOf(StartsWith("WRONG: "), HasSubstr(computers[0].id.str()), HasSubstr("two")));
  EXPECT_FALSE(report.holds());
}

}  // namespace
}  // namespace kip::server::testing
