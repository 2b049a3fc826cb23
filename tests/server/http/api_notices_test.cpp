#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manifests/mail/delivery_report.hpp>

#include "../fake_mail_client.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::HasSubstr;

class ApiNotices : public ::testing::Test {
 protected:
  ApiNotices() {
    run();
    EXPECT_THAT(world.registry.import_customers("staff:an", {world.customer("a@b.example")}, false), is_ok());
    world.register_act_and_commitments();
    EXPECT_THAT(world.publish({"1.0"}), is_ok());
    run();
  }

  void run() {
    EXPECT_THAT(mailer.run([] { return false; }), is_ok());
  }
  Response get(const std::string& route) { return world.staff("GET", "/v1/tenants/an-phat/notices" + route); }
  std::size_t count(const std::string& query) { return parse_json(get(query)).find("notices")->as_array()->size(); }
  Response bounce(const Bytes& report) {
    return world.staff("POST", "/v1/tenants/an-phat/notices/bounces",
                       json::to_compact(json::Object{{"report", to_base64(report)}}));
  }

  World world;
  FakeMailClient client;
  Mailer mailer{world.mailer_ports(client), mailer_options()};
};

TEST_F(ApiNotices, AreListedByKindCustomerAndState) {
  EXPECT_EQ(count(""), 2U);
  EXPECT_EQ(count("?kind=update-ready"), 1U);
  EXPECT_EQ(count("?kind=failed"), 0U);
  EXPECT_EQ(count("?customer=0101243150&product=forms&state=accepted"), 2U);
  EXPECT_EQ(count("?customer=1"), 0U);
  const json::Value first = parse_json(get("?limit=1"));
  EXPECT_EQ(count("?limit=1&after=" + *first.find("next")->as_text()), 1U);
  for (const char* query : {"?kind=x", "?state=read", "?limit=0", "?limit=501", "?limit=1x", "?after=x", "?colour=red"})
    EXPECT_EQ(get(query).status, 400) << query;
}

TEST_F(ApiNotices, WhatWasGivenUpHasAStateOfItsOwn) {
  ASSERT_THAT(world.publish({"1.0", "1.1"}), is_ok());
  client.answers.assign(2, {MailAnswer::Kind::policy, 554, "5.7.1", "554 5.7.1 relay access denied"});
  run();
  EXPECT_EQ(count("?state=queued"), 1U);
  world.clock.advance(std::chrono::hours(120));
  run();
  EXPECT_EQ(count("?state=queued"), 0U);
  EXPECT_EQ(count("?state=bounced"), 0U);
  const json::Value notice = parse_json(get("?state=given-up")).find("notices")->as_array()->at(0);
  EXPECT_EQ(*notice.find("state")->as_text(), "given-up");
  EXPECT_EQ(*notice.find("bounced")->find("status")->as_text(), "5.7.1");
}

TEST_F(ApiNotices, AreShownAsTheyRead) {
  const std::string id = client.message_ids.at(0).substr(0, 26);
  EXPECT_THAT(get("/" + id).body, HasSubstr("To Minh Anh,"));
  EXPECT_THAT(get("/" + id + "?lang=hu").body, HasSubstr("Tisztelt Minh Anh!"));
  EXPECT_EQ(get("/" + id + "?lang=xx").status, 400);
  EXPECT_EQ(get("/01JB8Z3V5W9QK3T8R7N2M4P6XY").status, 404);
  EXPECT_EQ(get("/x").status, 400);
}

TEST_F(ApiNotices, OneThatCameBackIsBouncedByWhoeverBroughtIt) {
  const Response answer = bounce(delivery_report(client.message_ids.at(0)));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"by\":\"staff:an\""));
  EXPECT_EQ(count("?state=bounced"), 1U);
  EXPECT_EQ(bounce(delivery_report("x@y.example")).status, 404);
  EXPECT_EQ(bounce("Subject: away\n\n").status, 400);
  EXPECT_EQ(bounce(Bytes(kMaxDeliveryReport + 1, 'x')).status, 413);
  EXPECT_EQ(world.staff("POST", "/v1/tenants/an-phat/notices/bounces", R"({"report":"!"})").status, 400);
  EXPECT_EQ(world.call("POST", "/v1/tenants/an-phat/notices/bounces", "{}").status, 401);
}

}  // namespace
}  // namespace kip::server::testing
