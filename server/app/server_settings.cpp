#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <server/app/server_settings.hpp>
#include <server/http/router.hpp>
#include <signing/fetch/loopback_host.hpp>

namespace kip::server {
namespace {

constexpr SettingType kText = SettingType::text;
constexpr SettingType kInteger = SettingType::integer;
constexpr SettingType kBoolean = SettingType::boolean;
constexpr SettingType kPath = SettingType::path;
constexpr Presence kRequired = Presence::required;
constexpr Presence kOptional = Presence::optional;
constexpr Presence kDefaulted = Presence::defaulted;

constexpr std::array<Setting, 56> kTable = {{
    {"server.tenant", kText, kRequired, {}, "The vendor's short name: a-z, 0-9 and hyphens. In every path.", 1, 63},
    {"server.url", kText, kRequired, {}, "Where installs reach this server; it stands in enrolment codes.", 0, 1000},
    {"server.listen", kText, kDefaulted, "127.0.0.1:8080", "Address and port; port 0 lets the system choose.", 3, 300},
    {"server.threads", kInteger, kDefaulted, "32", "Requests served at once.", 1, 1024},
    {"server.queue", kInteger, kDefaulted, "256", "Requests that wait for a thread; more get 503.", 1, 65536},
    {"server.requests_per_connection", kInteger, kDefaulted, "1", "More than 1 only behind a proxy such as nginx.", 1,
     1000},
    {"server.behind_proxy", kBoolean, kDefaulted, "false",
     "A proxy on this machine says who asks (X-Forwarded-For); its word is believed.", 0, 1},
    {"server.timeout_seconds", kInteger, kDefaulted, "5", "For each read from and write to a client.", 1, 300},
    {"server.log_requests", kBoolean, kDefaulted, "true",
     "A line in the log for each request; failures of the server itself are logged in any case.", 0, 1},
    {"limits.install_per_minute", kInteger, kDefaulted, "600", "Requests of one install; 0: any number.", 0, 1000000},
    {"limits.person_per_minute", kInteger, kDefaulted, "3000", "Requests of one member of staff.", 0, 1000000},
    {"limits.address_per_minute", kInteger, kDefaulted, "3000",
     "Requests from one address that need no proof or have a wrong one: enrolments, signing in.", 0, 1000000},
    {"limits.reads_per_minute", kInteger, kDefaulted, "120000", "Files of the repository and the logs, to one address.",
     0, 10000000},
    {"storage.database", kPath, kDefaulted, "kip.db", "The SQLite file, where there is no postgresql.host.", 1, 4096},
    {"storage.repository", kPath, kDefaulted, "repository",
     "Folder of what is published, a folder per tenant; any web server could serve it as /t/.", 1, 4096},
    {"storage.logs", kPath, kDefaulted, "logs",
     "Folder of the transparency logs. Never put a backup of it back in the place of a newer one.", 1, 4096},
    {"storage.max_target_mb", kInteger, kDefaulted, "1024", "Largest target that is taken in.", 1, 1 << 20},
    {"postgresql.host",
     kText,
     kOptional,
     {},
     "Machine, or folder of the socket, of a PostgreSQL server that has the database, instead of a file.",
     1,
     253},
    {"postgresql.port", kInteger, kDefaulted, "5432", "Its port.", 1, 65535},
    {"postgresql.database", kText, kDefaulted, "kip", "A database of this server's own there.", 1, 63},
    {"postgresql.user", kText, kDefaulted, "kip", "Its owner.", 1, 63},
    {"postgresql.password_file",
     kPath,
     kOptional,
     {},
     "Holds the password in its first line, e.g. a systemd credential.",
     1,
     4096},
    {"postgresql.tls",
     kText,
     kOptional,
     {},
     "verify-full or none; none only for this machine. Without it: what fits the host.",
     4,
     16},
    {"postgresql.ca_file", kPath, kDefaulted, "/etc/ssl/certs/ca-certificates.crt", "PEM certificates to trust.", 1,
     4096},
    {"postgresql.connections", kInteger, kDefaulted, "16", "To the database at once, at most.", 1, 1000},
    {"calendars.folder", kPath, kDefaulted, "calendars",
     "Folder of kip.calendar/1 files, one per country, and of their amendments.", 1, 4096},
    {"keys.folder", kPath, kDefaulted, "keys", "Folder of the online keys.", 1, 4096},
    {"keys.passphrase_file", kPath, kOptional, {}, "Opens encrypted keys, e.g. a systemd credential.", 1, 4096},
    {"staff.session_hours", kInteger, kDefaulted, "12", "How long a password is good for one sign-in.", 1, 168},
    {"enrolment.code_days", kInteger, kDefaulted, "90", "How long an enrolment code is good.", 1, 3650},
    {"publishing.timestamp_days", kInteger, kDefaulted, "14",
     "Life of the timestamp: the longest that a stop can be hidden from an install.", 1, 365},
    {"publishing.snapshot_days", kInteger, kDefaulted, "30", "Life of the snapshot.", 1, 365},
    {"publishing.rollouts_days", kInteger, kDefaulted, "30", "Life of the rollouts role.", 1, 365},
    {"rollouts.pause_percent", kInteger, kDefaulted, "5",
     "A rollout pauses by itself where this share of the installs that something came of failed or is stuck.", 1, 100},
    {"rollouts.pause_minimum", kInteger, kDefaulted, "20", "Installs that something has to have come of before that.",
     1, 1'000'000},
    {"rollouts.fetching_hours", kInteger, kDefaulted, "48",
     "Hours after which an install that has the package and does not put it in use counts as stuck.", 1, 8760},
    {"rollouts.applying_hours", kInteger, kDefaulted, "4",
     "Hours after which one that has begun to put it in use counts as stuck.", 1, 8760},
    {"mail.host",
     kText,
     kOptional,
     {},
     "Mail server that takes notices to customers; without it none are sent.",
     1,
     253},
    {"mail.port", kInteger, kDefaulted, "587", "Its port; 465 as a rule where security is \"tls\".", 1, 65535},
    {"mail.security", kText, kDefaulted, "starttls", "starttls, tls or none; none only for this machine.", 1, 16},
    {"mail.allow_plain_text", kBoolean, kDefaulted, "false",
     "Lets security \"none\" go to another machine, where everyone between can read the mails.", 0, 1},
    {"mail.ca_file", kPath, kOptional, {}, "PEM certificates to trust instead of the system's.", 1, 4096},
    {"mail.user", kText, kOptional, {}, "Who logs in there; without it nobody does.", 1, 254},
    {"mail.password_file",
     kPath,
     kOptional,
     {},
     "Holds the password in its first line, e.g. a systemd credential.",
     1,
     4096},
    {"mail.sender", kText, kOptional, {}, "Address from which notices come; those that come back go there.", 3, 254},
    {"mail.sender_name", kText, kOptional, {}, "Name of the vendor in notices.", 1, 200},
    {"mail.reply_to", kText, kOptional, {}, "Address to which customers answer, where it is another one.", 3, 254},
    {"mail.interval_seconds", kInteger, kDefaulted, "60", "How often the server looks for notices to send.", 1, 86400},
    {"alerts.mail_to",
     kText,
     kOptional,
     {},
     "Addresses that get alerts by e-mail, with commas between; each [[webhook]] gets them too.",
     3,
     2000},
    {"alerts.language", kText, kDefaulted, "en", "Of those mails: en, vi, hu or zh.", 2, 2},
    {"notices.language", kText, kDefaulted, "en", "For customers of whom none is known: en, vi, hu or zh.", 2, 2},
    {"notices.act_registered", kBoolean, kDefaulted, "false", "Tell of acts that concern the customer.", 0, 1},
    {"notices.update_ready", kBoolean, kDefaulted, "false", "Tell of releases for such acts.", 0, 1},
    {"notices.applied", kBoolean, kDefaulted, "false", "Tell once a version is on a first computer.", 0, 1},
    {"notices.failed", kBoolean, kDefaulted, "false", "Tell where a version did not go in.", 0, 1},
    {"notices.entitlement_ending", kBoolean, kDefaulted, "false", "Tell 60, 30 and 7 days before it ends.", 0, 1},
}};

std::chrono::hours days(std::int64_t count) {
  return std::chrono::days(count);
}

constexpr Choices<MailSecurity, 3> kSecurities = {
    {{MailSecurity::starttls, "starttls"}, {MailSecurity::tls, "tls"}, {MailSecurity::none, "none"}}};

std::set<NoticeKind> kinds_on(const Settings& in) {
  std::set<NoticeKind> out;
  for (const NoticeKind kind : kNoticeKinds) {
    std::string name = fmt::format("notices.{}", to_string(kind));
    std::replace(name.begin(), name.end(), '-', '_');
    if (in.boolean(name)) out.insert(kind);
  }
  return out;
}

/// What of the encryption goes together. Source: RFC 8314 3
Result<void> check_security(const Settings& in, MailSecurity security, const std::string& host) {
  const bool here = is_loopback_host(host);
  if (security == MailSecurity::none && !here && !in.boolean("mail.allow_plain_text")) {
    return fail(
        ErrorCode::usage,
        fmt::format("mail.security: \"none\" to {} lets everyone between read the mails; use starttls or tls, or "
                    "say mail.allow_plain_text = true",
                    host));
  }
  if (security == MailSecurity::none && !here && in.has("mail.user"))
    return fail(ErrorCode::usage, "mail.user: a password is never sent to another machine without encryption");
  if (in.has("mail.user") != in.has("mail.password_file"))
    return fail(ErrorCode::usage, "mail.user and mail.password_file go together");
  return {};
}

/// A host's name or address; nothing that could say more within a URL.
Result<std::string> parse_host(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':';
  });
  if (plain && !text.starts_with('-')) return std::string(text);
  return fail(ErrorCode::usage, fmt::format("mail.host: \"{}\" is no host", text));
}

