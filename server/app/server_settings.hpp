#pragma once

#include <filesystem>
#include <span>
#include <string>

#include <server/app/alert_settings.hpp>
#include <server/app/postgres_settings.hpp>
#include <server/domain/mailer.hpp>
#include <server/domain/rollout_guard.hpp>
#include <server/http/rate_limiter.hpp>
#include <signing/config/settings.hpp>
#include <signing/daemon/listen_address.hpp>
#include <signing/fetch/curl_mail_client.hpp>
#include <signing/http/http_server.hpp>
#include <signing/timestamp/authority_settings.hpp>
#include <signing/tuf/repository.hpp>
#include <signing/witness/asked_witness.hpp>

namespace kip::server {

/// A base URL without a slash at its end. Errors: usage unless it begins with http:// or https://.
Result<std::string> parse_public_url(std::string_view text);

/// How notices go out. There are none without the setting mail.host.
struct MailSettings {
  std::string host;
  int port;
  MailSecurity security;
  std::string ca_file;
  std::string user;
  std::optional<std::filesystem::path> password_file;
  std::chrono::seconds interval;
  MailerOptions mailer;
};

/// What kip-server.toml says. Every setting with its help: server_setting_table().
struct ServerSettings {
  TenantId tenant;
  std::string url;
  ListenAddress listen;
  http::HttpOptions http;
  std::filesystem::path database;  ///< of SQLite; does not count where there is `postgres`
  std::filesystem::path repository;
  std::filesystem::path logs;
  std::filesystem::path calendars;
  std::filesystem::path keys;
  std::optional<std::filesystem::path> passphrase_file;
  std::uint64_t max_target_bytes;
  RateLimits limits;
  std::chrono::hours session_life;
  std::chrono::hours code_life;
  tuf::Lifetimes lifetimes;
  GuardPolicy guard = {};
  std::vector<tsp::AuthoritySettings> authorities;
  std::vector<tlog::AskedWitness> witnesses;
  AlertSettings alerts = {};
  std::optional<MailSettings> mail = {};
  std::optional<PostgresSettings> postgres = {};
};

std::span<const Setting> server_setting_table();
/// [[authority]], [[witness]] and [[webhook]].
std::span<const SettingList> server_setting_lists();

/// Errors: those of Settings::parse(); usage for an address or URL that cannot be, and for
/// mail without encryption to another machine that the administrator has not allowed.
Result<ServerSettings> read_server_settings(BytesView text, const std::filesystem::path& file);

/// The name of the settings file within the server's folder.
inline constexpr const char* kSettingsFile = "kip-server.toml";

}  // namespace kip::server
