#include <fmt/format.h>
#include <gtest/gtest.h>

#include <server/app/maintenance.hpp>
#include <server/app/service.hpp>
#include <server/app/setup.hpp>
#include <server/domain/log_sequencer.hpp>
#include <server/storage/sqlite/sqlite_store.hpp>
#include <signing/ceremony/repository_plan.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/log/log_files.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/terminal/system_clock.hpp>
#include <testing/matchers.hpp>
#include <testing/no_log.hpp>
#include <testing/temporary_directory.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const SetupPlan plan{folder_, TenantId::parse("an-phat").value(), "http://127.0.0.1:0", "127.0.0.1:0"};
    token_ = set_up({files_, clock_, random_}, plan).value().token;
  }

  Result<std::unique_ptr<Service>> start() {
    return Service::start({files_, clock_, random_, log_, {}}, {folder_, {}});
  }

  Result<HttpResponse> get(const std::string& url) {
    CurlHttpClient http;
    return http.send({"GET", url, {{"Authorization", "Bearer " + token_}}, {}});
  }

  kip::testing::TemporaryDirectory directory_;
  std::filesystem::path folder_ = directory_.path() / "kip";
  PosixFileSystem files_;
  SystemClock clock_;
  SystemRandom random_;
  kip::testing::NoLog log_;
  std::string token_;
};

TEST_F(ServiceTest, ServesWithWhatSetupMadeAndAgainAfterARestart) {
  for (int i = 0; i < 2; ++i) {
    const auto service = start().value();
    const auto health = get(service->address() + "/healthz");
    ASSERT_THAT(health, is_ok());
    EXPECT_EQ(health->status, 200);
    const auto events = get(service->address() + "/v1/tenants/an-phat/events");
    ASSERT_THAT(events, is_ok());
    EXPECT_EQ(events->status, 200);
  }
}

TEST_F(ServiceTest, TablesOfAnotherFormAreMadeAnewAndThoseOfThisFormAreNot) {
  const TenantId tenant = TenantId::parse("an-phat").value();
  const Act stray{.key = ActKey::create("BTC", "1/2025", 2025).value(),
                  .signed_on = parse_date("2025-10-27").value(),
                  .changes = {ActChange::tax_form}};
  for (const bool is_made_anew : {true, false}) {
    {
      const auto store = SqliteStore::open(folder_ / "kip.db").value();
      const auto unit = store->begin(tenant, Access::write).value();
      EXPECT_EQ(unit->projection_form().value() != kProjectionForm, is_made_anew);
      ASSERT_THAT(unit->projection().acts.put(stray), is_ok());
      ASSERT_THAT(unit->commit(), is_ok());
    }
    ASSERT_THAT(start(), is_ok());
    const auto store = SqliteStore::open(folder_ / "kip.db").value();
    const auto unit = store->begin(tenant, Access::read).value();
    EXPECT_EQ(unit->projection_form().value(), kProjectionForm);
    EXPECT_EQ(unit->projection().acts.all().value().empty(), is_made_anew) << "no event tells of it";
    EXPECT_EQ(unit->projection().tokens.all().value().size(), 1U);
  }
}

TEST_F(ServiceTest, WhatIsRecordedIsPublishedInTheLogs) {
  const auto size = [&] {
    const auto note = tlog::read_checkpoint_note(tlog::files_below(files_, folder_ / "logs/r/public")).value();
    return tlog::Checkpoint::parse(note.text).value().head.size;
  };
  ASSERT_THAT(start(), is_ok());
  EXPECT_EQ(size(), 2U) << "the person and the token that setup made; a server that stops publishes what is left";
  {
    const ServerFolder opened = open_server_folder(files_, folder_).value();
    const Recorder recorder(opened.settings.tenant, "http://x", opened.keys.entry, clock_, random_);
    ASSERT_THAT(StaffAccess(*opened.store, recorder).provide_token("server", "binh", every_role()), is_ok());
  }
  const auto service = start().value();
  const auto checkpoint = get(service->address() + "/t/an-phat/log/o/checkpoint");
  ASSERT_THAT(checkpoint, is_ok());
  EXPECT_EQ(checkpoint->status, 200);
}

TEST_F(ServiceTest, OfficersAreToldOfTheLogsOnceTheyHaveAName) {
  const auto offered = [&] {
    return parse_online_keys(read_file(files_, folder_ / "online-keys.json", 1 << 16).value()).value().logs;
  };
  EXPECT_TRUE(offered().empty()) << "the port is not known yet";
  ASSERT_THAT(start(), is_ok());
  const auto logs = offered();
  ASSERT_EQ(logs.size(), 2U);
  const auto note = tlog::read_checkpoint_note(tlog::files_below(files_, folder_ / "logs/o/public")).value();
  EXPECT_THAT(tlog::open_checkpoint(note, logs[0].checkpoint_keys[0], logs[0].origin()), is_ok());
}