Result<std::optional<MailSettings>> read_mail(const Settings& in) {
  const std::set<NoticeKind> kinds = kinds_on(in);
  if (!in.has("mail.host")) {
    if (kinds.empty()) return std::optional<MailSettings>();
    return fail(ErrorCode::usage, "notices are switched on, and there is no mail.host to send them to");
  }
  if (!in.has("mail.sender") || !in.has("mail.sender_name"))
    return fail(ErrorCode::usage, "mail.sender and mail.sender_name are needed with mail.host");
  KIP_TRY(std::string host, parse_host(in.text("mail.host")));
  KIP_TRY(const MailSecurity security, parse_choice(kSecurities, "an encryption of mail", in.text("mail.security")));
  KIP_TRY_VOID(check_security(in, security, host));
  KIP_TRY(MailAddress sender, MailAddress::parse(in.text("mail.sender")));
  KIP_TRY(std::string name, parse_line(in.text("mail.sender_name"), true));
  KIP_TRY(const Language language, parse_language(in.text("notices.language")));
  MailSettings out{std::move(host),
                   static_cast<int>(in.integer("mail.port")),
                   security,
                   {},
                   {},
                   {},
                   std::chrono::seconds(in.integer("mail.interval_seconds")),
                   {.sender = {std::move(name), std::move(sender)}, .kinds = kinds, .language = language}};
  if (in.has("mail.ca_file")) out.ca_file = in.path("mail.ca_file").string();
  if (in.has("mail.user")) out.user = in.text("mail.user");
  if (in.has("mail.password_file")) out.password_file = in.path("mail.password_file");
  if (in.has("mail.reply_to")) {
    KIP_TRY(out.mailer.reply_to, MailAddress::parse(in.text("mail.reply_to")));
  }
  return std::optional(std::move(out));
}

