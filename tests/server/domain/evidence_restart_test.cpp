// A server that was restored from a backup: its logs had published more than the backup has.

#include <signing/crypto/sha256.hpp>

#include "evidence_world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::uint64_t kLost = 3;

class RestoredLogs : public KeptPromise {
 protected:
  tlog::Checkpoint published(LogName log) { return tlog::Checkpoint::parse(world.logs.published(log)->text).value(); }
  LogLife life(LogName log) {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return unit->leaves().lives(log).value().back();
  }
  /// The head that others have of the log, of that many entries more than there are.
  tlog::Note later_head(LogName log, std::uint64_t more) {
    EXPECT_THAT(world.logs.flush(), is_ok());
    tlog::TreeHead head = published(log).head;
    head.size += more;
    head.root = sha256("what is lost");
    return signed_head(life(log), head);
  }
  void restore(const std::vector<tlog::Note>& known) {
    ASSERT_THAT(world.logs.restart("server", "restored", known), is_ok());
    authorise_new_logs();
    stamp();
  }
};

TEST_F(RestoredLogs, AreShownAsFarAsTheyAreThere) {
  restore({later_head(LogName::o, kLost), later_head(LogName::r, 1)});
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(report.index->logs, SizeIs(4)) << "two lives of two logs";
  EXPECT_EQ(verdict(report, "1 published"), "MET");
  EXPECT_EQ(verdict(report, "1/0101243150 installed"), "MET");
  EXPECT_THAT(report.not_proven, Contains(NotProven{Gap::lost_entries, kLost, 1}));
}

TEST_F(RestoredLogs, SayNothingOfLossWhereNothingIsLost) {
  restore({});
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(report.not_proven, Not(Contains(Field(&NotProven::gap, Gap::lost_entries))));
}

TEST_F(RestoredLogs, AnInstallThatWasEnrolledBehindTheLastHeadOfRIsShown) {
  const TestInstall late = world.enrol("PC-3");
  restore({later_head(LogName::o, kLost)});
  installs(late);
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(found(report, "receipts"), HasSubstr("of 3 installs"));
}

TEST_F(RestoredLogs, CannotBeShortenedFurther) {
  restore({later_head(LogName::o, kLost)});
  EvidenceFiles files = bundle();
  EvidenceIndex index = parse_evidence_index(files["bundle.json"]).value();
  LoggedSpan& first = index.logs.at(0);
  --first.size;
  tlog::Frontier shorter;
  for (std::uint64_t i = 0; i < first.size; ++i)
    shorter.append(tlog::leaf_hash(files[entry(i)]));
  files.erase(entry(first.size));
  files["log/o/checkpoint"] = signed_head(first.life, {shorter.size(), shorter.root()}).bytes();
  files["bundle.json"] = json::to_compact(to_json(index));
  EXPECT_THAT(wrong(check(resealed(files))), HasSubstr("does not continue"));
}

TEST_F(RestoredLogs, NothingCanBePutInThePlaceOfWhatIsLost) {
  restore({later_head(LogName::o, 1)});
  EvidenceFiles files = bundle();
  EvidenceIndex index = parse_evidence_index(files["bundle.json"]).value();
  LoggedSpan& first = index.logs.at(0);
  tlog::Frontier longer;
  files[entry(first.size)] = files["log/o2/entries/00000001"];
  ++first.size;
  for (std::uint64_t i = 0; i < first.size; ++i)
    longer.append(tlog::leaf_hash(files[entry(i)]));
  files["log/o/checkpoint"] = signed_head(first.life, {longer.size(), longer.root()}).bytes();
  files["bundle.json"] = json::to_compact(to_json(index));
  EXPECT_THAT(wrong(check(resealed(files))), HasSubstr("does not continue"));
}

TEST_F(RestoredLogs, AHeadThatAnInstallSawInWhatIsLostIsNoFork) {
  const tlog::Note later = later_head(LogName::o, kLost);
  const tlog::Checkpoint seen = tlog::Checkpoint::parse(later.text).value();
  restore({later});
  Receipt receipt = world.receipt(computers.at(0), 2, InstallState::installed, "1.0");
  receipt.seen = SeenHead{seen.origin, static_cast<std::int64_t>(seen.head.size), seen.head.root};
  take(computers.at(0), receipt);
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(found(report, "heads that installs say they saw"), HasSubstr("1 more name entries that are lost"));
  EXPECT_THAT(report.not_proven, Not(Contains(Field(&NotProven::gap, Gap::entries_seen))));
}

}  // namespace
}  // namespace kip::server::testing
