#include <gtest/gtest.h>

#include <server/domain/replaced.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

class ReplacementTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.register_act_and_commitments();
    world.import_customer();
    ASSERT_THAT(world.publish({"1.0"}), is_ok());
    old.emplace(world.enrol());
  }

  Result<ReplacementCode> make_code(const InstallId& replaced) {
    return world.enrolment.create_replacement("staff:an", replaced, world.publisher.first_root().value());
  }
  EnrolmentCode code() { return make_code(old->id).value().code; }

  Result<Enrolled> use(const EnrolmentCode& with, const PrivateKey& by) {
    return world.enrolment.enrol(world.enrolment_envelope(with, by, "PC-1 again"));
  }

  Result<TakenReceipts> report(const TestInstall& from, InstallState state) {
    return world.receipts.take(world.caller(from), {world.signed_receipt(from, world.receipt(from, 1, state, "1.0"))});
  }

  ObligationView obligation() {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return world.board.judge_all(unit->projection(), world.clock.now(), Detail::customers).value().at(0).view;
  }

  World world;
  std::optional<TestInstall> old;
  PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
};

TEST_F(ReplacementTest, ACodeIsForTheCustomerAndProductOfTheInstall) {
  const ReplacementCode made = make_code(old->id).value();
  EXPECT_EQ(made.code.product, world.product);
  EXPECT_EQ(made.replaces.customer.str(), "0101243150");
  EXPECT_EQ(world.install_record(old->id).standing, Standing::active) << "until the code is used";
}

TEST_F(ReplacementTest, OnceUsedTheOldInstallIsRetired) {
  const Enrolled enrolled = use(code(), key).value();
  EXPECT_EQ(world.install_record(enrolled.install).standing, Standing::active);
  EXPECT_EQ(world.install_record(enrolled.install).customer.str(), "0101243150");
  const InstallRecord retired = world.install_record(old->id);
  EXPECT_EQ(retired.standing, Standing::retired);
  EXPECT_EQ(retired.replaced_by, enrolled.install);
  EXPECT_EQ(world.event_types().back(), "install.replaced");
  EXPECT_THAT(report(*old, InstallState::installed), fails_with(ErrorCode::denied, "another one has taken its place"));
}

TEST_F(ReplacementTest, OneThatWasSoldIsNotToldOfAnotherInItsPlace) {
  const EnrolmentCode replacing = code();
  ASSERT_THAT(world.enrolment.retire("staff:an", {old->id, "sold"}), is_ok());
  EXPECT_THAT(report(*old, InstallState::installed),
              fails_with(ErrorCode::denied, "retired by the vendor, with no other one in its place"));
  EXPECT_THAT(use(replacing, key), fails_with(ErrorCode::denied, "has been retired by the vendor already"));
  EXPECT_THAT(make_code(old->id), fails_with(ErrorCode::conflict, "retired, with no other one in its place"));
}

TEST_F(ReplacementTest, TheAnswerNamesWhatWasInUse) {
  ASSERT_THAT(report(*old, InstallState::installed), is_ok());
  const EnrolmentCode with = code();
  const Enrolled enrolled = use(with, key).value();
  ASSERT_TRUE(enrolled.replaced && enrolled.replaced->in_use);
  EXPECT_EQ(enrolled.replaced->id, old->id);
  EXPECT_EQ(enrolled.replaced->in_use->version.str(), "1.0");
  const Enrolled again = use(with, key).value();
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.install, enrolled.install);
  EXPECT_EQ(again.replaced->in_use, enrolled.replaced->in_use);
}

TEST_F(ReplacementTest, TheAnswerNamesNoVersionWhereNoneWasInUse) {
  ASSERT_THAT(report(*old, InstallState::downloaded), is_ok());
  const Enrolled enrolled = use(code(), key).value();
  ASSERT_TRUE(enrolled.replaced);
  EXPECT_FALSE(enrolled.replaced->in_use);
  EXPECT_FALSE(
      world.enrolment.enrol(world.enrolment_envelope(world.code(), PrivateKey::generate({}).value()))->replaced);
}

TEST_F(ReplacementTest, AnUnknownOrRetiredInstallIsNotReplaced) {
  EXPECT_THAT(make_code(InstallId::make({}, {})), fails_with(ErrorCode::not_found, "install list"));
  const Enrolled enrolled = use(code(), key).value();
  EXPECT_THAT(make_code(old->id), fails_with(ErrorCode::conflict, enrolled.install.str()));
  EXPECT_THAT(make_code(enrolled.install), is_ok());
}

