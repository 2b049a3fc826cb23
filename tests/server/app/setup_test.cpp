#include <gtest/gtest.h>

#include <server/app/commands.hpp>
#include <server/app/server_settings.hpp>
#include <server/app/service.hpp>
#include <server/app/setup.hpp>
#include <signing/ceremony/repository_plan.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

class FixedClock final : public Clock {
 public:
  Instant now() const override { return parse_instant("2025-10-28T02:00:00Z").value(); }
};

class SetupTest : public ::testing::Test {
 protected:
  SetupPlan plan() const {
    return {directory_.path() / "srv" / "kip", TenantId::parse("an-phat").value(), "https://updates.example.vn",
            "127.0.0.1:0"};
  }
  Result<NewToken> set_up(const SetupPlan& plan) { return server::set_up({files_, clock_, random_}, plan); }

  kip::testing::TemporaryDirectory directory_;
  PosixFileSystem files_;
  FixedClock clock_;
  SystemRandom random_;
};

TEST_F(SetupTest, MakesAWholeServersFolder) {
  const NewToken token = set_up(plan()).value();
  const auto folder = plan().folder;
  EXPECT_EQ(files_.status(folder)->mode, 0700U);
  for (const char* key : {"timestamp.pem", "snapshot.pem", "rollouts.pem", "entry.pem"})
    EXPECT_EQ(files_.status(folder / "keys" / key)->mode, 0600U) << key;
  const ServerFolder opened = open_server_folder(files_, folder).value();
  EXPECT_EQ(opened.settings.tenant.str(), "an-phat");
  EXPECT_EQ(opened.settings.url, "https://updates.example.vn");
  EXPECT_EQ(opened.settings.listen.port, 0);
  const Recorder recorder(opened.settings.tenant, opened.settings.url, opened.keys.entry, clock_, random_);
  EXPECT_EQ(StaffAccess(*opened.store, recorder).recognise(token.token).value().person.str(), "admin");
}

TEST_F(SetupTest, TheOnlineKeysFileIsWhatOfficersToolsRead) {
  ASSERT_THAT(set_up(plan()), is_ok());
  const auto folder = plan().folder;
  const OnlineKeys keys = parse_online_keys(kip::testing::read_file((folder / "online-keys.json").string())).value();
  const ServerFolder opened = open_server_folder(files_, folder).value();
  EXPECT_EQ(keys.timestamp.id(), opened.keys.roles.timestamp.key_id);
  EXPECT_EQ(keys.snapshot.id(), opened.keys.roles.snapshot.key_id);
  EXPECT_EQ(keys.rollouts.id(), opened.keys.roles.rollouts.key_id);
}

TEST_F(SetupTest, AFolderWithSomethingInItIsLeftAlone) {
  ASSERT_THAT(set_up(plan()), is_ok());
  const std::string before = kip::testing::read_file((plan().folder / "online-keys.json").string());
  EXPECT_THAT(set_up(plan()), fails_with(ErrorCode::conflict, "nothing was changed"));
  EXPECT_EQ(kip::testing::read_file((plan().folder / "online-keys.json").string()), before);
}

TEST_F(SetupTest, AnEmptyFolderIsTaken) {
  ASSERT_THAT(make_directories(files_, plan().folder, 0755), is_ok());
  EXPECT_THAT(set_up(plan()), is_ok());
}

TEST_F(SetupTest, AFailureLeavesNothing) {
  SetupPlan broken = plan();
  broken.passphrase_file = directory_.path() / "missing";
  EXPECT_THAT(set_up(broken), fails_with(ErrorCode::not_found));
  EXPECT_TRUE(files_.list_directory(plan().folder.parent_path())->empty());
}

TEST_F(SetupTest, KeysAreEncryptedWhereThereIsAPassphrase) {
  SetupPlan with = plan();
  with.passphrase_file = directory_.path() / "passphrase";
  const auto write = [&](std::string_view text) {
    const auto file = files_.open_output(*with.passphrase_file, OutputMode::append, 0600).value();
    return file->write(text);
  };
  ASSERT_THAT(write("correct horse\n"), is_ok());
  ASSERT_THAT(set_up(with), is_ok());
  EXPECT_TRUE(is_encrypted_pem(kip::testing::read_file((with.folder / "keys" / "entry.pem").string())));
  EXPECT_THAT(open_server_folder(files_, with.folder), is_ok());
  ASSERT_THAT(files_.remove(*with.passphrase_file), is_ok());
  ASSERT_THAT(write("wrong\n"), is_ok());
  EXPECT_THAT(open_server_folder(files_, with.folder), fails_with(ErrorCode::denied, "passphrase"));
}

