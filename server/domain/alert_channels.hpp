#pragma once

#include <server/domain/alert_sender.hpp>
#include <signing/crypto/secret.hpp>
#include <signing/fetch/http_client.hpp>
#include <signing/fetch/mail_client.hpp>

namespace kip::server {

struct WebhookOptions {
  std::string name;  ///< short, for people
  std::string url;
  SecretBytes secret;  ///< 24 to 64 octets
};

/// The octets of a secret as webhooks share them: "whsec_" and base64 of 24 to 64 octets. Errors: malformed.
Result<SecretBytes> parse_webhook_secret(const SecretBytes& text);

/// The headers that prove to a receiver who shares the secret that a message is ours, whole and of this instant:
/// webhook-id, webhook-timestamp, webhook-signature. Source: Standard Webhooks 1.0, "Signature scheme".
std::vector<std::pair<std::string, std::string>> webhook_headers(std::string_view id, Instant at, BytesView body,
                                                                 const SecretBytes& secret);

/// Posts each message as JSON. 2xx takes it, 410 refuses it for ever; everything else is tried again. Format:
/// docs/formats/alert.md.
class WebhookChannel final : public AlertChannel {
 public:
  /// All must outlive it.
  WebhookChannel(HttpClient& http, const Recorder& recorder, WebhookOptions options);

  const std::string& name() const override { return name_; }
  std::size_t batch() const override { return 1; }
  AlertAnswer send(const std::vector<AlertMessage>& messages, const std::function<bool()>& stopped) override;

 private:
  HttpClient& http_;
  const Recorder& recorder_;
  WebhookOptions options_;
  std::string name_;
};

struct AlertMailOptions {
  Mailbox sender;
  MailAddress to;
  Language language = Language::en;
};

/// Sends one mail about all that is due. What the mail server refuses is tried again too: a person who looks after
/// alerts has an address, and a relay's rules change.
class MailChannel final : public AlertChannel {
 public:
  /// All must outlive it.
  MailChannel(MailClient& client, const Recorder& recorder, AlertMailOptions options);

  const std::string& name() const override { return name_; }
  std::size_t batch() const override { return kMost; }
  AlertAnswer send(const std::vector<AlertMessage>& messages, const std::function<bool()>& stopped) override;

 private:
  static constexpr std::size_t kMost = 50;

  MailClient& client_;
  const Recorder& recorder_;
  AlertMailOptions options_;
  std::string name_;
};

}  // namespace kip::server
