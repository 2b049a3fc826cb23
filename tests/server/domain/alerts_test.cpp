#include <deque>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <server/domain/alert_channels.hpp>
#include <server/domain/alert_conditions.hpp>
#include <testing/matchers.hpp>

#include "../fake_mail_client.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const auto kNever = [] { return false; };
constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

SecretBytes secret() {
  return parse_webhook_secret(SecretBytes(Bytes(kSecret))).value();
}

/// A receiver that answers as it is told; where it was told nothing, it takes everything.
class Receiver final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    requests.push_back(request);
    if (answers.empty()) return HttpResponse{204};
    Result<HttpResponse> out = answers.front();
    answers.pop_front();
    return out;
  }
  Result<HttpResponse> download(const HttpDownload&, kip::BodySink&) override {
    return fail(ErrorCode::internal, "nobody downloads here");
  }

  std::deque<Result<HttpResponse>> answers;
  std::vector<HttpRequest> requests;
};

class AlertsTest : public ::testing::Test {
 protected:
  Alert alert(std::string subject, AlertKind kind = AlertKind::rollout_paused) {
    return {kind, subject, subject + " 1.2", since, "9 of 100 failed"};
  }
  AlertSender sender() {
    std::vector<std::unique_ptr<AlertChannel>> channels;
    channels.push_back(std::make_unique<WebhookChannel>(receiver, world.recorder,
                                                        WebhookOptions{"ops", "https://hooks.example/kip", secret()}));
    channels.push_back(std::make_unique<MailChannel>(
        mail, world.recorder,
        AlertMailOptions{mailer_options().sender, MailAddress::parse("ops@anphat.example").value()}));
    return AlertSender({*world.store, world.recorder, world.log}, std::move(channels));
  }
  std::vector<AlertDelivery> deliveries(std::optional<DeliveryState> state = {}) {
    return world.alerts.deliveries(state, {}, Alerts::kMaxPage).value().deliveries;
  }
  AlertDelivery webhook_delivery() {
    for (const AlertDelivery& one : deliveries()) {
      if (one.channel == "webhook:ops") return one;
    }
    ADD_FAILURE() << "no delivery";
    return deliveries().front();
  }

  World world;
  Instant since = parse_instant("2025-10-28T01:00:00Z").value();
  Receiver receiver;
  FakeMailClient mail;
};

TEST_F(AlertsTest, WhatIsPausedAnewIsRaisedAnewAndTheFirstOneIsCleared) {
  EXPECT_EQ(world.alerts.settle({alert("forms")}).value(), 1U);
  since += std::chrono::seconds(10);
  EXPECT_EQ(world.alerts.settle({alert("forms")}).value(), 2U);
  const auto open = world.alerts.open().value();
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open.front().alert.at, since);
}

TEST_F(AlertsTest, WhatIsNewIsRaisedOnceAndWhatIsOverIsCleared) {
  EXPECT_EQ(world.alerts.settle({alert("forms"), alert("ledger")}).value(), 2U);
  EXPECT_THAT(deliveries(), SizeIs(4));
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(world.alerts.settle({alert("forms"), alert("ledger"), alert("forms")}).value(), 0U);
  EXPECT_EQ(world.alerts.settle({alert("ledger")}).value(), 1U);
  const auto open = world.alerts.open().value();
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open.front().alert.subject, "ledger");
  const auto all = world.alerts.list(false, {}, 10).value().alerts;
  ASSERT_THAT(all, SizeIs(2));
  for (const AlertRecord& one : all)
    EXPECT_EQ(one.cleared.has_value(), one.alert.subject == "forms");
  // Mails tell of what was raised alone.
  EXPECT_THAT(deliveries(), SizeIs(5));
  EXPECT_EQ(deliveries().front().turn, AlertTurn::cleared);
  EXPECT_EQ(deliveries().front().channel, "webhook:ops");
  EXPECT_EQ(world.alerts.settle({alert("forms"), alert("ledger")}).value(), 1U);
  EXPECT_THAT(world.alerts.list(false, {}, 10).value().alerts, SizeIs(3));
}

