#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <server/app/alert_settings.hpp>
#include <server/app/server_keys.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/fetch/loopback_host.hpp>

namespace kip::server {
namespace {

/// For one answer; others wait as long.
constexpr std::chrono::seconds kWebhookTimeout(15);

constexpr std::array<Setting, 4> kTable = {{
    {"webhook.name", SettingType::text, Presence::required, {}, "Short: a-z, 0-9 and hyphens.", 1, 63},
    {"webhook.url", SettingType::text, Presence::required, {}, "Where alerts are posted as JSON.", 0, 1000},
    {"webhook.secret_file",
     SettingType::path,
     Presence::required,
     {},
     "Holds in its first line what it shares with the receiver: whsec_ and 24 to 64 octets in base64.",
     1,
     4096},
    {"webhook.ca_file",
     SettingType::path,
     Presence::optional,
     {},
     "PEM certificates to trust instead of the system's.",
     1,
     4096},
}};

Unexpected wrong(std::string_view name, std::string_view why) {
  return fail(ErrorCode::usage, fmt::format("[[webhook]] \"{}\": {}", name, why));
}

/// The host of an absolute URL; empty where it is none, or has a user's name in it.
std::string_view host_of(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!url.starts_with(scheme)) continue;
    url.remove_prefix(scheme.size());
    const std::string_view authority = url.substr(0, url.find_first_of("/?"));
    if (authority.find('@') != std::string_view::npos) return {};
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.find(':'));
  }
  return {};
}

Result<WebhookSettings> read_webhook(const Settings& in) {
  WebhookSettings out{in.text("webhook.name"), in.text("webhook.url"), in.path("webhook.secret_file")};
  if (!ProductId::parse(out.name)) return wrong(out.name, "its name may have a-z, 0-9 and inner hyphens only");
  const std::string_view host = host_of(out.url);
  if (host.empty() || out.url.find_first_of(" \t\r\n\"<>#") != std::string::npos)
    return wrong(out.name, fmt::format("\"{}\" is not a URL; write one like https://hooks.example/kip", out.url));
  if (out.url.starts_with("http://") && !is_loopback_host(host))
    return wrong(out.name, "alerts go to another machine by https:// only");
  if (in.has("webhook.ca_file")) out.ca_file = in.path("webhook.ca_file").string();
  return out;
}

Result<std::vector<MailAddress>> read_addresses(std::string_view text) {
  std::vector<MailAddress> out;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" ,"), text.size());
    if (end > 0) {
      auto address = MailAddress::parse(text.substr(0, end));
      if (!address) return fail_while("alerts.mail_to", address.error());
      const bool twice =
          std::any_of(out.begin(), out.end(), [&](const auto& one) { return one.str() == address->str(); });
      if (twice) return fail(ErrorCode::usage, fmt::format("alerts.mail_to: {} stands twice", address->str()));
      out.push_back(*std::move(address));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::vector<std::string> AlertSettings::channels() const {
  std::vector<std::string> out;
  for (const WebhookSettings& one : webhooks)
    out.push_back(std::string(kWebhookChannel) + one.name);
  for (const MailAddress& one : mail_to)
    out.push_back(std::string(kMailChannel) + one.str());
  return out;
}

const SettingList& webhook_setting_list() {
  static constexpr SettingList kList{"webhook", kTable};
  return kList;
}

Result<AlertSettings> read_alert_settings(const Settings& in) {
  AlertSettings out;
  for (const Settings& one : in.list("webhook")) {
    KIP_TRY(WebhookSettings webhook, read_webhook(one));
    const bool twice = std::any_of(out.webhooks.begin(), out.webhooks.end(),
                                   [&](const WebhookSettings& other) { return other.name == webhook.name; });
    if (twice) return wrong(webhook.name, "stands twice");
    out.webhooks.push_back(std::move(webhook));
  }
  KIP_TRY(out.language, parse_language(in.text("alerts.language")));
  if (!in.has("alerts.mail_to")) return out;
  if (!in.has("mail.host")) return fail(ErrorCode::usage, "alerts.mail_to: there is no mail.host to send them to");
  KIP_TRY(out.mail_to, read_addresses(in.text("alerts.mail_to")));
  return out;
}

Result<std::vector<OpenWebhook>> open_webhooks(FileSystem& files, const std::vector<WebhookSettings>& settings) {
  std::vector<OpenWebhook> out;
  for (const WebhookSettings& one : settings) {
    const auto line = read_passphrase(files, one.secret_file);
    if (!line) return fail_while(fmt::format("reading the secret of the webhook \"{}\"", one.name), line.error());
    auto secret = parse_webhook_secret(*line);
    if (!secret) return fail_while(one.secret_file.string(), secret.error());
    auto http = std::make_unique<CurlHttpClient>(CurlOptions{.ca_file = one.ca_file, .total_timeout = kWebhookTimeout});
    out.push_back({std::move(http), {one.name, one.url, *std::move(secret)}});
  }
  return out;
}

}  // namespace kip::server
