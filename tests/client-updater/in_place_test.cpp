#include <client-updater/update/editable.hpp>
#include <client-updater/update/journal.hpp>
#include <client-updater/update/status.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/atomic_file.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

const Content kEditable = {{"a.xml", "a1"}, {"letter.ini", "by the vendor"}};
const Content kEditableNew = {{"a.xml", "a2"}, {"letter.ini", "by the vendor, new"}};

class Layouts : public ::testing::TestWithParam<LayoutKind> {
 protected:
  static std::unique_ptr<World> with(const Content& content) {
    auto world = std::make_unique<World>(GetParam());
    KIP_CHECK(world->enrol().has_value());
    world->vendor.release("1.0", content);
    KIP_CHECK(world->update().has_value());
    return world;
  }

  static void edit(World& world, const std::string& name, const std::string& text) {
    KIP_CHECK(replace_file(world.files, world.tree() / name, text, 0644).has_value());
  }
};

TEST_P(Layouts, AnEditedFileStaysAndTheNewOneGoesBesideIt) {
  const auto world = with(kEditable);
  edit(*world, "letter.ini", "ours");
  world->vendor.release("1.1", kEditableNew);
  const auto result = world->update();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->kept_edited, std::vector<std::string>{"letter.ini"});
  EXPECT_EQ(read_status(world->files, world->store, world->layout)->kept_edited, result->kept_edited);
  const Content expected = {{"a.xml", "a2"}, {"letter.ini", "ours"}, {"letter.ini.kip-new", "by the vendor, new"}};
  EXPECT_EQ(world->content(), expected);
  EXPECT_EQ(world->receipts_on("1.1").back(), "installed_with_exceptions");
}

TEST_P(Layouts, AnEditedFileStaysThroughTheNextReleaseAndARollback) {
  const auto world = with(kEditable);
  world->advance(std::chrono::hours(1));
  world->vendor.release("1.1", kEditableNew);
  ASSERT_THAT(world->update(), is_ok());
  edit(*world, "letter.ini", "ours");
  world->advance(std::chrono::hours(1));
  world->vendor.release("1.2", {{"a.xml", "a3"}, {"letter.ini", "by the vendor, new"}});
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->content(), (Content{{"a.xml", "a3"}, {"letter.ini", "ours"}}));
  EXPECT_EQ(world->receipts_on("1.2").back(), "installed");
  ASSERT_THAT(world->rollback(), is_ok());
  EXPECT_EQ(world->content().at("letter.ini"), "ours");
  EXPECT_EQ(world->content().at("a.xml"), "a2");
}

TEST_P(Layouts, AFileThatNobodyEditedBecomesTheVendorsNewOne) {
  const auto world = with(kEditable);
  world->vendor.release("1.1", kEditableNew);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->content(), kEditableNew);
  EXPECT_EQ(world->receipts_on("1.1").back(), "installed");
}

INSTANTIATE_TEST_SUITE_P(Both, Layouts, ::testing::Values(LayoutKind::versioned, LayoutKind::in_place),
                         [](const auto& row) { return row.param == LayoutKind::in_place ? "InPlace" : "Versioned"; });

TEST(InPlace, FilesLieWhereProgramsReadThem) {
  const auto world = world_with_old_forms(LayoutKind::in_place);
  EXPECT_EQ(read_file(world->files, "/kip/app/B02-DN.xlsx", 100).value(), "old sheet");
  world->vendor.release("1.1", kNewForms);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->content(), kNewForms);
}

TEST(InPlace, ForeignFilesAreLeftAlone) {
  const auto world = world_with_old_forms(LayoutKind::in_place);
  ASSERT_THAT(replace_file(world->files, "/kip/app/B01-DN/ours.txt", "ours", 0644), is_ok());
  world->vendor.release("1.1", {{"x.xml", "only this"}});
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->content(), (Content{{"B01-DN/ours.txt", "ours"}, {"x.xml", "only this"}}));
}

const Content kNamesAsFiles = {{"a", "file"}, {"b/c/d", "deep"}, {"b/e", "e"}, {"same", "same"}};
const Content kNamesAsDirectories = {{"a/x/y", "below"}, {"a/z", "z"}, {"b/c", "file"}, {"same", "same"}};

TEST_P(Layouts, ANameMayBecomeADirectoryOrAFile) {
  const auto world = with(kNamesAsFiles);
  world->advance(std::chrono::hours(1));
  world->vendor.release("1.1", kNamesAsDirectories);
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->content(), kNamesAsDirectories);
  ASSERT_THAT(world->rollback(), is_ok());
  EXPECT_EQ(world->content(), kNamesAsFiles);
}

