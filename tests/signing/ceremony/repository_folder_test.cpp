#include <gtest/gtest.h>

#include <signing/ceremony/changes.hpp>
#include <signing/ceremony/summary.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/package_writer.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip {
namespace {

using ::testing::Contains;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

Signer make_signer() {
  return Signer::of(*PrivateKey::generate(KeyType::ed25519));
}

class Ceremony : public ::testing::Test {
 protected:
  void SetUp() override { folder_ = *RepositoryFolder::create(files_, directory_.path() / "repo", plan()); }

  RepositoryPlan plan() {
    const Signer online = make_signer();
    const Key key = Key::of(online.key.public_key());
    return {{*TenantId::parse("acme"), key, key, key},
            {{"An", Key::of(an_.key.public_key())},
             {"Binh", Key::of(binh_.key.public_key())},
             {"Chi", Key::of(chi_.key.public_key())}},
            2,
            {*ProductId::parse("forms")},
            now_};
  }
  void sign_all(const Signer& signer) {
    for (const SigningState& state : *signing_states(*folder_))
      ASSERT_THAT(sign(state.role, signer), is_ok());
  }
  Result<void> sign(const std::string& role, const Signer& signer) {
    KIP_TRY(const Shown shown, describe_staged(files_, *folder_, role));
    return sign_staged(*folder_, role, shown.canonical, signer);
  }
  /// Packs a folder with one file and stages it.
  Result<void> add(const std::string& version, const std::string& content, std::optional<Version> floor = {}) {
    const auto source = directory_.path() / ("forms-" + version + content);
    KIP_TRY_VOID(make_directories(files_, source, 0755));
    KIP_TRY_VOID(replace_file(files_, source / "B01 DN.xml", content, 0644));
    package_ = directory_.path() / (version + content + ".kpk");
    KIP_TRY(const WrittenPackage written,
            write_package(files_, {source, package_, *ProductId::parse("forms"), *Version::parse(version), {}}));
    const Release release{
        *ProductId::parse("forms"), *Version::parse(version), written.identity, {}, {}, std::move(floor), {}};
    KIP_TRY(const StagedRoles staged, add_release(*folder_, release, package_, now_));
    return {};
  }

  testing::TemporaryDirectory directory_;
  PosixFileSystem files_;
  Instant now_ = *parse_instant("2026-11-22T00:00:00Z");
  Signer an_ = make_signer();
  Signer binh_ = make_signer();
  Signer chi_ = make_signer();
  std::filesystem::path package_;
  std::optional<RepositoryFolder> folder_;
};

TEST_F(Ceremony, NeedsTwoOfThreeAndNamesWhoIsMissing) {
  sign_all(an_);
  EXPECT_THAT(publication_of(*folder_), fails_with(ErrorCode::signature, "Binh, Chi"));
  sign_all(an_);
  EXPECT_THAT(publication_of(*folder_), fails_with(ErrorCode::signature)) << "one person twice is one person";
  sign_all(chi_);
  const auto publication = publication_of(*folder_);
  ASSERT_THAT(publication, is_ok());
  EXPECT_EQ(publication->roots.size(), 1U);
  EXPECT_THAT(tuf::accept({}, *publication, kRolloutsRole, now_), is_ok());
}

TEST_F(Ceremony, RefusesAKeyThatIsNoOfficers) {
  EXPECT_THAT(sign("root", make_signer()), fails_with(ErrorCode::denied));
}

TEST_F(Ceremony, RefusesPlansThatCannotBe) {
  const auto make = [&](auto change) {
    RepositoryPlan bad = plan();
    change(bad);
    return RepositoryFolder::create(files_, directory_.path() / "other", bad);
  };
  EXPECT_THAT(make([](RepositoryPlan& p) { p.threshold = 4; }), fails_with(ErrorCode::usage));
  EXPECT_THAT(make([](RepositoryPlan& p) { p.officers[1] = p.officers[0]; }),
              fails_with(ErrorCode::usage, "same officer"));
  EXPECT_THAT(make([](RepositoryPlan& p) { p.products.clear(); }), fails_with(ErrorCode::usage));
  EXPECT_FALSE(*path_exists(files_, directory_.path() / "other"));
  EXPECT_THAT(RepositoryFolder::create(files_, directory_.path() / "repo", plan()), fails_with(ErrorCode::conflict));
}

TEST_F(Ceremony, ANewReleaseDropsOldSignaturesAndIsShownWithItsFiles) {
  sign_all(an_);
  sign_all(chi_);
  ASSERT_THAT(folder_->mark_published(), is_ok());
  ASSERT_THAT(add("1.0", "a"), is_ok());
  sign_all(an_);
  ASSERT_THAT(add("1.1", "b", Version::parse("1.0").value()), is_ok());
  ASSERT_EQ(signing_states(*folder_)->size(), 1U);
  EXPECT_TRUE(signing_states(*folder_)->front().signed_by.empty());
  const auto shown = describe_staged(files_, *folder_, "product-forms");
  ASSERT_THAT(shown, is_ok());
  EXPECT_THAT(shown->lines, Contains(HasSubstr("NEW release forms 1.1")));
  EXPECT_THAT(shown->lines, Contains(HasSubstr("+ B01 DN.xml")));
  EXPECT_THAT(shown->lines, Contains(HasSubstr("~ B01 DN.xml")));
  EXPECT_THAT(shown->lines, Contains(HasSubstr("FLOOR: no install may be taken below 1.0")));
}

TEST_F(Ceremony, AVersionNeverChangesItsContent) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  EXPECT_THAT(add("1.0", "b"), fails_with(ErrorCode::conflict, "never changes"));
  EXPECT_THAT(describe_staged(files_, *folder_, "product-forms"), is_ok());
}

TEST_F(Ceremony, NobodySignsAPackageThatWasExchanged) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  const auto document = folder_->staged("product-forms");
  const auto targets = tuf::read_targets((*document)->body);
  const auto& [path, file] = *targets->targets.begin();
  const auto place = folder_->target_file(path, file);
  Bytes bytes = *read_file(files_, place, 1U << 20U);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  ASSERT_THAT(replace_file(files_, place, bytes, 0644), is_ok());
  EXPECT_THAT(describe_staged(files_, *folder_, "product-forms"), fails_with(ErrorCode::integrity, "do not sign"));
}

TEST_F(Ceremony, SurvivesBeingClosedAndOpened) {
  sign_all(an_);
  const auto again = RepositoryFolder::open(files_, directory_.path() / "repo");
  ASSERT_THAT(again, is_ok());
  EXPECT_EQ(again->tenant().str(), "acme");
  EXPECT_EQ(signing_states(*again)->front().signed_by, std::vector<std::string>{"An"});
  EXPECT_THAT(RepositoryFolder::open(files_, directory_.path()), fails_with(ErrorCode::not_found, "kip repo init"));
}

}  // namespace
}  // namespace kip
