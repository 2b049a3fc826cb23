#include <array>

#include <fmt/format.h>

#include <client-updater/app/updater_settings.hpp>
#include <manifests/core/unicode.hpp>

namespace kip::updater {
namespace {

constexpr SettingType kText = SettingType::text;
constexpr SettingType kInteger = SettingType::integer;
constexpr SettingType kPath = SettingType::path;
constexpr Presence kOptional = Presence::optional;
constexpr Presence kDefaulted = Presence::defaulted;

constexpr std::array<Setting, 12> kTable = {{
    {"network.proxy", kText, kOptional, {}, "As http://proxy.example.vn:3128; else that of the environment.", 1, 1000},
    {"network.proxy_credentials", kPath, kOptional, {}, "File (0600) with USER:PASSWORD for the proxy.", 1, 4096},
    {"network.ca_file", kPath, kOptional, {}, "PEM certificates to trust instead of the system's.", 1, 4096},
    {"network.max_kilobytes_per_second", kInteger, kDefaulted, "0", "How fast downloads may be; 0: as they go.", 0,
     10'000'000},
    {"network.user", kText, kDefaulted, "",
     "Account of the process for the network where the updater is root; else kip-network, or nobody.", 0, 64},
    {"network.quiet_hours", kText, kDefaulted, "", "When run asks nothing of the network: \"mon-fri 07:30-17:30\".", 0,
     1000},
    {"schedule.windows", kText, kDefaulted, "", "When run may install: \"mon-fri 19:00-06:00, sat-sun 00:00-24:00\".",
     0, 1000},
    {"schedule.filing_days", kText, kDefaulted, "", "Days of the month on which run installs nothing: \"18-20, 30\".",
     0, 1000},
    {"schedule.check_every_minutes", kInteger, kDefaulted, "240", "How often run asks, a fifth more or less.", 1,
     10'080},
    {"updater.self_update", SettingType::boolean, kDefaulted, "false",
     "Whether run brings the updater itself up to date, by what the vendor's officers sign.", 0, 0},
    {"support.automatic", SettingType::boolean, kDefaulted, "true",
     "Whether an update that fails asks the vendor for help by itself.", 0, 0},
    {"people.language", kText, kDefaulted, "", "Of release notes: vi, en; else that of the environment.", 0, 35},
}};

constexpr std::uint64_t kMaxFile = 64U << 10U;
constexpr std::uint64_t kMaxCredentials = 1024;
constexpr std::int64_t kKilobyte = 1000;

Result<SecretBytes> read_credentials(FileSystem& files, const std::filesystem::path& path) {
  KIP_TRY_VOID(expect_private(files, path));
  KIP_TRY(Bytes text, read_file(files, path, kMaxCredentials));
  Bytes trimmed(trim(text));
  SecretBytes::wipe(text);
  if (trimmed.find(':') == Bytes::npos || trimmed.find_first_of(std::string_view("\r\n\0", 3)) != Bytes::npos) {
    return fail(ErrorCode::malformed, fmt::format("{} must hold one line, USER:PASSWORD", path.string()));
  }
  return SecretBytes(std::move(trimmed));
}

}  // namespace

std::span<const Setting> updater_setting_table() {
  return kTable;
}

Result<UpdaterSettings> read_updater_settings(FileSystem& files, const std::filesystem::path& file) {
  auto text = read_file(files, file, kMaxFile, Links::follow);
  if (!text && text.error().code != ErrorCode::not_found) return Unexpected(std::move(text).error());
  KIP_TRY(const Settings in, Settings::parse(text ? *text : Bytes(), file, kTable));
  const auto here = [&](std::string_view name, const Error& error) {
    return fail_while(fmt::format("{}: {}", file.string(), name), error);
  };
  UpdaterSettings out;
  if (in.has("network.proxy")) out.network.proxy = in.text("network.proxy");
  if (in.has("network.ca_file")) out.network.ca_file = in.path("network.ca_file").string();
  if (in.has("network.proxy_credentials")) {
    KIP_TRY(out.network.proxy_credentials, read_credentials(files, in.path("network.proxy_credentials")));
  }
  out.network.max_octets_per_second = in.integer("network.max_kilobytes_per_second") * kKilobyte;
  out.network_user = in.text("network.user");
  auto quiet = WeeklyTimes::parse(in.text("network.quiet_hours"));
  if (!quiet) return here("network.quiet_hours", quiet.error());
  auto windows = WeeklyTimes::parse(in.text("schedule.windows"));
  if (!windows) return here("schedule.windows", windows.error());
  const auto filing = MonthDays::parse(in.text("schedule.filing_days"));
  if (!filing) return here("schedule.filing_days", filing.error());
  out.schedule = {*std::move(windows), *std::move(quiet), *filing};
  out.check_every = std::chrono::minutes(in.integer("schedule.check_every_minutes"));
  out.self_update = in.boolean("updater.self_update");
  out.automatic_support = in.boolean("support.automatic");
  out.language = in.text("people.language");
  return out;
}

Result<UpdaterSettings> read_updater_settings(FileSystem& files, const Arguments& arguments, const Layout& layout) {
  return read_updater_settings(files, arguments.settings.empty() ? layout.settings() : arguments.settings);
}

}  // namespace kip::updater