TEST_F(ServiceTest, AServerDoesNotStartWithoutItsLogs) {
  ASSERT_THAT(start(), is_ok());
  ASSERT_THAT(files_.remove_tree(folder_ / "logs"), is_ok());
  EXPECT_THAT(start(), fails_with(ErrorCode::not_found, "kip-server log restart"));
}

TEST_F(ServiceTest, OneCheckpointKeyFollowsAnotherAndBothSignMeanwhile) {
  ASSERT_THAT(start(), is_ok());
  const auto offered = [&] {
    const auto logs = parse_online_keys(read_file(files_, folder_ / "online-keys.json", 1 << 16).value()).value().logs;
    return logs.at(0).checkpoint_keys;
  };
  const auto signed_by = [&](const tlog::NoteKey& key) {
    const auto note = tlog::read_checkpoint_note(tlog::files_below(files_, folder_ / "logs/o/public")).value();
    return tlog::open_checkpoint(note, key, key.name()).has_value();
  };
  const tlog::NoteKey old = offered().at(0);
  {
    const auto service = start().value();
    EXPECT_THAT(change_log_keys(files_, folder_, LogKeyChange::follow), fails_with(ErrorCode::busy, "stop the server"));
  }
  EXPECT_THAT(change_log_keys(files_, folder_, LogKeyChange::drop), fails_with(ErrorCode::not_found));
  ASSERT_THAT(change_log_keys(files_, folder_, LogKeyChange::follow), is_ok());
  EXPECT_THAT(change_log_keys(files_, folder_, LogKeyChange::follow), fails_with(ErrorCode::conflict, "drop-key"));
  ASSERT_EQ(offered().size(), 2U);
  const tlog::NoteKey fresh = offered().at(0);
  EXPECT_EQ(offered().at(1).text(), old.text());
  ASSERT_THAT(start(), is_ok());
  EXPECT_TRUE(signed_by(old));
  EXPECT_TRUE(signed_by(fresh));
  ASSERT_THAT(change_log_keys(files_, folder_, LogKeyChange::drop), is_ok());
  EXPECT_EQ(offered().size(), 1U);
  ASSERT_THAT(start(), is_ok());
  EXPECT_FALSE(signed_by(old));
  EXPECT_TRUE(signed_by(fresh));
  EXPECT_EQ(files_.status(folder_ / "keys/checkpoint.pem")->mode, 0600U);
}

TEST_F(ServiceTest, KeysThatChangeBeforeTheFirstStartLeaveTheLogsOffered) {
  const auto folder = directory_.path() / "named";
  const SetupPlan plan{folder, TenantId::parse("an-phat").value(), "https://updates.example.vn", "127.0.0.1:0"};
  ASSERT_THAT(set_up({files_, clock_, random_}, plan), is_ok());
  const auto offered = [&] {
    return parse_online_keys(read_file(files_, folder / "online-keys.json", 1 << 16).value()).value().logs;
  };
  ASSERT_EQ(offered().size(), 2U);
  EXPECT_EQ(offered().at(0).origin(), "updates.example.vn/t/an-phat/log/o");
  ASSERT_THAT(change_log_keys(files_, folder, LogKeyChange::follow), is_ok());
  ASSERT_EQ(offered().size(), 2U);
  EXPECT_EQ(offered().at(0).checkpoint_keys.size(), 2U);
  ASSERT_THAT(replace_online_keys(files_, folder), is_ok());
  EXPECT_EQ(offered().size(), 2U);
}

TEST_F(ServiceTest, AChangeOfKeysThatWasCutOffIsFinishedByTheNextStart) {
  ASSERT_THAT(files_.rename(folder_ / "keys/checkpoint.pem", folder_ / "keys/checkpoint-earlier.pem"), is_ok());
  ASSERT_THAT(start(), is_ok());
  EXPECT_TRUE(path_exists(files_, folder_ / "keys/checkpoint.pem").value());
}

TEST_F(ServiceTest, AFolderFromBeforeTheLogsGetsAKeyForThem) {
  ASSERT_THAT(files_.remove(folder_ / "keys/checkpoint.pem"), is_ok());
  ASSERT_THAT(start(), is_ok());
  EXPECT_EQ(files_.status(folder_ / "keys/checkpoint.pem")->mode, 0600U);
}

TEST_F(ServiceTest, OneServerRunsOnAFolder) {
  const auto service = start().value();
  EXPECT_THAT(start(), fails_with(ErrorCode::busy));
}

