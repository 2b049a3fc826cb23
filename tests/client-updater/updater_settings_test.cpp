#include <gtest/gtest.h>

#include <client-updater/app/updater_settings.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/matchers.hpp>

namespace kip::updater {
namespace {

using testing::fails_with;
using testing::is_ok;

class UpdaterSettingsTest : public ::testing::Test {
 protected:
  Result<UpdaterSettings> read(std::string_view text) {
    KIP_TRY_VOID(replace_file(files, "/kip-updater.toml", text, 0644));
    return read_updater_settings(files, "/kip-updater.toml");
  }
  MemoryFileSystem files;
};

TEST_F(UpdaterSettingsTest, NeedNoFile) {
  const auto settings = read_updater_settings(files, "/none.toml");
  ASSERT_THAT(settings, is_ok());
  EXPECT_EQ(settings->check_every, std::chrono::hours(4));
  EXPECT_TRUE(settings->schedule.windows.empty());
  EXPECT_TRUE(settings->automatic_support);
  EXPECT_FALSE(read("[support]\nautomatic = false\n")->automatic_support);
  EXPECT_EQ(settings->network.max_octets_per_second, 0);
}

TEST_F(UpdaterSettingsTest, TakeAProxyWithItsCredentials) {
  ASSERT_THAT(replace_file(files, "/proxy", "user:word\n", 0600), is_ok());
  const auto settings = read(R"([network]
proxy = "http://proxy.test:3128"
proxy_credentials = "proxy"
ca_file = "/etc/ca.pem"
max_kilobytes_per_second = 200
)");
  ASSERT_THAT(settings, is_ok());
  EXPECT_EQ(settings->network.proxy, "http://proxy.test:3128");
  EXPECT_EQ(settings->network.proxy_credentials.reveal(), "user:word");
  EXPECT_EQ(settings->network.ca_file, "/etc/ca.pem");
  EXPECT_EQ(settings->network.max_octets_per_second, 200'000);
}

TEST_F(UpdaterSettingsTest, KeepCredentialsToThemselves) {
  const std::string_view text = "[network]\nproxy_credentials = \"/proxy\"\n";
  ASSERT_THAT(replace_file(files, "/proxy", "user:word", 0640), is_ok());
  EXPECT_THAT(read(text), fails_with(ErrorCode::denied, "chmod 600"));
  ASSERT_THAT(replace_file(files, "/proxy", "user\nword", 0600), is_ok());
  EXPECT_THAT(read(text), fails_with(ErrorCode::malformed, "USER:PASSWORD"));
}

TEST_F(UpdaterSettingsTest, NameTheSettingThatIsWrong) {
  EXPECT_THAT(read("[schedule]\nwindows = \"always\"\n"), fails_with(ErrorCode::malformed, "schedule.windows"));
  EXPECT_THAT(read("[schedule]\nfiling_days = \"20-18\"\n"), fails_with(ErrorCode::malformed, "filing_days"));
  EXPECT_THAT(read("[network]\nquiet_hours = \"x\"\n"), fails_with(ErrorCode::malformed, "quiet_hours"));
  EXPECT_THAT(read("[network]\nporxy = \"x\"\n"), fails_with(ErrorCode::malformed, "porxy"));
}

}  // namespace
}  // namespace kip::updater
