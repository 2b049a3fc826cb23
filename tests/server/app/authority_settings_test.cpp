#include <gtest/gtest.h>

#include <server/app/server_settings.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <signing/timestamp/development_authority.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using tsp::AuthoritySettings;
using tsp::open_authority;

Result<std::vector<tsp::AuthoritySettings>> read(const std::string& text) {
  KIP_TRY(const ServerSettings settings,
          read_server_settings("[server]\ntenant = \"an-phat\"\nurl = \"https://updates.example.vn\"\n" + text,
                               "/srv/kip/kip-server.toml"));
  return settings.authorities;
}

std::string authority(const std::string& more) {
  return "[[authority]]\nname = \"first\"\nurl = \"http://time.example/tsa?x=1\"\nca_file = \"first.pem\"\n" + more;
}

TEST(AuthoritySettingsTest, SeveralStandInTheServersSettings) {
  EXPECT_TRUE(read("").value().empty());
  const auto all = read(authority("policies = \"1.2.3.4 1.2.3.5\"\naccuracy_ms = 1500\nindependent = false\n"
                                  "untrusted_file = \"/etc/middle.pem\"\n") +
                        "[[authority]]\nname = \"second\"\nurl = \"https://x\"\nca_file = \"/etc/second.pem\"\n");
  ASSERT_THAT(all, is_ok());
  ASSERT_EQ(all->size(), 2U);
  const AuthoritySettings first{.name = "first",
                                .url = "http://time.example/tsa?x=1",
                                .ca_file = "/srv/kip/first.pem",
                                .untrusted_file = "/etc/middle.pem",
                                .policies = {"1.2.3.4", "1.2.3.5"},
                                .accuracy = std::chrono::milliseconds(1500),
                                .independent = false};
  EXPECT_EQ(all->at(0), first);
  EXPECT_EQ(all->at(1), (AuthoritySettings{.name = "second", .url = "https://x", .ca_file = "/etc/second.pem"}));
}

TEST(AuthoritySettingsTest, WhatCannotBeIsRefusedByName) {
  EXPECT_THAT(read(authority("") + authority("")), fails_with(ErrorCode::usage, "\"first\": its name stands twice"));
  EXPECT_THAT(read("[[authority]]\nname = \"F\"\nurl = \"http://x\"\nca_file = \"x\"\n"),
              fails_with(ErrorCode::usage, "a-z"));
  EXPECT_THAT(read("[[authority]]\nname = \"f\"\nurl = \"ftp://xyz\"\nca_file = \"x\"\n"),
              fails_with(ErrorCode::usage, "not a URL"));
  EXPECT_THAT(read("[[authority]]\nname = \"f\"\nurl = \"time\"\nca_file = \"x\"\n"),
              fails_with(ErrorCode::usage, "write one like http://time.example/tsa"));
  EXPECT_THAT(read("[[authority]]\nname = \"f\"\nurl = \"http://x\"\n"),
              fails_with(ErrorCode::malformed, "authority.ca_file is missing"));
  for (const char* policy : {"one", "1", "1..2", "1.02", "1.2.", ".1"})
    EXPECT_THAT(read(authority(std::string("policies = \"") + policy + "\"\n")),
                fails_with(ErrorCode::usage, "policy"));
  EXPECT_THAT(read(authority("accuracy_ms = -1\n")), fails_with(ErrorCode::malformed, "accuracy_ms"));
}

TEST(AuthoritySettingsTest, AnAuthorityIsOpenedWithItsCertificates) {
  MemoryFileSystem files;
  SystemRandom random;
  const PrivateKey key = PrivateKey::generate(KeyType::ecdsa_p256).value();
  const auto certificates =
      tsp::certify_development_authority(key, kip::testing::SimulatedClock("2026-03-01T12:00:00Z").now(), random)
          .value();
  ASSERT_THAT(replace_file(files, "/first.pem", certificates.ca, 0644), is_ok());
  ASSERT_THAT(replace_file(files, "/noise.pem", "noise", 0644), is_ok());
  AuthoritySettings settings{.name = "first", .url = "http://x", .ca_file = "/first.pem"};
  settings.policies = {"1.2.3"};
  const auto opened = open_authority(files, settings);
  ASSERT_THAT(opened, is_ok());
  EXPECT_EQ(opened->trust.roots, tsp::parse_certificate_file(certificates.ca)->certificates);
  EXPECT_EQ(opened->trust.policies, settings.policies);
  settings.ca_file = "/noise.pem";
  EXPECT_THAT(open_authority(files, settings), fails_with(ErrorCode::malformed, "/noise.pem"));
  settings.ca_file = "/missing.pem";
  EXPECT_THAT(open_authority(files, settings), fails_with(ErrorCode::not_found));
}

}  // namespace
}  // namespace kip::server
