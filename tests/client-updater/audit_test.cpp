#include <client-updater/update/audit.hpp>
#include <signing/storage/atomic_file.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::Contains;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

const Content kFiles = {{"a.xml", "a"}, {"b/c.xml", "c"}, {"letter.ini", "vendor's"}, {"old.ini", "vendor's"}};

class Audit : public ::testing::TestWithParam<LayoutKind> {
 protected:
  Audit() : world(GetParam()) {
    KIP_CHECK(world.enrol().has_value());
    world.vendor.release("1.0", kFiles);
    KIP_CHECK(world.update().has_value());
  }

  Result<AuditResult> audit(bool repair = false) {
    KIP_TRY(Install install, world.open());
    return kip::updater::audit(install, world.narrator, repair);
  }
  void write(const std::string& name, const std::string& text) {
    KIP_CHECK(replace_file(world.files, world.tree() / name, text, 0644).has_value());
  }
  void remove(const std::string& name) { KIP_CHECK(world.files.remove(world.tree() / name).has_value()); }

  /// "corrupted a.xml" and so on.
  static std::vector<std::string> found(const AuditResult& result) {
    std::vector<std::string> out;
    for (const AuditFinding& finding : result.findings)
      out.push_back(std::string(to_string(finding.verdict)) + " " + finding.path);
    return out;
  }

  World world;
};

TEST_P(Audit, FindsNothingWhereNothingHappened) {
  const auto result = audit();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->count(FileVerdict::intact), kFiles.size());
  EXPECT_TRUE(result->findings.empty());
  EXPECT_EQ(result->damaged(), 0U);
}

TEST_P(Audit, NamesEachKindOfDifference) {
  write("a.xml", "b");
  remove("b/c.xml");
  write("letter.ini", "ours");
  write("ours.txt", "ours");
  const std::vector<std::string> expected = {"corrupted a.xml", "missing b/c.xml", "edited letter.ini",
                                             "foreign ours.txt"};
  EXPECT_EQ(found(audit().value()), expected);
}

TEST_P(Audit, AFileOfTheRightSizeAndNoRightToRunIsCorrupted) {
  write("a.xml", "x");
  EXPECT_EQ(found(audit().value()), std::vector<std::string>{"corrupted a.xml"});
  ASSERT_THAT(replace_file(world.files, world.tree() / "a.xml", "a", 0755), is_ok());
  EXPECT_EQ(found(audit().value()), std::vector<std::string>{"corrupted a.xml"});
}

TEST_P(Audit, WhatProgramsMayNotReadIsCorrupted) {
  ASSERT_THAT(replace_file(world.files, world.tree() / "a.xml", "a", 0600), is_ok());
  EXPECT_EQ(found(audit(true).value()), std::vector<std::string>{"corrupted a.xml"});
  EXPECT_EQ(world.files.status(world.tree() / "a.xml")->mode, 0644U);
  ASSERT_THAT(replace_file(world.files, world.tree() / "a.xml", "a", 0664), is_ok());
  EXPECT_TRUE(audit()->findings.empty()) << "more than the vendor says is the administrator's affair";
}

TEST_P(Audit, RepairsWhatIsDamagedAndNothingElse) {
  write("a.xml", "b");
  remove("b/c.xml");
  remove("old.ini");
  write("letter.ini", "ours");
  write("ours.txt", "ours");
  const auto result = audit(true);
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->repaired, 3U);
  EXPECT_EQ(result->damaged(), 0U);
  Content expected = kFiles;
  expected["letter.ini"] = "ours";
  expected["ours.txt"] = "ours";
  EXPECT_EQ(world.content(), expected);
  EXPECT_TRUE(world.files.list_directory(world.layout.staging())->empty());
}

TEST_P(Audit, RepairsFromTheVendorsPackageWhereNothingRightIsKept) {
  write("a.xml", "b");
  if (GetParam() == LayoutKind::in_place) {
    const Target target = world.store.load()->current()->target;
    ASSERT_THAT(replace_file(world.files, world.layout.version(target) / "a.xml", "rotten", 0644), is_ok());
  }
  world.vendor.paths.clear();
  ASSERT_THAT(audit(true), is_ok());
  EXPECT_EQ(world.content(), kFiles);
  EXPECT_THAT(world.vendor.paths, Contains(HasSubstr(".kpk")));
}

TEST_P(Audit, SaysWhatIsMissingForARepair) {
  if (GetParam() == LayoutKind::in_place) {
    const Target target = world.store.load()->current()->target;
    ASSERT_THAT(world.files.remove_tree(world.layout.version(target)), is_ok());
  }
  write("a.xml", "b");
  world.vendor.down = true;
  const auto result = audit(true);
  ASSERT_THAT(result, is_ok());
  ASSERT_TRUE(result->not_repaired);
  EXPECT_EQ(result->not_repaired->code, ErrorCode::network);
  EXPECT_EQ(found(*result), std::vector<std::string>{"corrupted a.xml"}) << "what is wrong is told all the same";
  EXPECT_EQ(result->damaged(), 1U);
  EXPECT_EQ(world.content().at("a.xml"), "b");
}

INSTANTIATE_TEST_SUITE_P(Both, Audit, ::testing::Values(LayoutKind::versioned, LayoutKind::in_place),
                         [](const auto& row) { return row.param == LayoutKind::in_place ? "InPlace" : "Versioned"; });

TEST(AuditOf, AnEmptyInstallSaysSo) {
  World world;
  ASSERT_THAT(world.enrol(), is_ok());
  Install install = world.open().value();
  EXPECT_THAT(audit(install, world.narrator, false), fails_with(ErrorCode::not_found, "no version is in use"));
}

}  // namespace
}  // namespace kip::updater
