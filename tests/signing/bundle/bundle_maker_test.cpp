#include <gtest/gtest.h>

#include <signing/bundle/bundle_file.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/bundles.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using testing::make_bundle;
using testing::request_for;
using ::testing::StartsWith;

class BundleMakerTest : public ::testing::Test {
 protected:
  BundleMakerTest() {
    repository_.add_release(release_, "a package");
    roll_out();
  }

  void roll_out(bool paused = false) {
    repository_.set_rollout({product_, release_.version, 10, paused});
    repository_.publish();
  }
  Result<BundleContent> gather(std::chrono::days life = std::chrono::days(30)) {
    testing::PublishedInMemory published(repository_);
    BundleRequest request = request_for(repository_, now_);
    request.life = life;
    return gather_bundle(published, request);
  }

  Instant now_ = parse_instant("2026-01-01T00:00:00Z").value();
  ProductId product_ = ProductId::parse("forms").value();
  Release release_{product_, Version::parse("1.1").value(), sha256("manifest"), {}, {}, {}, {}, {}};
  testing::TufRepository repository_{product_, now_};
  MemoryFileSystem files_;
};

TEST_F(BundleMakerTest, HoldsWhatAnInstallAsksFor) {
  const auto index = make_bundle(files_, "/a.kpo", repository_, request_for(repository_, now_));
  ASSERT_THAT(index, is_ok());
  std::vector<std::string> paths;
  for (const BundleEntry& entry : index->entries)
    paths.push_back(entry.path.str());
  EXPECT_THAT(paths,
              ElementsAre("statement.json", "metadata/1.root.json", "metadata/timestamp.json",
                          "metadata/2.snapshot.json", "metadata/1.targets.json", "metadata/2.product-forms.json",
                          "metadata/2.rollouts.json", StartsWith("targets/rollouts/"), StartsWith("targets/forms/")));
  EXPECT_EQ(BundleFile::open(files_, "/a.kpo").value()->index(), *index);
}

TEST_F(BundleMakerTest, MakesTheSameBytesOfTheSame) {
  ASSERT_THAT(make_bundle(files_, "/a.kpo", repository_, request_for(repository_, now_)), is_ok());
  ASSERT_THAT(make_bundle(files_, "/b.kpo", repository_, request_for(repository_, now_)), is_ok());
  EXPECT_EQ(read_file(files_, "/a.kpo", 1U << 20U).value(), read_file(files_, "/b.kpo", 1U << 20U).value());
}

TEST_F(BundleMakerTest, TakesNothingsPlace) {
  ASSERT_THAT(replace_file(files_, "/a.kpo", "an officer's key", 0600), is_ok());
  EXPECT_THAT(make_bundle(files_, "/a.kpo", repository_, request_for(repository_, now_)),
              fails_with(ErrorCode::conflict, "exists already"));
  EXPECT_EQ(read_file(files_, "/a.kpo", 100).value(), "an officer's key");
}

TEST_F(BundleMakerTest, RefusesWhatAnInstallWouldRefuse) {
  roll_out(true);
  EXPECT_THAT(gather(), fails_with(ErrorCode::conflict, "paused"));
  release_.revoked["1.1"] = "wrong formula";
  repository_.change_release(release_);
  roll_out();
  EXPECT_THAT(gather(), fails_with(ErrorCode::rollback, "wrong formula"));
}

TEST_F(BundleMakerTest, RefusesAPackageThatIsNotWhatWasSigned) {
  const std::string path = repository_.target_file("forms/forms-1.1.kpk");
  repository_.files.at(path).back() = '!';
  EXPECT_THAT(make_bundle(files_, "/a.kpo", repository_, request_for(repository_, now_)),
              fails_with(ErrorCode::integrity));
  EXPECT_FALSE(path_exists(files_, "/a.kpo").value());
}

TEST_F(BundleMakerTest, IsGoodNoLongerThanTheOfficersMetadata) {
  const BundleContent content = gather(std::chrono::days(30)).value();
  EXPECT_EQ(content.statement.valid_until, now_ + std::chrono::days(30));
  EXPECT_FALSE(content.shortened);
  repository_.offline_life = std::chrono::hours(24 * 10);
  roll_out();
  const BundleContent shorter = gather(std::chrono::days(30)).value();
  EXPECT_EQ(shorter.statement.valid_until, now_ + std::chrono::days(10));
  EXPECT_TRUE(shorter.shortened);
  EXPECT_THAT(gather(std::chrono::days(91)), fails_with(ErrorCode::usage, "1 to 90 days"));
}

TEST_F(BundleMakerTest, OnlyAnOfficerOfTheProductCanSign) {
  const BundleContent content = gather().value();
  EXPECT_THAT(sign_statement(content, repository_.officer(2)), is_ok());
  const Signer other = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  EXPECT_THAT(sign_statement(content, other), fails_with(ErrorCode::denied, "none of the officers"));
}

TEST_F(BundleMakerTest, ADeltaThatOfficersDoNotListIsNotFound) {
  testing::PublishedInMemory published(repository_);
  BundleRequest request = request_for(repository_, now_);
  request.from = release_.version;
  EXPECT_THAT(gather_bundle(published, request), fails_with(ErrorCode::not_found, ".kpd"));
  request.from = Version::parse("1.0").value();
  EXPECT_THAT(gather_bundle(published, request), fails_with(ErrorCode::not_found, "forms-1.0.kpk"));
}

}  // namespace
}  // namespace kip
