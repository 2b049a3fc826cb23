// What staff see of notices, and how one comes back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <server/domain/notice_events.hpp>

#include "../fake_mail_client.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::HasSubstr;

class NoticesTest : public ::testing::Test {
 protected:
  NoticesTest() {
    run();
    EXPECT_THAT(world.registry.import_customers("staff:an", {world.customer("a@b.example")}, false), is_ok());
    world.register_act_and_commitments();
  }

  void run() {
    EXPECT_THAT(mailer.run([] { return false; }), is_ok());
  }

  World world;
  FakeMailClient client;
  Mailer mailer{world.mailer_ports(client), mailer_options()};
};

TEST_F(NoticesTest, AReportOfFailureBouncesWhatWasAccepted) {
  run();
  const NoticeRecord after = world.notices.take_report("staff:binh", delivery_report(client.message_ids.at(0))).value();
  EXPECT_TRUE(after.accepted);
  EXPECT_EQ(after.state(), NoticeState::bounced);
  EXPECT_EQ(after.bounced, (Bounce{world.clock.now(), BounceReason::reported, "5.1.1", std::nullopt, "staff:binh"}));
}

TEST_F(NoticesTest, TheSameReportAgainChangesNothing) {
  run();
  const Bytes report = delivery_report(client.message_ids.at(0));
  const auto first = world.notices.take_report("staff:binh", report).value();
  const auto events = world.event_types().size();
  EXPECT_EQ(world.notices.take_report("staff:an", report).value(), first);
  EXPECT_EQ(world.event_types().size(), events);
}

TEST_F(NoticesTest, AReportAboutNothingOfOursIsRefused) {
  run();
  const std::string id = client.message_ids.at(0);
  for (const std::string& other : {std::string("x@y.example"), id.substr(0, id.find('@')) + "@other.example",
                                   "01JB8Z3V5W9QK3T8R7N2M4P6XY@anphat.example" + std::string()})
    EXPECT_THAT(world.notices.take_report("staff:an", delivery_report(other)),
                fails_with(ErrorCode::not_found, "no notice was handed over"))
        << other;
}

TEST_F(NoticesTest, AReportThatSpeaksOfNoFailureIsRefused) {
  run();
  EXPECT_THAT(world.notices.take_report("staff:an", delivery_report(client.message_ids.at(0), "delayed")),
              fails_with(ErrorCode::usage, "delayed"));
  EXPECT_THAT(world.notices.take_report("staff:an", "Subject: out of office\n\nI am away\n"),
              fails_with(ErrorCode::malformed));
}

TEST_F(NoticesTest, AreListedInPages) {
  run();
  world.clock.advance(std::chrono::milliseconds(1));
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  run();
  const NoticePage first = world.notices.list({}, {}, 1).value();
  ASSERT_EQ(first.notices.size(), 1U);
  ASSERT_TRUE(first.next);
  const NoticePage second = world.notices.list({}, first.next, 1).value();
  EXPECT_EQ(second.notices.at(0).notice.kind(), NoticeKind::update_ready);
  EXPECT_FALSE(second.next);
  EXPECT_TRUE(world.notices.list({.state = NoticeState::bounced}, {}, 9)->notices.empty());
}

TEST_F(NoticesTest, AreShownAsTheyReadInAnyLanguage) {
  run();
  const NoticeId id = world.notices.list({}, {}, 1)->notices.at(0).id;
  EXPECT_THAT(world.notices.show(id, {})->text.body, HasSubstr("To Minh Anh,"));
  const auto shown = world.notices.show(id, Language::vi).value();
  EXPECT_THAT(shown.text.body, HasSubstr("Kính gửi Minh Anh,"));
  EXPECT_THAT(shown.text.body, HasSubstr("An Phat Software"));
  EXPECT_THAT(world.notices.show(NoticeId::make(world.clock.now(), {}), {}), fails_with(ErrorCode::not_found));
}

TEST_F(NoticesTest, StatesFollowEachOtherInOneOrderOnly) {
  run();
  const NoticeRecord sent = world.notices.list({}, {}, 1)->notices.at(0);
  const auto unit = world.store->begin(world.tenant, Access::write).value();
  const auto record = [&](std::string_view type, json::Value body) {
    return world.recorder.record(*unit, type, "server", std::move(body));
  };
  EXPECT_THAT(record(event_type::kNoticeQueued, notice_queued_body(sent)), fails_with(ErrorCode::conflict));
  EXPECT_THAT(record(event_type::kNoticeAccepted, notice_accepted_body(sent.id, *sent.accepted)),
              fails_with(ErrorCode::conflict));
  Bounce bounce;
  EXPECT_THAT(record(event_type::kNoticeBounced, notice_bounced_body(sent.id, bounce)),
              fails_with(ErrorCode::conflict, "is accepted and cannot be bounced"));
  EXPECT_THAT(
      record(event_type::kNoticeAccepted, notice_accepted_body(NoticeId::make(world.clock.now(), {}), *sent.accepted)),
      fails_with(ErrorCode::not_found));
}

}  // namespace
}  // namespace kip::server::testing