TEST_F(ReplacementTest, OfTwoCodesForOneInstallTheFirstThatIsUsedCounts) {
  const EnrolmentCode first = code();
  const EnrolmentCode second = code();
  ASSERT_THAT(use(second, key), is_ok());
  const auto events = world.event_types();
  EXPECT_THAT(use(first, PrivateKey::generate(KeyType::ed25519).value()),
              fails_with(ErrorCode::denied, "replaced by another code"));
  EXPECT_EQ(world.event_types(), events);
}

TEST_F(ReplacementTest, ACodeThatIsUsedTwiceHoldsBothAsAnyOther) {
  const EnrolmentCode with = code();
  const Enrolled first = use(with, key).value();
  EXPECT_THAT(use(with, PrivateKey::generate(KeyType::ed25519).value()), fails_with(ErrorCode::conflict, "both"));
  EXPECT_EQ(world.install_record(first.install).standing, Standing::held);
  EXPECT_EQ(world.install_record(old->id).standing, Standing::retired);
  EXPECT_EQ(world.event_types().back(), "install.alarm");
}

TEST_F(ReplacementTest, TheKeyOfTheOldInstallCannotComeBackByItsOwnCode) {
  const EnrolmentCode own = world.code();
  const Enrolled enrolled = use(own, key).value();
  const auto made = make_code(enrolled.install);
  ASSERT_THAT(use(made->code, PrivateKey::generate(KeyType::ed25519).value()), is_ok());
  EXPECT_THAT(use(own, key), fails_with(ErrorCode::denied, "retired"));
}

TEST_F(ReplacementTest, TheSeatCountsOnceTheNewInstallReports) {
  ASSERT_THAT(report(*old, InstallState::installed), is_ok());
  ASSERT_EQ(obligation().tally.installed, 1);
  const std::size_t seats = obligation().customers.at(0).missing.size();
  const Enrolled enrolled = use(code(), key).value();
  EXPECT_EQ(obligation().tally.installed, 0);
  EXPECT_EQ(obligation().customers.at(0).missing, std::vector<std::string>{"PC-1 again"});
  ASSERT_THAT(report({enrolled.install, key}, InstallState::installed), is_ok());
  EXPECT_EQ(obligation().tally.installed, 1);
  EXPECT_EQ(obligation().customers.at(0).missing.size(), seats);
}

struct History {
  const char* name;
  std::vector<std::pair<InstallState, const char*>> receipts;
  const char* in_use;  ///< "" for none
};

class VersionInUse : public ::testing::TestWithParam<History> {};

TEST_P(VersionInUse, FollowsFromTheReceipts) {
  std::vector<ReceiptRecord> receipts;
  for (const auto& [state, version] : GetParam().receipts) {
    const auto number = static_cast<std::int64_t>(receipts.size()) + 1;
    receipts.push_back({{InstallId::make({}, {}), "aa", number, sha256(version)},
                        {},
                        state,
                        Version::parse(version).value(),
                        number,
                        1,
                        {}});
  }
  const auto in_use = version_in_use(receipts);
  EXPECT_EQ(in_use ? in_use->str() : "", GetParam().in_use);
}

using enum InstallState;
INSTANTIATE_TEST_SUITE_P(
    Table, VersionInUse,
    ::testing::Values(History{"None", {}, ""}, History{"Begun", {{downloaded, "1"}, {applying, "1"}}, ""},
                      History{"Updated", {{installed, "1"}, {installed, "2"}, {downloaded, "3"}}, "2"},
                      History{"WithExceptions", {{installed, "1"}, {installed_with_exceptions, "2"}}, "2"},
                      History{"Adopted", {{already_installed, "1"}}, "1"},
                      History{"GoneBack", {{installed, "1"}, {installed, "2"}, {rolled_back, "2"}}, "1"},
                      History{"GoneBackByItself", {{installed, "1"}, {failed, "2"}, {rolled_back, "2"}}, "1"},
                      History{
                          "GoneBackTwice",
                          {{installed, "1"}, {installed, "2"}, {rolled_back, "2"}, {failed, "2"}, {rolled_back, "2"}},
                          "1"},
                      History{"GoneBackToNothing", {{failed, "1"}, {rolled_back, "1"}}, ""}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kip::server::testing
