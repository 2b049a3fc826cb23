#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <server/app/server_settings.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/matchers.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Result<ServerSettings> read(const std::string& more) {
  return read_server_settings("[server]\ntenant = \"an-phat\"\nurl = \"https://u.example\"\n" + more, "/srv/kip.toml");
}

std::string webhook(const std::string& name, const std::string& url) {
  return "[[webhook]]\nname = \"" + name + "\"\nurl = \"" + url + "\"\nsecret_file = \"secret\"\n";
}

constexpr std::string_view kMail =
    "[mail]\nhost = \"relay.example\"\nsender = \"notices@anphat.example\"\nsender_name = \"An Phat\"\n";

TEST(AlertSettings, EachWebhookAndAddressIsAChannel) {
  EXPECT_THAT(read("")->alerts.channels(), IsEmpty());
  const auto settings = read(std::string(kMail) + "[alerts]\nmail_to = \"a@x.example, b@x.example\"\n" +
                             webhook("ops", "https://hooks.example/kip") + webhook("chat", "http://[::1]:9000/"));
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(settings->alerts.channels(),
              ElementsAre("webhook:ops", "webhook:chat", "mail:a@x.example", "mail:b@x.example"));
  EXPECT_EQ(settings->alerts.webhooks.front().secret_file, "/srv/secret");
}

TEST(AlertSettings, WhatCannotBeIsRefused) {
  EXPECT_THAT(read(webhook("ops", "http://hooks.example/kip")), fails_with(ErrorCode::usage, "https://"));
  EXPECT_THAT(read(webhook("ops", "http://127.0.0.1@hooks.example/")), fails_with(ErrorCode::usage, "not a URL"));
  EXPECT_THAT(read(webhook("ops", "ftp://hooks.example")), fails_with(ErrorCode::usage, "not a URL"));
  EXPECT_THAT(read(webhook("ops", "hooks")), fails_with(ErrorCode::usage, "not a URL"));
  EXPECT_THAT(read_server_settings("[server]\ntenant = \"an-phat\"\nurl = \"u.vn\"\n", "/srv/kip.toml"),
              fails_with(ErrorCode::usage, "write one like https://"));
  EXPECT_THAT(read(webhook("Ops team", "https://hooks.example")), fails_with(ErrorCode::usage, "hyphens"));
  EXPECT_THAT(read(webhook("ops", "https://a.example") + webhook("ops", "https://b.example")),
              fails_with(ErrorCode::usage, "twice"));
  EXPECT_THAT(read("[alerts]\nmail_to = \"a@x.example\"\n"), fails_with(ErrorCode::usage, "mail.host"));
  EXPECT_THAT(read(std::string(kMail) + "[alerts]\nmail_to = \"a@x.example, nobody\"\n"),
              fails_with(ErrorCode::malformed, "mail_to"));
  EXPECT_THAT(read(std::string(kMail) + "[alerts]\nmail_to = \"a@x.example,a@x.example\"\n"),
              fails_with(ErrorCode::usage, "twice"));
}

TEST(AlertSettings, ASecretIsReadFromItsFile) {
  MemoryFileSystem files;
  const std::vector<WebhookSettings> settings{{"ops", "https://hooks.example", "/secret"}};
  EXPECT_THAT(open_webhooks(files, settings), fails_with(ErrorCode::not_found, "webhook \"ops\""));
  const auto put = [&](std::string_view text, unsigned mode = 0600) {
    static_cast<void>(files.remove("/secret"));
    auto file = files.open_output("/secret", OutputMode::create_new, mode).value();
    ASSERT_TRUE(file->write(text));
  };
  put("guess me\n");
  EXPECT_THAT(open_webhooks(files, settings), fails_with(ErrorCode::malformed, "openssl rand"));
  put("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
  EXPECT_THAT(open_webhooks(files, settings).value(), SizeIs(1));
  for (const unsigned mode : {0644U, 0640U, 0604U}) {
    put("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", mode);
    EXPECT_THAT(open_webhooks(files, settings), fails_with(ErrorCode::denied, "chmod 600 /secret")) << mode;
  }
}

}  // namespace
}  // namespace kip::server
