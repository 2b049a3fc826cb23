#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <server/domain/alert_channels.hpp>
#include <signing/crypto/hmac.hpp>

namespace kip::server {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kLeastSecret = 24;
constexpr std::size_t kMostSecret = 64;
constexpr std::uint64_t kMaxAnswer = 16U << 10U;
constexpr std::size_t kShownAnswer = 200;
constexpr int kGone = 410;

Bytes payload_of(const AlertMessage& message, const Recorder& recorder) {
  json::Value data = to_json(message.record);
  json::Object& members = *data.as_object();
  if (message.turn == AlertTurn::raised) members.erase("cleared");  // that is told by the next one
  members.emplace("tenant", recorder.tenant().str());
  members.emplace("url", fmt::format("{}/{}", recorder.origin(), recorder.tenant().str()));
  const Instant at = message.turn == AlertTurn::cleared ? message.record.cleared.value_or(message.record.raised)
                                                        : message.record.raised;
  return json::to_compact(json::Object{{"type", fmt::format("alert.{}", to_string(message.turn))},
                                       {"timestamp", format_instant(at)},
                                       {"data", std::move(data)}});
}

}  // namespace

Result<SecretBytes> parse_webhook_secret(const SecretBytes& text) {
  const BytesView view = text.reveal();
  if (view.starts_with(kSecretPrefix)) {
    auto octets = from_base64(view.substr(kSecretPrefix.size()));
    if (octets && octets->size() >= kLeastSecret && octets->size() <= kMostSecret)
      return SecretBytes(*std::move(octets));
    if (octets) SecretBytes::wipe(*octets);
  }
  return fail(ErrorCode::malformed,
              fmt::format("the secret is not {} and {} to {} octets in base64; make one by: printf '{}%s\\n' "
                          "\"$(openssl rand -base64 32)\"",
                          kSecretPrefix, kLeastSecret, kMostSecret, kSecretPrefix));
}

std::vector<std::pair<std::string, std::string>> webhook_headers(std::string_view id, Instant at, BytesView body,
                                                                 const SecretBytes& secret) {
  const std::string seconds = std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  const Sha256Digest proof = hmac_sha256(secret, fmt::format("{}.{}.{}", id, seconds, body));
  return {{"webhook-id", std::string(id)},
          {"webhook-timestamp", seconds},
          {"webhook-signature", "v1," + to_base64(proof.bytes())}};
}

WebhookChannel::WebhookChannel(HttpClient& http, const Recorder& recorder, WebhookOptions options)
    : http_(http),
      recorder_(recorder),
      options_(std::move(options)),
      name_(std::string(kWebhookChannel) + options_.name) {}

AlertAnswer WebhookChannel::send(const std::vector<AlertMessage>& messages, const std::function<bool()>& /*stopped*/) {
  const AlertMessage& message = messages.front();
  HttpRequest request{
      .method = "POST", .url = options_.url, .body = payload_of(message, recorder_), .max_body = kMaxAnswer};
  request.headers = webhook_headers(message.id.str(), recorder_.now(), request.body, options_.secret);
  request.headers.emplace_back("content-type", "application/json");
  const auto answer = http_.send(request);
  if (!answer) return {AlertAnswer::Kind::later, answer.error().message};
  const std::string text =
      fmt::format("{} {}", answer->status, printable_line(std::string_view(answer->body).substr(0, kShownAnswer)));
  constexpr int kOk = 200;
  constexpr int kMore = 300;
  if (answer->status >= kOk && answer->status < kMore) return {AlertAnswer::Kind::delivered, text};
  if (answer->status == kGone) return {AlertAnswer::Kind::refused, text};
  return {AlertAnswer::Kind::later, text, retry_after(*answer, recorder_.now())};
}

MailChannel::MailChannel(MailClient& client, const Recorder& recorder, AlertMailOptions options)
    : client_(client),
      recorder_(recorder),
      options_(std::move(options)),
      name_(std::string(kMailChannel) + options_.to.str()) {}

AlertAnswer MailChannel::send(const std::vector<AlertMessage>& messages, const std::function<bool()>& stopped) {
  std::vector<Alert> alerts;
  for (const AlertMessage& message : messages)
    alerts.push_back(message.record.alert);
  NoticeText text = render_alerts(alerts, options_.sender.name, options_.language);
  const auto mail = to_internet_message(
      {.from = options_.sender,
       .to = {{}, options_.to},
       .subject = std::move(text.subject),
       .text = std::move(text.body),
       .date = recorder_.now(),
       .message_id = fmt::format("{}@{}", messages.front().id.str(), options_.sender.address.domain()),
       .language = options_.language});
  if (!mail) return {AlertAnswer::Kind::refused, mail.error().message};
  const MailAnswer answer = client_.send({options_.sender.address, options_.to}, *mail, stopped);
  const auto kind = answer.kind == MailAnswer::Kind::accepted ? AlertAnswer::Kind::delivered : AlertAnswer::Kind::later;
  return {kind, answer.text};
}

}  // namespace kip::server