TEST_F(ServiceTest, AFolderWithoutCalendarsIsRefused) {
  for (const std::string& name : files_.list_directory(folder_ / "calendars").value())
    ASSERT_THAT(files_.remove(folder_ / "calendars" / name), is_ok());
  EXPECT_THAT(start(), fails_with(ErrorCode::not_found, "calendar"));
}

TEST_F(ServiceTest, AMissingDatabaseIsNotBegunAnew) {
  ASSERT_THAT(files_.remove(folder_ / "kip.db"), is_ok());
  EXPECT_THAT(start(), fails_with(ErrorCode::not_found, "restore it"));
  EXPECT_FALSE(path_exists(files_, folder_ / "kip.db").value());
}

TEST_F(ServiceTest, NewOnlineKeysTakeThePlaceOfTheOldOnes) {
  const ServerFolder before = open_server_folder(files_, folder_).value();
  {
    const auto service = start().value();
    EXPECT_THAT(replace_online_keys(files_, folder_), fails_with(ErrorCode::busy, "stop the server"));
  }
  ASSERT_THAT(replace_online_keys(files_, folder_), is_ok());
  const ServerFolder after = open_server_folder(files_, folder_).value();
  EXPECT_NE(after.keys.roles.timestamp.key_id, before.keys.roles.timestamp.key_id);
  EXPECT_NE(after.keys.roles.snapshot.key_id, before.keys.roles.snapshot.key_id);
  EXPECT_NE(after.keys.roles.rollouts.key_id, before.keys.roles.rollouts.key_id);
  EXPECT_EQ(after.keys.entry.key_id, before.keys.entry.key_id) << "events stay verifiable";
  const OnlineKeys published =
      parse_online_keys(read_file(files_, folder_ / "online-keys.json", 1 << 16).value()).value();
  EXPECT_EQ(published.snapshot.id(), after.keys.roles.snapshot.key_id);
  EXPECT_EQ(files_.status(folder_ / "keys" / "snapshot.pem")->mode, 0600U);
  EXPECT_FALSE(path_exists(files_, folder_ / "keys" / "new").value());
}

TEST_F(ServiceTest, SeveralVendorsAreServedByOneProcessAndSeeNothingOfEachOther) {
  const std::filesystem::path other = directory_.path() / "other";
  const SetupPlan plan{other, TenantId::parse("binh-minh").value(), "http://127.0.0.1:0", "127.0.0.1:0"};
  const std::string other_token = set_up({files_, clock_, random_}, plan).value().token;
  const auto service = Service::start({files_, clock_, random_, log_, {}}, {folder_, {}, {other}}).value();
  CurlHttpClient http;
  const auto status = [&](const std::string& path, const std::string& token) {
    return http.send({"GET", service->address() + path, {{"Authorization", "Bearer " + token}}, {}}).value().status;
  };
  for (const std::string page : {"/v1/tenants/an-phat/events", "/t/an-phat/status", "/status"}) {
    EXPECT_EQ(status(page, token_), 200) << page;
    EXPECT_EQ(status(page, other_token), 401) << page;
  }
  for (const std::string page : {"/v1/tenants/binh-minh/events", "/t/binh-minh/status"}) {
    EXPECT_EQ(status(page, other_token), 200) << page;
    EXPECT_EQ(status(page, token_), 401) << page;
  }
  EXPECT_EQ(status("/v1/tenants/nobody/events", token_), 404);
  EXPECT_EQ(status("/t/binh-minh/log/o/checkpoint", ""), 200);
  EXPECT_NE(parse_online_keys(read_file(files_, folder_ / "online-keys.json", 1 << 16).value()).value().snapshot.id(),
            parse_online_keys(read_file(files_, other / "online-keys.json", 1 << 16).value()).value().snapshot.id());
}

TEST_F(ServiceTest, VendorsWithOneNameOrOfDifferentAddressesAreNotServedTogether) {
  const auto add = [&](const char* name, const char* tenant, const char* listen) {
    const std::filesystem::path path = directory_.path() / name;
    const SetupPlan plan{path, TenantId::parse(tenant).value(), "http://127.0.0.1:0", listen};
    EXPECT_THAT(set_up({files_, clock_, random_}, plan), is_ok());
    return path;
  };
  const auto twin = add("twin", "an-phat", "127.0.0.1:0");
  const auto elsewhere = add("elsewhere", "binh-minh", "127.0.0.2:0");
  EXPECT_THAT(Service::start({files_, clock_, random_, log_, {}}, {folder_, {}, {twin}}),
              fails_with(ErrorCode::conflict, "an-phat"));
  EXPECT_THAT(Service::start({files_, clock_, random_, log_, {}}, {folder_, {}, {elsewhere}}),
              fails_with(ErrorCode::usage, "--listen"));
}

}  // namespace
}  // namespace kip::server