TEST(InPlace, ANameMayBecomeADirectoryOrAFileAcrossACutAtAnyPoint) {
  for (std::uint64_t point = 1;; ++point) {
    SCOPED_TRACE(point);
    World world(LayoutKind::in_place);
    ASSERT_THAT(world.enrol(), is_ok());
    world.vendor.release("1.0", kNamesAsFiles);
    ASSERT_THAT(world.update(), is_ok());
    world.vendor.release("1.1", kNamesAsDirectories);
    ASSERT_THAT(world.files.sync_tree("/"), is_ok());
    world.store.before_commit = [&world] { return world.files.sync_directory("/kip"); };
    world.files.fail_from(point, ErrorCode::storage);
    const bool done = world.update().has_value();
    world.files.lose_power(MemoryFileSystem::Loss::unsynced_contents);
    ASSERT_THAT(world.check(), is_ok());
    EXPECT_TRUE(world.content() == kNamesAsFiles || world.content() == kNamesAsDirectories);
    ASSERT_THAT(world.update(), is_ok());
    EXPECT_EQ(world.content(), kNamesAsDirectories);
    if (done) break;
  }
}

TEST(InPlace, AForeignFileInADirectoryThatMustGoStopsTheUpdateAndNothingElse) {
  auto world = world_with_old_forms(LayoutKind::in_place);
  ASSERT_THAT(replace_file(world->files, "/kip/app/B01-DN/ours.txt", "ours", 0644), is_ok());
  world->vendor.release("1.1", {{"B01-DN", "a file now"}});
  EXPECT_THAT(world->update(), fails_with(ErrorCode::integrity, "B01-DN"));
  Content expected = kOldForms;
  expected["B01-DN/ours.txt"] = "ours";
  EXPECT_EQ(world->content(), expected);
  EXPECT_EQ(world->in_use(), "1.0");
}

TEST(InPlace, AForeignFileInTheWayIsKeptAside) {
  const auto world = world_with_old_forms(LayoutKind::in_place);
  ASSERT_THAT(replace_file(world->files, "/kip/app/x.xml", "ours", 0600), is_ok());
  world->vendor.release("1.1", {{"x.xml", "the vendor's"}});
  ASSERT_THAT(world->update(), is_ok());
  EXPECT_EQ(world->content(), (Content{{"x.xml", "the vendor's"}, {"x.xml.kip-old", "ours"}}));
  ASSERT_THAT(world->rollback(), is_ok());
  EXPECT_EQ(world->content().at("x.xml.kip-old"), "ours");
}

TEST(InPlace, ALinkOnTheWayIsNotFollowed) {
  const auto world = world_with_old_forms(LayoutKind::in_place);
  ASSERT_THAT(world->files.make_directory("/elsewhere", 0755), is_ok());
  ASSERT_THAT(world->files.write_pointer("/kip/app/forms", "/elsewhere"), is_ok());
  world->vendor.release("1.1", {{"forms/x.xml", "new"}});
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "/kip/app/forms is no directory"));
  EXPECT_TRUE(world->files.list_directory("/elsewhere")->empty());
  EXPECT_EQ(world->in_use(), "1.0");
}

TEST(InPlace, APackageCannotBringTheUpdatersOwnNames) {
  // Whoever packs by other programs than kip.
  const auto path = SafeRelativePath::parse(".KIP/journal.json").value();
  const auto manifest = PackageManifest::create({ProductId::parse("forms").value(),
                                                 Version::parse("1.1").value(),
                                                 {},
                                                 {{path, sha256("{}"), 2, false, PackageFileKind::managed}}});
  ASSERT_THAT(manifest, is_ok());
  const auto nothing = [](const SafeRelativePath&) { return Result<std::optional<FileState>>(std::nullopt); };
  EXPECT_THAT(plan_switch(nullptr, *manifest, nothing), fails_with(ErrorCode::malformed, "updater's own"));
}

TEST(InPlace, GoesToAnotherFolder) {
  World world(LayoutKind::in_place);
  ASSERT_THAT(enrol(world.ports(), "/kip", world.vendor.code,
                    {.label = "PC", .layout = LayoutKind::in_place, .app_folder = "/opt/soft"}),
              is_ok());
  world.vendor.release("1.0", kOldForms);
  ASSERT_THAT(world.update(), is_ok());
  EXPECT_EQ(read_file(world.files, "/opt/soft/print.xslt", 100).value(), "same");
}