Result<void> read_who_is_told(const Settings& in, ServerSettings& out) {
  KIP_TRY(out.mail, read_mail(in));
  KIP_TRY(out.alerts, read_alert_settings(in));
  return {};
}

}  // namespace

std::span<const Setting> server_setting_table() {
  return kTable;
}

std::span<const SettingList> server_setting_lists() {
  static const std::array<SettingList, 3> kLists = {tsp::authority_setting_list(), tlog::asked_witness_setting_list(),
                                                    webhook_setting_list()};
  return kLists;
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
  KIP_TRY(const Settings in, Settings::parse(text, file, kTable, server_setting_lists()));
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
      .limits = {static_cast<int>(in.integer("limits.install_per_minute")),
                 static_cast<int>(in.integer("limits.person_per_minute")),
                 static_cast<int>(in.integer("limits.address_per_minute")),
                 static_cast<int>(in.integer("limits.reads_per_minute"))},
      .session_life = std::chrono::hours(in.integer("staff.session_hours")),
      .code_life = days(in.integer("enrolment.code_days")),
      .lifetimes = {days(in.integer("publishing.timestamp_days")), days(in.integer("publishing.snapshot_days")),
                    days(in.integer("publishing.rollouts_days"))},
      .guard = {in.integer("rollouts.pause_percent"), in.integer("rollouts.pause_minimum"),
                std::chrono::hours(in.integer("rollouts.fetching_hours")),
                std::chrono::hours(in.integer("rollouts.applying_hours"))},
      .authorities = {},
      .witnesses = {}};
  auto authorities = tsp::read_authorities(in, tsp::Asked::yes);
  if (!authorities) return fail_while(file.string(), authorities.error());
  out.authorities = *std::move(authorities);
  auto witnesses = tlog::read_asked_witnesses(in);
  if (!witnesses) return fail_while(file.string(), witnesses.error());
  out.witnesses = *std::move(witnesses);
  if (in.has("keys.passphrase_file")) out.passphrase_file = in.path("keys.passphrase_file");
  auto postgres = read_postgres_settings(in);
  if (!postgres) return fail_while(file.string(), postgres.error());
  out.postgres = *std::move(postgres);
  if (const auto told = read_who_is_told(in, out); !told) return fail_while(file.string(), told.error());
  out.http.threads = static_cast<std::size_t>(in.integer("server.threads"));
  out.http.queue = static_cast<std::size_t>(in.integer("server.queue"));
  out.http.requests_per_connection = static_cast<std::size_t>(in.integer("server.requests_per_connection"));
  out.http.log_requests = in.boolean("server.log_requests");
  out.http.behind_proxy = in.boolean("server.behind_proxy");
  out.http.timeout = std::chrono::seconds(in.integer("server.timeout_seconds"));
  out.http.max_body_bytes = std::max(max_target, kMaxLargeBody);
  return out;
}

}  // namespace kip::server
