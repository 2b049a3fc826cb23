#include <algorithm>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::IsEmpty;
using ::testing::Not;

/// Does not shrink, so that a package is larger than what changes.
std::string picture() {
  std::string out;
  for (std::uint64_t state = 7; out.size() < 20'000;) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    out += static_cast<char>(state >> 56U);
  }
  return out;
}

Content with_more(Content content) {
  content["logo.png"] = picture();
  content["edited.ini"] = "key = " + content.begin()->second;
  return content;
}

const Content& old_content() {
  static const Content kContent = with_more(kOldForms);
  return kContent;
}
const Content& new_content() {
  static const Content kContent = with_more(kNewForms);
  return kContent;
}

/// Version 1.0 is in use; 1.1 is on offer, by its package and by a delta.
class ByDelta : public ::testing::TestWithParam<LayoutKind> {
 protected:
  ByDelta() {
    KIP_CHECK(world_.enrol().has_value());
    world_.vendor.release("1.0", old_content());
    KIP_CHECK(world_.update().has_value());
    KIP_CHECK(world_.deliver()->kept == 0);
    world_.advance(std::chrono::hours(1));
    release_ = world_.vendor.release("1.1", new_content());
    delta_ = world_.vendor.add_delta("1.0", old_content(), "1.1", new_content());
    world_.vendor.paths.clear();
    world_.said.clear();
  }

