#include <gtest/gtest.h>

#include <server/app/server_settings.hpp>
#include <testing/matchers.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;

Result<ServerSettings> read(const std::string& more) {
  return read_server_settings("[server]\ntenant = \"an-phat\"\nurl = \"https://u.example\"\n" + more, "/srv/kip.toml");
}

const std::string kMail =
    "[mail]\nhost = \"relay.example\"\nsender = \"notices@anphat.example\"\nsender_name = \"An Phat\"\n";

TEST(MailSettings, NothingIsSentUnlessTheAdministratorSaysSo) {
  EXPECT_FALSE(read("")->mail);
  const auto mail = read(kMail)->mail;
  ASSERT_TRUE(mail);
  EXPECT_TRUE(mail->mailer.kinds.empty());
  EXPECT_EQ(mail->security, MailSecurity::starttls);
  EXPECT_EQ(mail->port, 587);
}

TEST(MailSettings, EachKindIsSwitchedOnByItself) {
  const auto mail = read(kMail + "[notices]\nfailed = true\nentitlement_ending = true\nlanguage = \"vi\"\n")->mail;
  EXPECT_EQ(mail->mailer.kinds, (std::set{NoticeKind::failed, NoticeKind::entitlement_ending}));
  EXPECT_EQ(mail->mailer.language, Language::vi);
  EXPECT_THAT(read("[notices]\nfailed = true\n"), fails_with(ErrorCode::usage, "no mail.host"));
}

TEST(MailSettings, NothingGoesUnencryptedToAnotherMachineByAccident) {
  EXPECT_THAT(read(kMail + "security = \"none\"\n"), fails_with(ErrorCode::usage, "allow_plain_text"));
  EXPECT_TRUE(read(kMail + "security = \"none\"\nallow_plain_text = true\n"));
  EXPECT_THAT(read(kMail + "security = \"none\"\nallow_plain_text = true\nuser = \"u\"\npassword_file = \"p\"\n"),
              fails_with(ErrorCode::usage, "never sent"));
  std::string here = kMail;
  here.replace(here.find("relay.example"), 13, "127.0.0.1");
  EXPECT_TRUE(read(here + "security = \"none\"\n"));
}

TEST(MailSettings, WhatCannotBeIsRefused) {
  EXPECT_THAT(read("[mail]\nhost = \"relay.example\"\n"), fails_with(ErrorCode::usage, "mail.sender"));
  EXPECT_THAT(read(kMail + "user = \"u\"\n"), fails_with(ErrorCode::usage, "go together"));
  EXPECT_THAT(read(kMail + "security = \"ssl\"\n"), fails_with(ErrorCode::malformed, "starttls"));
  std::string evil = kMail;
  evil.replace(evil.find("relay.example"), 13, "a@b/c?x");
  EXPECT_THAT(read(evil), fails_with(ErrorCode::usage, "no host"));
  evil = kMail;
  evil.replace(evil.find("notices@anphat.example"), 22, "notices");
  EXPECT_THAT(read(evil), fails_with(ErrorCode::malformed, "address"));
}

}  // namespace
}  // namespace kip::server
