#include <gtest/gtest.h>

#include <signing/fetch/curl_mail_client.hpp>
#include <signing/fetch/loopback_host.hpp>
#include <signing/fetch/smtp_reply.hpp>

namespace kip {
namespace {

using Kind = MailAnswer::Kind;

TEST(SmtpReply, IsJudgedByItsCodeAndByWhatItAnswers) {
  const struct {
    const char* line;
    SmtpStage stage;
    Kind kind;
  } rows[] = {
      {"250 2.0.0 Ok: queued", SmtpStage::content, Kind::accepted},
      {"250 ok", SmtpStage::recipient, Kind::unavailable},
      {"221 bye", SmtpStage::content, Kind::unavailable},
      {"354 go on", SmtpStage::data, Kind::unavailable},
      {"550 5.1.1 unknown", SmtpStage::recipient, Kind::permanent},
      {"550 no such user", SmtpStage::recipient, Kind::permanent},
      {"554 5.6.0 malformed", SmtpStage::content, Kind::permanent},
      {"554 5.7.1 spam", SmtpStage::content, Kind::policy},
      {"554 5.7.1 relay access denied", SmtpStage::recipient, Kind::policy},
      {"550 5.7.26 not authenticated", SmtpStage::recipient, Kind::policy},
      {"450 4.7.1 greylisted", SmtpStage::recipient, Kind::temporary},
      {"550 5.7.1 sender not allowed", SmtpStage::sender, Kind::unavailable},
      {"535 5.7.8 wrong password", SmtpStage::opening, Kind::unavailable},
      {"451 4.3.0 later", SmtpStage::recipient, Kind::temporary},
      {"452 4.2.2 full", SmtpStage::content, Kind::temporary},
      {"450 greylisted", SmtpStage::sender, Kind::temporary},
      {"421 closing", SmtpStage::recipient, Kind::unavailable},
      {"454 TLS not available", SmtpStage::opening, Kind::unavailable},
      {"", SmtpStage::recipient, Kind::unavailable},
      {"5x0 what", SmtpStage::recipient, Kind::unavailable},
      {"999 what", SmtpStage::recipient, Kind::unavailable},
  };
  for (const auto& row : rows)
    EXPECT_EQ(judge_reply(row.line, row.stage).kind, row.kind) << row.line;
}

TEST(SmtpReply, GivesCodeAndStatusAndNoAddress) {
  const MailAnswer answer = judge_reply("550 5.1.1 <ke.toan@b.example>: unknown\x1b[2J", SmtpStage::recipient);
  EXPECT_EQ(answer.reply_code, 550);
  EXPECT_EQ(answer.status, "5.1.1");
  EXPECT_EQ(answer.text, "550 5.1.1 <...@b.example>: unknown\\u{1b}[2J");
  EXPECT_EQ(judge_reply("550 4.1.1 x", SmtpStage::recipient).status, "");
  EXPECT_EQ(judge_reply("550 no such user", SmtpStage::recipient).status, "");
}

TEST(SmtpReply, TheStageIsThatOfTheLastCommand) {
  SmtpStage stage = SmtpStage::opening;
  const auto after = [&stage](const char* command) { return stage = stage_of(command, stage); };
  EXPECT_EQ(after("EHLO a\r\n"), SmtpStage::opening);
  EXPECT_EQ(after("AUTH PLAIN AGE=\r\n"), SmtpStage::opening);
  EXPECT_EQ(after("MAIL FROM:<a@b.example>\r\n"), SmtpStage::sender);
  EXPECT_EQ(after("RCPT TO:<a@b.example>\r\n"), SmtpStage::recipient);
  EXPECT_EQ(after("NOOP\r\n"), SmtpStage::recipient);
  EXPECT_EQ(after("DATA\r\n"), SmtpStage::data);
}

TEST(MailHost, IsThisMachineOrNot) {
  for (const char* host : {"localhost", "127.0.0.1", "127.3.2.1", "::1", "[::1]", "LOCALHOST"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
  for (const char* host : {"localhost.example", "127.example", "10.0.0.1", "relay", ""})
    EXPECT_FALSE(is_loopback_host(host)) << host;
}

TEST(CurlMail, AServerThatIsNotThereIsUnavailable) {
  CurlMailClient client({.host = "127.0.0.1", .port = 1, .security = MailSecurity::none, .hello = "a.example"});
  const MailAddress address = MailAddress::parse("secret.name@b.example").value();
  const MailAnswer answer = client.send({address, address}, "x\r\n", [] { return false; });
  EXPECT_EQ(answer.kind, Kind::unavailable);
  EXPECT_EQ(answer.reply_code, 0);
  EXPECT_EQ(answer.text.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace kip