/// The new version is damaged, and so is what is needed to go back from it.
std::unique_ptr<World> held_world() {
  auto world = world_with_old_forms(LayoutKind::in_place);
  world->vendor.release("1.1", kNewForms);
  world->store.before_commit = [world = world.get()]() -> Result<void> {
    if (world->content() != kNewForms) return {};
    KIP_TRY_VOID(world->files.remove_tree("/kip/app/.kip/old"));
    return world->files.remove("/kip/app/B01-DN/layout.xml");
  };
  KIP_CHECK(!world->update().has_value());
  return world;
}

TEST(Held, WhereTheWayBackIsGone) {
  const auto world = held_world();
  EXPECT_THAT(world->receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "failed", "held"));
  world->vendor.release("1.2", kNewForms);
  EXPECT_THAT(world->update(), fails_with(ErrorCode::conflict, "kip-updater resume"));
  EXPECT_THAT(world->rollback(), fails_with(ErrorCode::conflict, "held"));
}

TEST(Held, ResumesWhereSupportHasPutTheFilesBack) {
  const auto world = held_world();
  Install install = world->open().value();
  EXPECT_THAT(resume(install, world->narrator, ResumeWay::back), fails_with(ErrorCode::conflict, "held"));
  for (const auto& [name, text] : kOldForms)
    ASSERT_THAT(replace_file(world->files, world->tree() / name, text, 0644), is_ok());
  ASSERT_THAT(resume(install, world->narrator, ResumeWay::back), is_ok());
  EXPECT_EQ(world->content(), kOldForms);
  EXPECT_EQ(world->in_use(), "1.0");
  EXPECT_EQ(world->receipts_on("1.1").back(), "rolled_back");
  EXPECT_THAT(resume(install, world->narrator, ResumeWay::back), fails_with(ErrorCode::conflict, "not held"));
}

TEST(Trial, ThatNeverEndsIsNotRepeatedForEver) {
  for (const LayoutKind kind : {LayoutKind::versioned, LayoutKind::in_place}) {
    const auto world = world_with_old_forms(kind);
    world->vendor.release("1.1", kNewForms);
    // The machine dies whenever the new version is tried.
    world->store.before_commit = [world = world.get()]() -> Result<void> {
      const bool confirms = world->store.load()->attempt.phase == Phase::committed;
      return confirms ? Result<void>(fail(ErrorCode::storage, "died")) : Result<void>();
    };
    EXPECT_FALSE(world->update().has_value());
    world->store.before_commit = [] { return Result<void>(); };
    State state = world->store.load().value();
    state.attempt.trials = kTrials;
    ASSERT_THAT(world->store.save(state, {}), is_ok());
    ASSERT_THAT(world->check(), is_ok());
    EXPECT_EQ(world->content(), kOldForms);
    EXPECT_EQ(world->in_use(), "1.0");
    EXPECT_THAT(world->said.back(), HasSubstr("never ended"));
  }
}

TEST(Journal, ReadsWhatItWrites) {
  const auto file = [](std::string_view text) { return FileState{sha256(text), 0644}; };
  const Journal journal{.target = {Version::parse("2.0").value(), sha256("2")},
                        .from = Target{Version::parse("1.0").value(), sha256("1")},
                        .back = true,
                        .entries = {{SafeRelativePath::parse("a/b").value(), file("x"), file("y")},
                                    {SafeRelativePath::parse("c").value(), std::nullopt, file("z")},
                                    {SafeRelativePath::parse("d").value(), file("z"), std::nullopt}}};
  EXPECT_EQ(parse_journal(to_bytes(journal)).value(), journal);
  EXPECT_THAT(parse_journal("{}"), fails_with(ErrorCode::malformed, "format"));
  EXPECT_THAT(parse_journal(R"({"format":"kip.journal/2"})"), fails_with(ErrorCode::malformed, "kip.journal"));
}

TEST(Editable, Fates) {
  const PackageFile file{SafeRelativePath::parse("a.ini").value(), sha256("new"), 3, false, PackageFileKind::editable};
  PackageFile before = file;
  EXPECT_EQ(judge_editable(file, &before, sha256("ours")), EditableFate::customers);
  before.sha256 = sha256("old");
  EXPECT_EQ(judge_editable(file, &before, std::nullopt), EditableFate::vendors);
  EXPECT_EQ(judge_editable(file, &before, sha256("old")), EditableFate::vendors);
  EXPECT_EQ(judge_editable(file, &before, sha256("new")), EditableFate::vendors);
  EXPECT_EQ(judge_editable(file, &before, sha256("ours")), EditableFate::customers_with_other);
  EXPECT_EQ(judge_editable(file, nullptr, sha256("ours")), EditableFate::customers_with_other);
}

}  // namespace
}  // namespace kip::updater
