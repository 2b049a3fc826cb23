#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <server/domain/alert_channels.hpp>
#include <signing/config/settings.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::server {

/// One [[webhook]]: where alerts are posted.
struct WebhookSettings {
  std::string name;
  std::string url;
  std::filesystem::path secret_file;
  std::string ca_file = {};  ///< empty: the system's
};

/// To whom alerts go.
struct AlertSettings {
  std::vector<WebhookSettings> webhooks = {};
  std::vector<MailAddress> mail_to = {};
  Language language = Language::en;

  /// AlertDelivery::channel of each.
  std::vector<std::string> channels() const;
};

/// For Settings::parse(): [[webhook]].
const SettingList& webhook_setting_list();

/// Errors: usage for a name, URL or address that cannot be, one that stands twice, a webhook without encryption to
/// another machine, and mails without a mail.host.
Result<AlertSettings> read_alert_settings(const Settings& in);

/// An open webhook with the connections that it uses.
struct OpenWebhook {
  std::unique_ptr<HttpClient> http;
  WebhookOptions options;
};
/// With the secrets out of their files. Errors: those of read_passphrase() and parse_webhook_secret().
Result<std::vector<OpenWebhook>> open_webhooks(FileSystem& files, const std::vector<WebhookSettings>& settings);

}  // namespace kip::server