  /// The file in the repository of what has that ending.
  Bytes& served(std::string_view path) { return world_.vendor.repository.files.at(file_of(path)); }
  std::string file_of(std::string_view path) const { return world_.vendor.repository.target_file(path); }
  std::ptrdiff_t requests_for(std::string_view path) const {
    const std::string wanted = "GET /t/an-phat/" + file_of(path);
    return std::count(world_.vendor.paths.begin(), world_.vendor.paths.end(), wanted);
  }
  void expect_installed(bool by_delta) {
    const auto result = world_.update();
    ASSERT_THAT(result, is_ok());
    EXPECT_TRUE(result->installed);
    EXPECT_EQ(result->fetched, (Fetched{by_delta, served(by_delta ? delta_ : kPackage).size()}));
    EXPECT_EQ(world_.content(), new_content());
    EXPECT_EQ(world_.in_use(), "1.1");
    EXPECT_THAT(world_.receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
    EXPECT_THAT(*world_.files.list_directory(world_.layout.downloads()), IsEmpty());
    EXPECT_THAT(*world_.files.list_directory(world_.layout.staging()), IsEmpty());
  }
  std::ptrdiff_t times_given_up() const {
    return std::count_if(world_.said.begin(), world_.said.end(), [](const std::string& line) {
      return line.find("so the whole package is taken") != std::string::npos;
    });
  }
  /// A file of the base, as the delta's reader finds it.
  std::filesystem::path base_file(const std::string& path) {
    return world_.layout.version(world_.store.load()->current()->target) / path;
  }
  void overwrite(const std::filesystem::path& path, const std::string& bytes) {
    ASSERT_THAT(world_.files.remove(path), is_ok());
    const auto output = world_.files.open_output(path, OutputMode::create_new, 0644);
    ASSERT_THAT((*output)->write(bytes), is_ok());
  }

  static constexpr const char* kPackage = "forms/forms-1.1.kpk";
  World world_{GetParam()};
  std::optional<Release> release_;
  std::string delta_;
};

INSTANTIATE_TEST_SUITE_P(Layouts, ByDelta, ::testing::Values(LayoutKind::versioned, LayoutKind::in_place),
                         [](const auto& row) { return row.param == LayoutKind::versioned ? "versioned" : "in_place"; });

TEST_P(ByDelta, OnlyWhatChangesIsFetched) {
  expect_installed(true);
  EXPECT_EQ(requests_for(delta_), 1);
  EXPECT_EQ(requests_for(kPackage), 0);
  EXPECT_THAT(world_.said, Contains(AllOf(HasSubstr("what changes from version 1.0 to 1.1"),
                                          HasSubstr(std::to_string(served(delta_).size()) + " bytes"))));
  EXPECT_LT(served(delta_).size(), served(kPackage).size() / 10);
  ASSERT_THAT(world_.rollback(), is_ok());
  EXPECT_EQ(world_.content(), old_content());
}

TEST_P(ByDelta, TheCustomersEditionNeitherHindersNorIsLost) {
  overwrite(world_.tree() / "edited.ini", "the customer's");
  const auto result = world_.update();
  ASSERT_THAT(result, is_ok());
  EXPECT_TRUE(result->fetched->by_delta);
  EXPECT_EQ(world_.content().at("edited.ini"), "the customer's");
  EXPECT_EQ(world_.content().at("edited.ini.kip-new"), new_content().at("edited.ini"));
}

TEST_P(ByDelta, AFirstVersionComesByItsPackage) {
  World fresh(GetParam());
  ASSERT_THAT(fresh.enrol(), is_ok());
  fresh.vendor.release("1.1", new_content());
  fresh.vendor.add_delta("1.0", old_content(), "1.1", new_content());
  EXPECT_EQ(fresh.update()->fetched->by_delta, false);
}

TEST_P(ByDelta, OneThatLeadsFromAnotherVersionIsLeftAlone) {
  World other(GetParam());
  ASSERT_THAT(other.enrol(), is_ok());
  other.vendor.release("1.0", kOldForms);
  ASSERT_THAT(other.update(), is_ok());
  other.vendor.release("1.1", new_content());
  other.vendor.add_delta("1.0", old_content(), "1.1", new_content());
  EXPECT_EQ(other.update()->fetched->by_delta, false);
  EXPECT_EQ(other.content(), new_content());
}

TEST_P(ByDelta, OneThatIsNotSmallerIsLeftAlone) {
  world_.vendor.repository.add_delta({release_->product,
                                      {*Version::parse("1.0"), world_.store.load()->current()->target.manifest},
                                      {release_->version, release_->manifest}},
                                     Bytes(served(kPackage).size(), 'x'));
  world_.vendor.roll_out(*release_);
  expect_installed(false);
  EXPECT_EQ(requests_for(delta_), 0);
}

TEST_P(ByDelta, ServedWrongItIsGivenUpOnce) {
  served(delta_).back() = static_cast<char>(served(delta_).back() ^ 1);
  expect_installed(false);
  EXPECT_EQ(times_given_up(), 1);
  EXPECT_EQ(requests_for(kPackage), 1);
}

TEST_P(ByDelta, NotServedItIsGivenUpOnce) {
  const Bytes delta = served(delta_);
  world_.vendor.repository.files.erase(file_of(delta_));
  const auto result = world_.update();
  ASSERT_THAT(result, is_ok());
  EXPECT_EQ(result->fetched, (Fetched{false, served(kPackage).size()}));
  EXPECT_EQ(times_given_up(), 1);
}

TEST_P(ByDelta, SignedButOfNoUseItIsGivenUpOnce) {
  const Target base = world_.store.load()->current()->target;
  const DeltaSubject subject{release_->product, {base.version, base.manifest}, {release_->version, release_->manifest}};
  const Bytes right = served(delta_);
  // Leads to another version; is cut short; is no delta.
  const auto other = make_delta(make_package(release_->product, "1.0", old_content()),
                                make_package(release_->product, "1.2", old_content()));
  for (const Bytes& bytes : {other, right.substr(0, right.size() / 2), Bytes("no delta")}) {
    world_.said.clear();
    world_.vendor.repository.add_delta(subject, bytes);
    world_.vendor.roll_out(*release_);
    if (world_.in_use() == "1.1") {
      ASSERT_THAT(world_.rollback(), is_ok());
    }
    const auto result = world_.update(true);
    ASSERT_THAT(result, is_ok());
    EXPECT_EQ(result->fetched, (Fetched{false, served(kPackage).size()}));
    EXPECT_EQ(times_given_up(), 1);
    EXPECT_EQ(world_.content(), new_content());
  }
}

TEST_P(ByDelta, SaidToBeSomethingElseItIsGivenUpBeforeItIsFetched) {
  const Target base = world_.store.load()->current()->target;
  world_.vendor.repository.add_delta(
      {release_->product,
       {base.version, base.manifest},
       {release_->version,
        base.manifest == release_->manifest ? release_->manifest : Sha256Digest(std::array<std::uint8_t, 32>{})}},
      served(delta_));
  world_.vendor.roll_out(*release_);
  expect_installed(false);
  EXPECT_EQ(times_given_up(), 1);
  EXPECT_EQ(requests_for(delta_), 0);
}

TEST_P(ByDelta, ADamagedBaseIsNoHindrance) {
  overwrite(base_file("print.xslt"), "damaged");
  const auto result = world_.update();
  ASSERT_THAT(result, is_ok());
  EXPECT_FALSE(result->fetched->by_delta);
  EXPECT_EQ(times_given_up(), 1);
  EXPECT_THAT(world_.said, Contains(HasSubstr("print.xslt")));
  EXPECT_EQ(world_.content(), new_content());
}

TEST_P(ByDelta, ItGoesOnAfterACutByRange) {
  world_.vendor.cuts = {100, 0};
  EXPECT_THAT(world_.update(), fails_with(ErrorCode::network));
  EXPECT_EQ(times_given_up(), 0);
  const auto names = *world_.files.list_directory(world_.layout.downloads());
  ASSERT_EQ(names.size(), 1U);
  EXPECT_THAT(names.front(), EndsWith(".kpd"));
  EXPECT_EQ(world_.files.status(world_.layout.downloads() / names.front())->size, 100U);
  expect_installed(true);
  EXPECT_EQ(requests_for(kPackage), 0);
}

TEST_P(ByDelta, KilledBetweenDownloadAndStagingItIsNotFetchedAgain) {
  world_.store.before_commit = [this]() -> Result<void> {
    return path_exists(world_.files, world_.layout.staging() / ("1.1-" + release_->manifest.hex().substr(0, 8)))
                   .value_or(false)
               ? fail(ErrorCode::storage, "killed")
               : Result<void>();
  };
  EXPECT_THAT(world_.update(), fails_with(ErrorCode::storage, "killed"));
  EXPECT_EQ(world_.store.load()->attempt.phase, Phase::downloaded);
  world_.store.before_commit = [] { return Result<void>(); };
  world_.files.restart();
  expect_installed(true);
  EXPECT_EQ(requests_for(delta_), 1);
}

TEST_P(ByDelta, GivenUpThePackageGoesOnWhereItBrokeOff) {
  served(delta_).back() = static_cast<char>(served(delta_).back() ^ 1);
  world_.vendor.cuts = {1U << 20U, 5000, 0};
  EXPECT_THAT(world_.update(), fails_with(ErrorCode::network));
  EXPECT_EQ(times_given_up(), 1);
  EXPECT_EQ(requests_for(delta_), 1);
  expect_installed(false);
  EXPECT_EQ(requests_for(delta_), 1) << "it is not tried once more";
  EXPECT_EQ(times_given_up(), 1);
}

TEST_P(ByDelta, GivenUpItIsNotTriedAgainBeforeAnythingOfThePackageHasCome) {
  served(delta_).back() = static_cast<char>(served(delta_).back() ^ 1);
  const Bytes package = served(kPackage);
  world_.vendor.repository.files.erase(file_of(kPackage));
  EXPECT_THAT(world_.update(), fails_with(ErrorCode::not_found));
  world_.vendor.repository.files[file_of(kPackage)] = package;
  ASSERT_THAT(world_.update(), is_ok());
  EXPECT_EQ(world_.content(), new_content());
  EXPECT_EQ(requests_for(delta_), 1);
  EXPECT_EQ(times_given_up(), 1);
}

TEST_P(ByDelta, AFullDiskIsNoReasonForTheWholePackage) {
  for (std::uint64_t n = 1;; ++n) {
    world_.files.fail_from(n, ErrorCode::disk_full);
    const auto done = world_.update();
    world_.files.restart();
    EXPECT_EQ(times_given_up(), 0) << n;
    EXPECT_EQ(requests_for(kPackage), 0) << n;
    if (done || world_.in_use() == "1.1") return;
    ASSERT_THAT(done, fails_with(ErrorCode::disk_full)) << n;
  }
}

TEST_P(ByDelta, AVersionThatDoesNotFollowIsRefusedWithoutThePackage) {
  const TestPackage base = make_package(release_->product, "1.0", old_content());
  const TestPackage next = make_package(release_->product, "1.2", new_content(), {*Version::parse("1.1")});
  world_.vendor.repository.add_release(next.release, next.bytes);
  const std::string path = world_.vendor.repository.add_delta(
      {release_->product, {base.release.version, base.release.manifest}, {next.release.version, next.release.manifest}},
      make_delta(base, next));
  world_.vendor.roll_out(next.release);
  EXPECT_THAT(world_.update(), fails_with(ErrorCode::conflict, "does not follow version 1.0"));
  EXPECT_EQ(requests_for(path), 1);
  EXPECT_EQ(requests_for("forms/forms-1.2.kpk"), 0);
  EXPECT_EQ(times_given_up(), 0);
}

TEST_P(ByDelta, StoppedAtAnyPointItEndsInstalledOnce) {
  for (std::uint64_t n = 1;; ++n) {
    World world(GetParam());
    ASSERT_THAT(world.enrol(), is_ok());
    world.vendor.release("1.0", old_content());
    ASSERT_THAT(world.update(), is_ok());
    world.advance(std::chrono::hours(1));
    world.vendor.release("1.1", new_content());
    world.vendor.add_delta("1.0", old_content(), "1.1", new_content());
    world.store.before_commit = [&world] { return world.files.sync_directory("/kip"); };
    ASSERT_THAT(world.files.sync_tree("/"), is_ok());
    world.files.fail_from(n, ErrorCode::storage);
    const bool done = world.update().has_value();
    world.files.lose_power(MemoryFileSystem::Loss::everything_unsynced);
    SCOPED_TRACE(::testing::Message() << "stopped at point " << n);
    const auto again = world.update();
    ASSERT_THAT(again, is_ok());
    ASSERT_EQ(world.content(), new_content());
    ASSERT_EQ(world.in_use(), "1.1");
    ASSERT_THAT(world.receipts_on("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
    if (again->fetched) {
      EXPECT_TRUE(again->fetched->by_delta);
    }
    if (done) return;
  }
}

}  // namespace
}  // namespace kip::updater
