#include <array>
#include <charconv>

#include <fmt/format.h>

#include <server/app/server_settings.hpp>

namespace kip::server {
namespace {

constexpr SettingType kText = SettingType::text;
constexpr SettingType kInteger = SettingType::integer;
constexpr SettingType kPath = SettingType::path;
constexpr Presence kRequired = Presence::required;
constexpr Presence kOptional = Presence::optional;
constexpr Presence kDefaulted = Presence::defaulted;

constexpr std::array<Setting, 18> kTable = {{
    {"server.tenant", kText, kRequired, {}, "The vendor's short name: a-z, 0-9 and hyphens. In every path.", 1, 63},
    {"server.url", kText, kRequired, {}, "Where installs reach this server; it stands in enrolment codes.", 8, 1000},
    {"server.listen", kText, kDefaulted, "127.0.0.1:8080", "Address and port; port 0 lets the system choose.", 3, 300},
    {"server.threads", kInteger, kDefaulted, "32", "Requests served at once.", 1, 1024},
    {"server.queue", kInteger, kDefaulted, "256", "Connections that wait for a thread; more get 503.", 1, 65536},
    {"server.requests_per_connection", kInteger, kDefaulted, "1", "More than 1 only behind a proxy such as nginx.", 1,
     1000},
    {"server.timeout_seconds", kInteger, kDefaulted, "5", "For each read from and write to a client.", 1, 300},
    {"storage.database", kPath, kDefaulted, "kip.db", "The SQLite file.", 1, 4096},
    {"storage.repository", kPath, kDefaulted, "repository",
     "Folder of what is published, a folder per tenant; any web server could serve it as /t/.", 1, 4096},
    {"storage.logs", kPath, kDefaulted, "logs",
     "Folder of the transparency logs. Never put a backup of it back in the place of a newer one.", 1, 4096},
    {"storage.max_target_mb", kInteger, kDefaulted, "1024", "Largest target that is taken in.", 1, 1 << 20},
    {"calendars.folder", kPath, kDefaulted, "calendars",
     "Folder of kip.calendar/1 files, one per country, and of their amendments.", 1, 4096},
    {"keys.folder", kPath, kDefaulted, "keys", "Folder of the online keys.", 1, 4096},
    {"keys.passphrase_file", kPath, kOptional, {}, "Opens encrypted keys, e.g. a systemd credential.", 1, 4096},
    {"enrolment.code_days", kInteger, kDefaulted, "90", "How long an enrolment code is good.", 1, 3650},
    {"publishing.timestamp_days", kInteger, kDefaulted, "14",
     "Life of the timestamp: the longest that a stop can be hidden from an install.", 1, 365},
    {"publishing.snapshot_days", kInteger, kDefaulted, "30", "Life of the snapshot.", 1, 365},
    {"publishing.rollouts_days", kInteger, kDefaulted, "30", "Life of the rollouts role.", 1, 365},
}};

std::chrono::hours days(std::int64_t count) {
  return std::chrono::days(count);
}

}  // namespace

std::span<const Setting> server_setting_table() {
  return kTable;
}

Result<ListenAddress> parse_listen(std::string_view text) {
  const auto wrong = [&] {
    return fail(
        ErrorCode::usage,
        fmt::format("\"{}\" is not an address to listen on; write one like 127.0.0.1:8080 or [::1]:8080", text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || bracketed != (host.find(':') != std::string_view::npos)) return wrong();
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  constexpr int kMaxPort = 65535;
  if (port.empty() || error != std::errc() || end != port.data() + port.size() || number < 0 || number > kMaxPort) {
    return wrong();
  }
  return ListenAddress{std::string(host), number};
}

Result<std::string> parse_public_url(std::string_view text) {
  const std::string_view scheme = text.starts_with("https://")  ? "https://"
                                  : text.starts_with("http://") ? "http://"
                                                                : "";
  while (text.ends_with('/'))
    text.remove_suffix(1);
  if (!scheme.empty() && text.size() > scheme.size() && text.find_first_of(" \t\r\n\"<>?#") == std::string_view::npos) {
    return std::string(text);
  }
  return fail(ErrorCode::usage, fmt::format("\"{}\" is not a URL; write one like https://updates.example.vn", text));
}

Result<ServerSettings> read_server_settings(BytesView text, const std::filesystem::path& file) {
  KIP_TRY(const Settings in, Settings::parse(text, file, kTable, {&tsp::authority_setting_list(), 1}));
  const auto here = [&](std::string_view name, const Error& error) {
    return fail(error.code, fmt::format("{}: {}: {}", file.string(), name, error.message));
  };
  auto tenant = TenantId::parse(in.text("server.tenant"));
  if (!tenant) return here("server.tenant", tenant.error());
  auto url = parse_public_url(in.text("server.url"));
  if (!url) return here("server.url", url.error());
  auto listen = parse_listen(in.text("server.listen"));
  if (!listen) return here("server.listen", listen.error());
  const auto max_target = static_cast<std::uint64_t>(in.integer("storage.max_target_mb")) << 20U;
  ServerSettings out{
      .tenant = *std::move(tenant),
      .url = *std::move(url),
      .listen = *std::move(listen),
      .http = {},
      .database = in.path("storage.database"),
      .repository = in.path("storage.repository"),
      .logs = in.path("storage.logs"),
      .calendars = in.path("calendars.folder"),
      .keys = in.path("keys.folder"),
      .passphrase_file = {},
      .max_target_bytes = max_target,
      .code_life = days(in.integer("enrolment.code_days")),
      .lifetimes = {days(in.integer("publishing.timestamp_days")), days(in.integer("publishing.snapshot_days")),
                    days(in.integer("publishing.rollouts_days"))},
      .authorities = {}};
  auto authorities = tsp::read_authorities(in, tsp::Asked::yes);
  if (!authorities) return fail_while(file.string(), authorities.error());
  out.authorities = *std::move(authorities);
  if (in.has("keys.passphrase_file")) out.passphrase_file = in.path("keys.passphrase_file");
  out.http.threads = static_cast<std::size_t>(in.integer("server.threads"));
  out.http.queue = static_cast<std::size_t>(in.integer("server.queue"));
  out.http.requests_per_connection = static_cast<std::size_t>(in.integer("server.requests_per_connection"));
  out.http.timeout = std::chrono::seconds(in.integer("server.timeout_seconds"));
  out.http.max_body_bytes = std::max(max_target, kMaxLargeBody);
  return out;
}

}  // namespace kip::server