TEST_F(AlertsTest, PagesGoFromTheNewestToTheOldest) {
  for (int i = 0; i < 5; ++i) {
    world.clock.advance(std::chrono::seconds(1));
    ASSERT_THAT(world.alerts.settle({alert(std::to_string(i))}), is_ok());
  }
  std::vector<std::string> seen;
  std::optional<AlertId> before;
  do {
    const AlertPage page = world.alerts.list(false, before, 2).value();
    for (const AlertRecord& one : page.alerts)
      seen.push_back(one.alert.subject);
    before = page.next;
  } while (before);
  EXPECT_THAT(seen, ElementsAre("4", "3", "2", "1", "0"));
}

TEST_F(AlertsTest, AWebhookIsSignedAsTheStandardSays) {
  const auto headers = webhook_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", Instant(std::chrono::seconds(1614265330)),
                                       R"({"test": 2432232314})", secret());
  EXPECT_THAT(headers, ElementsAre(std::pair("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                                   std::pair("webhook-timestamp", "1614265330"),
                                   std::pair("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
  for (const char* bad : {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTw==", "whsec_!!"})
    EXPECT_THAT(parse_webhook_secret(SecretBytes(Bytes(bad))), fails_with(ErrorCode::malformed, "openssl rand")) << bad;
}

TEST_F(AlertsTest, EachChannelIsToldOnceWithAllThatIsKnown) {
  ASSERT_THAT(world.alerts.settle({alert("forms"), alert("12", AlertKind::obligation_at_risk)}), is_ok());
  AlertSender to = sender();
  EXPECT_EQ(to.run(kNever).value(), (AlertSender::Round{4, 0, 0}));
  EXPECT_EQ(to.run(kNever).value(), AlertSender::Round());
  ASSERT_THAT(receiver.requests, SizeIs(2));
  const HttpRequest& first = receiver.requests.front();
  const json::Value body = json::parse(first.body).value();
  EXPECT_EQ(*body.find("type")->as_text(), "alert.raised");
  const json::Value& data = *body.find("data");
  EXPECT_EQ(*data.find("tenant")->as_text(), "an-phat");
  EXPECT_EQ(*data.find("alert")->find("kind")->as_text(), "rollout-paused");
  EXPECT_EQ(*data.find("alert")->find("detail")->as_text(), "9 of 100 failed");
  EXPECT_NE(first.headers.front().second, receiver.requests.back().headers.front().second);
  // One mail about both.
  ASSERT_THAT(mail.messages, SizeIs(1));
  EXPECT_THAT(mail.recipients, ElementsAre("ops@anphat.example"));
  EXPECT_THAT(mail.messages.front(), HasSubstr("Subject: An Phat Software: 2 alerts"));
}

TEST_F(AlertsTest, WhatFailsIsTriedAgainEverLaterUnderTheSameIdAndDiesAfterThreeDays) {
  ASSERT_THAT(world.alerts.settle({alert("forms")}), is_ok());
  std::set<std::string> ids;
  std::vector<std::chrono::minutes> pauses;
  Instant last = world.clock.now();
  AlertSender to = sender();
  while (webhook_delivery().state == DeliveryState::waiting) {
    receiver.answers.assign(1, HttpResponse{500, {}, "out of order\n"});
    ASSERT_THAT(to.run(kNever), is_ok());
    if (!receiver.requests.empty()) ids.insert(receiver.requests.back().headers.front().second);
    const AlertDelivery now = webhook_delivery();
    pauses.push_back(std::chrono::floor<std::chrono::minutes>(now.next - last));
    EXPECT_THAT(now.answer, StartsWith("500 out of order"));
    last = world.clock.now();
    world.clock.advance(std::chrono::floor<std::chrono::milliseconds>(now.next - last));
    last = world.clock.now();
  }
  EXPECT_THAT(ids, SizeIs(1));
  EXPECT_GT(pauses.size(), 15U);
  EXPECT_LT(pauses.size(), 30U);
  EXPECT_EQ(webhook_delivery().state, DeliveryState::dead);
  EXPECT_THAT(deliveries(DeliveryState::dead), SizeIs(1));
  const DeliveryId id = webhook_delivery().id;
  EXPECT_EQ(to.run(kNever).value(), AlertSender::Round());
  ASSERT_THAT(world.alerts.retry(id), is_ok());
  EXPECT_THAT(world.alerts.retry(id), fails_with(ErrorCode::conflict, "waiting"));
  receiver.answers.clear();
  EXPECT_EQ(to.run(kNever).value(), (AlertSender::Round{1, 0, 0}));
  EXPECT_EQ(receiver.requests.back().headers.front().second, id.str());
  EXPECT_EQ(webhook_delivery().state, DeliveryState::delivered);
}

TEST_F(AlertsTest, AnotherProcessKeepsThePauses) {
  ASSERT_THAT(world.alerts.settle({alert("forms")}), is_ok());
  receiver.answers.assign(1, HttpResponse{503, {{"retry-after", "7200"}}, ""});
  ASSERT_THAT(sender().run(kNever), is_ok());
  world.clock.advance(std::chrono::minutes(119));
  EXPECT_EQ(sender().run(kNever).value(), AlertSender::Round());
  world.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(sender().run(kNever).value(), (AlertSender::Round{1, 0, 0}));
}

TEST_F(AlertsTest, AChannelThatFailsHoldsUpNoOther) {
  ASSERT_THAT(world.alerts.settle({alert("a"), alert("b"), alert("c")}), is_ok());
  receiver.answers.assign(3, Result<HttpResponse>(fail(ErrorCode::network, "connection refused")));
  AlertSender to = sender();
  EXPECT_EQ(to.run(kNever).value(), (AlertSender::Round{3, 1, 0}));
  EXPECT_THAT(receiver.requests, SizeIs(1));  // the rest of the round is left for later
}

TEST_F(AlertsTest, WhoIsGoneIsNotAskedAgainAndAChannelOfBeforeIsDead) {
  ASSERT_THAT(world.alerts.settle({alert("forms")}), is_ok());
  receiver.answers.assign(1, HttpResponse{410, {}, ""});
  EXPECT_EQ(sender().run(kNever).value(), (AlertSender::Round{1, 0, 1}));
  world.clock.advance(std::chrono::seconds(1));
  ASSERT_THAT(world.alerts.settle({}), is_ok());
  EXPECT_EQ(AlertSender({*world.store, world.recorder, world.log}, {}).run(kNever).value(),
            (AlertSender::Round{0, 0, 1}));
  EXPECT_THAT(deliveries(DeliveryState::dead).front().answer, HasSubstr("no such channel"));
}

TEST_F(AlertsTest, ATestGoesToEveryChannelAndIsNothingToLookAfter) {
  ASSERT_THAT(world.alerts.test("staff:an"), is_ok());
  EXPECT_THAT(world.alerts.open().value(), IsEmpty());
  EXPECT_EQ(sender().run(kNever).value(), (AlertSender::Round{2, 0, 0}));
  EXPECT_THAT(receiver.requests.front().body, AllOf(HasSubstr("alert.raised"), Not(HasSubstr("cleared"))));
  EXPECT_THAT(mail.messages.front(), HasSubstr("This is a test; nothing has happened. Asked for by staff:an"));
  Alerts nobody(*world.store, world.recorder, {});
  EXPECT_THAT(nobody.test("staff:an"), fails_with(ErrorCode::conflict, "kip-server.toml"));
}

class AlertConditionsTest : public ::testing::Test {
 protected:
  std::vector<Alert> look() {
    const AlertConditions conditions({*world.store, world.recorder, world.board, world.publisher});
    return conditions.look(world.alerts.open().value()).value();
  }
  std::vector<std::string> found() {
    std::vector<std::string> out;
    for (const Alert& one : look())
      out.push_back(fmt::format("{} {}", to_string(one.kind), one.subject));
    return out;
  }
  std::vector<std::string> found(AlertKind kind) {
    std::vector<std::string> out;
    for (const Alert& one : look()) {
      if (one.kind == kind) out.push_back(one.subject);
    }
    return out;
  }
  void wait_until(std::string_view instant) {
    world.clock.advance(
        std::chrono::floor<std::chrono::milliseconds>(parse_instant(instant).value() - world.clock.now()));
  }

  World world;
};

TEST_F(AlertConditionsTest, AnObligationIsAtRiskThenMissedAndOldOnesTellNobody) {
  world.register_act_and_commitments();
  world.import_customer();
  wait_until("2025-10-28T00:00:00Z");
  EXPECT_THAT(found(AlertKind::obligation_at_risk), IsEmpty());
  wait_until("2025-11-02T00:00:00Z");
  const auto at_risk = found(AlertKind::obligation_at_risk);
  EXPECT_THAT(at_risk, Not(IsEmpty()));
  const std::vector<Alert> alerts = look();
  EXPECT_THAT(alerts.front().title, HasSubstr("99/2025/TT-BTC"));
  EXPECT_TRUE(alerts.front().at.has_value());
  wait_until("2025-11-04T00:00:00Z");
  EXPECT_THAT(found(AlertKind::obligation_missed), Not(IsEmpty()));
  ASSERT_THAT(world.alerts.settle(look()), is_ok());
  const auto open = world.alerts.open().value();
  wait_until("2025-11-20T00:00:00Z");
  // What was told of stays until it is over; a server that sees it only now is silent about it.
  const AlertConditions conditions({*world.store, world.recorder, world.board, world.publisher});
  const auto missed = [](const std::vector<Alert>& in) {
    return std::count_if(in.begin(), in.end(),
                         [](const Alert& one) { return one.kind == AlertKind::obligation_missed; });
  };
  EXPECT_GT(missed(conditions.look(open).value()), missed(conditions.look({}).value()));
}

TEST_F(AlertConditionsTest, ARolloutThatIsPausedIsOneUntilItGoesOn) {
  world.register_act_and_commitments();
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  EXPECT_THAT(found(AlertKind::rollout_paused), IsEmpty());
  ASSERT_THAT(world.guard.stop("staff:an", world.product, "forms print blank"), is_ok());
  EXPECT_THAT(found(AlertKind::rollout_paused), ElementsAre("forms 1.0"));
  EXPECT_THAT(look().front().detail, HasSubstr("forms print blank"));
  const Alert first = look().front();
  EXPECT_EQ(first.at, world.clock.now()) << "since when it is paused";
  world.clock.advance(std::chrono::seconds(10));
  EXPECT_TRUE(look().front().is_about_same(first));
  ASSERT_THAT(world.guard.stop("staff:an", world.product, "and the totals are wrong"), is_ok());
  EXPECT_FALSE(look().front().is_about_same(first)) << "stopped anew";
}

TEST_F(AlertConditionsTest, ComputersBeyondTheSeatsOfACodeAreOneEachUntilSomebodyDecides) {
  world.register_act_and_commitments();
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const EnrolmentCode code = world.code();
  const TestInstall first = world.enrol_by(code, "PC-1");
  EXPECT_THAT(found(AlertKind::install_held), IsEmpty());
  const PrivateKey other = PrivateKey::generate(KeyType::ed25519).value();
  EXPECT_THAT(world.enrolment.enrol(world.enrolment_envelope(code, other, "PC-2")), fails_with(ErrorCode::conflict));
  const auto held = look();
  ASSERT_THAT(held, SizeIs(2));
  EXPECT_EQ(held[0].kind, AlertKind::install_held);
  EXPECT_THAT(held[0].title + held[1].title, AllOf(HasSubstr("(PC-1) of customer 0101243150"), HasSubstr("(PC-2)")));
  EXPECT_THAT(held[0].detail, HasSubstr("than that has seats"));
  for (const Alert& one : held)
    ASSERT_THAT(world.enrolment.retire("staff:an", {InstallId::parse(one.subject).value(), "nobody's"}), is_ok());
  EXPECT_THAT(found(AlertKind::install_held), IsEmpty());
}

TEST_F(AlertConditionsTest, AnAuthorityIsSilentAfterAnHourAndUntilItHasGivenItsToken) {
  const StampSubject subject{sha256("a"), "a\n", 1, world.clock.now()};
  tsp::Stamp stamp{.subject = subject.digest, .authority = "A"};
  const auto put = [&] {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    ASSERT_THAT(unit->stamps().put_subject(subject), is_ok());
    ASSERT_THAT(unit->stamps().put(stamp), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  };
  put();
  world.clock.advance(std::chrono::hours(2));
  EXPECT_THAT(found(AlertKind::authority_silent), IsEmpty());  // it was not asked yet
  stamp.failures = 3;
  stamp.problem = "connection refused";
  put();
  EXPECT_THAT(found(AlertKind::authority_silent), ElementsAre("A"));
  world.clock.advance(-std::chrono::minutes(61));
  EXPECT_THAT(found(AlertKind::authority_silent), IsEmpty());
  stamp.failures = 0;
  stamp.state = tsp::StampState::bad;
  put();
  world.clock.advance(std::chrono::hours(1));
  EXPECT_THAT(found(AlertKind::authority_silent), ElementsAre("A"));
}

TEST_F(AlertConditionsTest, MetadataTokensAndCalendarsTellBeforeTheyEnd) {
  world.register_act_and_commitments();
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  ASSERT_THAT(world.access.create_token("staff:an", PersonName::parse("an").value(),
                                        {.label = "robot", .life = std::chrono::days(60)}),
              is_ok());
  EXPECT_THAT(found(), IsEmpty());
  const auto expiring = world.publisher.expiring_before(Instant::max()).value();
  ASSERT_THAT(expiring, Not(IsEmpty()));
  world.clock.advance(std::chrono::days(12));  // the timestamp of 14 days was not renewed
  EXPECT_THAT(found(AlertKind::metadata_expiring), ElementsAre("timestamp"));
  world.clock.advance(std::chrono::days(38));
  EXPECT_THAT(found(AlertKind::token_expiring), SizeIs(1));
  world.clock.advance(std::chrono::days(400));
  EXPECT_THAT(found(AlertKind::metadata_expiring), ::testing::Contains("root"));
  EXPECT_THAT(found(AlertKind::token_expiring), IsEmpty());  // it has ended, which its owner has noticed
  EXPECT_THAT(found(AlertKind::calendar_ending), ::testing::Contains("VN"));
}

TEST(AlertWords, EachKindReadsInEachLanguage) {
  for (const Language language : kLanguages) {
    std::set<std::string> subjects;
    for (const AlertKind kind : {AlertKind::obligation_at_risk, AlertKind::obligation_missed, AlertKind::rollout_paused,
                                 AlertKind::authority_silent, AlertKind::metadata_expiring, AlertKind::token_expiring,
                                 AlertKind::calendar_ending, AlertKind::install_held, AlertKind::test}) {
      const NoticeText text =
          render_alerts({{kind, "1", "T{}T", Instant(std::chrono::seconds(0)), "more\nof it"}}, "An Phat", language);
      EXPECT_THAT(text.subject, HasSubstr("T{}T"));
      EXPECT_THAT(text.subject, HasSubstr("1970-01-01T00:00:00Z"));
      EXPECT_THAT(text.body, Not(HasSubstr("more\nof it")));
      subjects.insert(text.subject);
    }
    EXPECT_THAT(subjects, SizeIs(9));
  }
  const Alert many{AlertKind::test, "1", std::string(400, 'x'), Instant(), ""};
  EXPECT_LT(render_alerts({many}, "An Phat", Language::en).subject.size(), 200U);
}

}  // namespace
}  // namespace kip::server::testing
