// Who is told what.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../fake_mail_client.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NoticePlannerTest : public ::testing::Test {
 protected:
  NoticePlannerTest() { run(); }

  void run() {
    EXPECT_THAT(mailer.run([] { return false; }), is_ok());
  }

  /// "kind subject" of each notice, in the order in which they were queued.
  std::vector<std::string> queued() {
    run();
    std::vector<std::string> out;
    for (const NoticeRecord& record : records())
      out.push_back(fmt::format("{} {}", to_string(record.notice.kind()), record.notice.subject()));
    return out;
  }

  std::vector<NoticeRecord> records() {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    return unit->projection().notices.all().value();
  }

  template <class Content>
  Content only(NoticeKind kind) {
    std::vector<Content> out;
    for (const NoticeRecord& record : records()) {
      if (record.notice.kind() == kind) out.push_back(std::get<Content>(record.notice.content));
    }
    EXPECT_EQ(out.size(), 1U);
    return out.at(0);
  }

  void import(Customer customer) {
    ASSERT_THAT(world.registry.import_customers("staff:an", {std::move(customer)}, false), is_ok());
  }

  /// Sequence numbers leave one out each time, so that none contradicts what was said of the one before.
  void report(const TestInstall& install, std::int64_t sequence, InstallState state, const char* version) {
    ASSERT_THAT(world.receipts.take(world.caller(install),
                                    {world.signed_receipt(install, world.receipt(install, sequence, state, version))}),
                is_ok());
  }

  World world;
  FakeMailClient client;
  Mailer mailer{world.mailer_ports(client), mailer_options()};
  const std::string kAct = "BTC:99/2025/TT-BTC:2025";
};