TEST_F(SetupTest, AFileInThePlaceOfAFolderIsNamedWithItsSetting) {
  ASSERT_THAT(set_up(plan()), is_ok());
  for (const auto& [name, place] : {std::pair("storage.logs", "logs"), std::pair("storage.repository", "repository")}) {
    const auto path = plan().folder / place;
    std::filesystem::remove_all(path);
    kip::testing::write_file(path.string(), "x");
    EXPECT_THAT(open_server_folder(files_, plan().folder), fails_with(ErrorCode::usage, name));
    std::filesystem::remove(path);
  }
}

TEST_F(SetupTest, OneKeyForTwoRolesIsRefusedWithTheNamesOfBoth) {
  ASSERT_THAT(set_up(plan()), is_ok());
  const auto keys = plan().folder / "keys";
  std::filesystem::copy_file(keys / "timestamp.pem", keys / "entry.pem",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(open_server_folder(files_, plan().folder),
              fails_with(ErrorCode::usage, "timestamp.pem and entry.pem in " + keys.string()));
}

TEST_F(SetupTest, ATokenFileIsPrivateAndNeverOverwritten) {
  ASSERT_THAT(set_up(plan()), is_ok());
  const auto path = directory_.path() / "token";
  const auto make = [&](const std::filesystem::path& file) {
    Arguments arguments;
    arguments.folder = plan().folder.string();
    arguments.staff = "binh";
    arguments.roles = {"approver"};
    arguments.token_file = file.string();
    return run_token_create(arguments);
  };
  // No token is made that nobody would get.
  EXPECT_THAT(make(directory_.path() / "nowhere" / "token"), fails_with(ErrorCode::not_found));
  EXPECT_THAT(make(directory_.path()), fails_with(ErrorCode::conflict));
  ASSERT_THAT(make(path), is_ok());
  EXPECT_EQ(files_.status(path)->mode, 0600U);
  EXPECT_THAT(make(path), fails_with(ErrorCode::conflict));
}

TEST_F(SetupTest, WhatIsNoServersFolderIsSaidSo) {
  EXPECT_THAT(open_server_folder(files_, directory_.path()), fails_with(ErrorCode::not_found, "kip-server init"));
}

TEST(ServerSettings, AddressesAndUrls) {
  EXPECT_EQ(parse_listen("127.0.0.1:8080").value().port, 8080);
  EXPECT_EQ(parse_listen("[::1]:0").value().host, "::1");
  for (const char* text : {"", "8080", ":8080", "host:", "host:x", "host:65536", "host:-1", "::1:80", "[host]:80"})
    EXPECT_THAT(parse_listen(text), fails_with(ErrorCode::usage)) << text;
  EXPECT_EQ(parse_public_url("https://a.example/x/").value(), "https://a.example/x");
  for (const char* text : {"", "http://", "ftp://a", "https://a b", "https://a?x", "a.example"})
    EXPECT_THAT(parse_public_url(text), fails_with(ErrorCode::usage)) << text;
}

TEST(ServerSettings, AWrongSettingIsNamedWithFileAndLine) {
  const auto read = [](std::string_view text) { return read_server_settings(text, "/srv/kip-server.toml"); };
  constexpr std::string_view kGood = "[server]\ntenant = \"a\"\nurl = \"http://a.vn\"\n";
  EXPECT_THAT(read(kGood), is_ok());
  EXPECT_THAT(read(std::string(kGood) + "port = 1\n"), fails_with(ErrorCode::malformed, "kip-server.toml:4"));
  EXPECT_THAT(read("[server]\ntenant = \"A\"\nurl = \"http://a.vn\"\n"),
              fails_with(ErrorCode::malformed, "server.tenant"));
  EXPECT_THAT(read(std::string(kGood) + "listen = \"nowhere\"\n"), fails_with(ErrorCode::usage, "server.listen"));
}

}  // namespace
}  // namespace kip::server
