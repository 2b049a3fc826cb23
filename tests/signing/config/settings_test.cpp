#include <array>

#include <gtest/gtest.h>

#include <signing/config/settings.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

constexpr std::array<Setting, 5> kTable = {{
    {.name = "server.listen", .help = "Where to listen.", .min = 1, .max = 20},
    {.name = "server.threads",
     .type = SettingType::integer,
     .presence = Presence::defaulted,
     .fallback = "32",
     .help = "How many.",
     .min = 1,
     .max = 64},
    {.name = "server.quiet", .type = SettingType::boolean, .presence = Presence::defaulted, .fallback = "false"},
    {.name = "keys.folder", .type = SettingType::path, .presence = Presence::defaulted, .fallback = "keys"},
    {.name = "keys.passphrase_file", .type = SettingType::path, .presence = Presence::optional},
}};

Result<Settings> parse(std::string_view text) {
  return Settings::parse(text, "/etc/kip/server.toml", kTable);
}

TEST(Settings, GivenValuesAndFallbacksAreTyped) {
  const auto settings = parse("[server]\nlisten = \"localhost:1\"\nquiet = true\n[keys]\nfolder = \"/k\"\n");
  ASSERT_THAT(settings, is_ok());
  EXPECT_EQ(settings->text("server.listen"), "localhost:1");
  EXPECT_EQ(settings->integer("server.threads"), 32);
  EXPECT_TRUE(settings->boolean("server.quiet"));
  EXPECT_EQ(settings->path("keys.folder"), "/k");
  EXPECT_FALSE(settings->has("keys.passphrase_file"));
}

TEST(Settings, RelativePathsCountFromTheFile) {
  const auto settings = parse("server.listen = \"x\"\nkeys.passphrase_file = \"p\"\n");
  ASSERT_THAT(settings, is_ok());
  EXPECT_EQ(settings->path("keys.folder"), "/etc/kip/keys");
  EXPECT_EQ(settings->path("keys.passphrase_file"), "/etc/kip/p");
}

constexpr std::array<Setting, 2> kPeer = {{{.name = "peer.name", .help = "Its name.", .min = 1, .max = 20},
                                           {.name = "peer.port",
                                            .type = SettingType::integer,
                                            .presence = Presence::defaulted,
                                            .fallback = "80",
                                            .help = "Where."}}};
constexpr std::array<SettingList, 1> kLists = {{{"peer", kPeer}}};

TEST(Settings, AListHasAnyNumberOfGroups) {
  const auto read = [](std::string_view text) { return Settings::parse(text, "f.toml", kTable, kLists); };
  EXPECT_TRUE(read("server.listen = \"x\"\n")->list("peer").empty());
  const auto settings = read("server.listen = \"x\"\n[[peer]]\nname = \"b\"\n[[peer]]\nname = \"a\"\nport = 1\n");
  ASSERT_THAT(settings, is_ok());
  ASSERT_EQ(settings->list("peer").size(), 2U);
  EXPECT_EQ(settings->list("peer")[0].text("peer.name"), "b");
  EXPECT_EQ(settings->list("peer")[0].integer("peer.port"), 80);
  EXPECT_EQ(settings->list("peer")[1].integer("peer.port"), 1);
  EXPECT_THAT(read("server.listen = \"x\"\n[[peer]]\nport = 1\n"),
              fails_with(ErrorCode::malformed, "f.toml:2: the setting peer.name is missing: Its name."));
  EXPECT_THAT(read("[[peer]]\nnam = 1\n"), fails_with(ErrorCode::malformed, "f.toml:2: unknown setting peer.nam"));
  EXPECT_THAT(read("[peer]\nname = \"a\"\n"), fails_with(ErrorCode::malformed, "must be written as [[peer]]"));
  EXPECT_THAT(parse("[[peer]]\nname = \"a\"\n"), fails_with(ErrorCode::malformed, "unknown setting peer"));
}

struct BadCase {
  const char* name;
  const char* text;
  const char* message;
};

class SettingsRefuse : public ::testing::TestWithParam<BadCase> {};

TEST_P(SettingsRefuse, WithFileAndLine) {
  EXPECT_THAT(parse(GetParam().text), fails_with(ErrorCode::malformed, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, SettingsRefuse,
    ::testing::Values(
        BadCase{"unknown_key", "[server]\nlisten = \"x\"\nport = 1\n", "server.toml:3: unknown setting server.port"},
        BadCase{"unknown_table", "[server]\nlisten = \"x\"\n[sever]\na = 1\n", "server.toml:3: unknown setting sever"},
        BadCase{"group_is_no_table", "server = 1\n", "server.toml:1: unknown setting server"},
        BadCase{"wrong_type", "[server]\nlisten = 8080\n", "server.toml:2: server.listen must be text in quotes"},
        BadCase{"text_for_integer", "[server]\nlisten = \"x\"\nthreads = \"8\"\n",
                "server.toml:3: server.threads must be an integer"},
        BadCase{"float_for_integer", "[server]\nlisten = \"x\"\nthreads = 8.0\n", "must be an integer"},
        BadCase{"integer_for_boolean", "[server]\nlisten = \"x\"\nquiet = 1\n", "must be true or false"},
        BadCase{"below", "[server]\nlisten = \"x\"\nthreads = 0\n", "server.threads is 0, allowed are 1 to 64"},
        BadCase{"empty_text", "[server]\nlisten = \"\"\n", "server.listen is 0 bytes"},
        BadCase{"missing", "[keys]\n", "the setting server.listen is missing: Where to listen."},
        BadCase{"no_toml", "[server]\nlisten = \n", "server.toml:2"},
        BadCase{"twice", "[server]\nlisten = \"x\"\nlisten = \"y\"\n", "server.toml:3"},
        BadCase{"zero_byte", "[server]\nlisten = \"a\\u0000b\"\n", "holds a zero byte"}),
    [](const auto& row) { return row.param.name; });

TEST(Settings, TheSampleHoldsGivenValuesAndReadsBack) {
  const std::string sample = sample_toml(kTable, {{"server.listen", "a \"b\" \\ \n"}});
  EXPECT_NE(sample.find("# How many.\n# threads = 32\n"), std::string::npos) << sample;
  const auto settings = parse(sample);
  ASSERT_THAT(settings, is_ok());
  EXPECT_EQ(settings->text("server.listen"), "a \"b\" \\ \n");
}

}  // namespace
}  // namespace kip