TEST_F(NoticePlannerTest, AnActIsToldOnceASecondPersonHasConfirmedIt) {
  import(world.customer("a@b.example"));
  const auto commitments = parse_commitments(kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json")).value();
  ASSERT_THAT(world.registry.import_commitments("staff:an", commitments), is_ok());
  const Act act{.key = ActKey::parse(kAct).value(),
                .title = "Accounting regime",
                .signed_on = parse_date("2025-10-27").value(),
                .changes = {ActChange::report_form}};
  ASSERT_THAT(world.registry.register_acts("staff:an", {act}, false), is_ok());
  EXPECT_THAT(queued(), IsEmpty());
  ASSERT_THAT(world.decisions.confirm_date("staff:binh", {act.key, {Trigger::act_signed, act.signed_on, {}, {}, {}}}),
              is_ok());
  EXPECT_THAT(queued(), ElementsAre("act-registered " + kAct));
  const auto notice = only<ActNotice>(NoticeKind::act_registered);
  EXPECT_EQ(notice.title, "Accounting regime");
  EXPECT_EQ(notice.published_by, parse_date("2025-11-03").value());
  EXPECT_EQ(records().at(0).customer.str(), "0101243150");
}

TEST_F(NoticePlannerTest, AnActIsToldToThoseWhomItConcernsAndWhoWereEntitled) {
  Customer ended = world.customer("ended@b.example");
  ended.tax_code = TaxCode::parse("0100109106").value();
  ended.periods = ContractPeriods::parse("3").value();
  import(ended);
  Customer other = world.customer("other@b.example");
  other.product = ProductId::parse("gold").value();
  import(other);
  import(world.customer("a@b.example"));
  world.register_act_and_commitments();
  run();
  EXPECT_THAT(client.recipients, ElementsAre("a@b.example"));
}

TEST_F(NoticePlannerTest, WhatIsOverIsNotTold) {
  import(world.customer("a@b.example"));
  world.clock.set("2026-10-28T02:00:00Z");
  world.register_act_and_commitments();
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(NoticePlannerTest, AReleaseIsToldWithTheActsThatConcernTheCustomer) {
  import(world.customer("a@b.example"));
  world.register_act_and_commitments();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  // Both of one moment: ids of one millisecond are in no order.
  EXPECT_THAT(queued(), ::testing::UnorderedElementsAre("act-registered " + kAct, "update-ready 1.0"));
  const auto notice = only<ReleaseNotice>(NoticeKind::update_ready);
  EXPECT_THAT(notice.acts, ElementsAre(ActKey::parse(kAct).value()));
}

TEST_F(NoticePlannerTest, AReleaseThatComesLateIsToldWithoutADayThatIsOver) {
  import(world.customer("a@b.example"));
  world.register_act_and_commitments();
  run();
  world.clock.set("2026-01-28T02:00:00Z");
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  EXPECT_THAT(queued(), ElementsAre("act-registered " + kAct, "update-ready 1.0"));
  EXPECT_EQ(only<ReleaseNotice>(NoticeKind::update_ready).installed_by, std::nullopt);
}

TEST_F(NoticePlannerTest, AVersionIsToldAsAppliedOnceHoweverManyComputersReportIt) {
  import(world.customer("a@b.example"));
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall one = world.enrol("PC-1");
  const TestInstall two = world.enrol("PC-2");
  report(one, 1, InstallState::downloaded, "1.0");
  EXPECT_THAT(queued(), IsEmpty());
  report(one, 3, InstallState::installed, "1.0");
  EXPECT_THAT(queued(), ElementsAre("applied 1.0"));
  report(two, 1, InstallState::already_installed, "1.0");
  EXPECT_THAT(queued(), ElementsAre("applied 1.0"));
  EXPECT_EQ(only<AppliedNotice>(NoticeKind::applied), (AppliedNotice{Version::parse("1.0").value(), 1, 2}));
}

TEST_F(NoticePlannerTest, AFailureIsToldOncePerVersion) {
  import(world.customer("a@b.example"));
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall one = world.enrol("PC-1");
  report(one, 1, InstallState::rolled_back, "1.0");
  EXPECT_THAT(queued(), ElementsAre("failed 1.0"));
  report(one, 3, InstallState::failed, "1.0");
  EXPECT_THAT(queued(), ElementsAre("failed 1.0"));
  EXPECT_EQ(only<FailedNotice>(NoticeKind::failed).state, InstallState::rolled_back);
}

TEST_F(NoticePlannerTest, AnInstallThatMakesUpVersionsCausesNothing) {
  import(world.customer("a@b.example"));
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall one = world.enrol("PC-1");
  for (int i = 1; i <= 20; ++i)
    report(one, 2 * i - 1, InstallState::failed, fmt::format("9.{}", i).c_str());
  ASSERT_TRUE(world.install_record(one.id).counts());
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(NoticePlannerTest, ADisputedInstallCausesNothing) {
  import(world.customer("a@b.example"));
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall one = world.enrol("PC-1");
  report(one, 1, InstallState::installed, "1.0");
  report(one, 1, InstallState::failed, "1.0");
  ASSERT_FALSE(world.install_record(one.id).counts());
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(NoticePlannerTest, AnEndOfEntitlementIsToldAt60And30And7Days) {
  Customer customer = world.customer("a@b.example");
  customer.language = Language::hu;
  import(customer);  // to 2027-01-15
  world.clock.set("2026-11-10T02:00:00Z");
  EXPECT_THAT(queued(), IsEmpty());
  for (const char* day : {"2026-11-17", "2026-11-18", "2026-12-20", "2026-12-21", "2027-01-10", "2027-01-14"}) {
    world.clock.set(std::string(day) + "T02:00:00Z");
    run();
  }
  EXPECT_THAT(queued(), ElementsAre("entitlement-ending 2027-01-15/60", "entitlement-ending 2027-01-15/30",
                                    "entitlement-ending 2027-01-15/7"));
  EXPECT_EQ(records().at(0).language, Language::hu);
}

}  // namespace
}  // namespace kip::server::testing
