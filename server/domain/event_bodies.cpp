#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <server/domain/event_bodies.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxReceipt = 1U << 20U;
constexpr Choices<AlarmReason, 3> kReasons = {{{AlarmReason::code_reused, "enrolment-code-reused"},
                                               {AlarmReason::receipts_contradict, "receipts-contradict"},
                                               {AlarmReason::incarnations_alternate, "incarnations-alternate"}}};

json::Array texts(const std::vector<std::string>& values) {
  return {values.begin(), values.end()};
}

json::Value file_json(const ReleasePublished::File& file) {
  return json::Object{{"name", file.name}, {"sha256", file.sha256.hex()}};
}

Result<ReleasePublished::File> read_file(const json::Value& value) {
  json::ObjectReader in(value, "file");
  std::string name = in.text("name");
  const auto sha256 = in.parsed("sha256", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return ReleasePublished::File{std::move(name), *sha256};
}

}  // namespace

json::Value code_created_body(const EnrolmentCodeRecord& code) {
  json::Object out{{"secret_sha256", code.secret.hex()},
                   {"customer", code.customer.str()},
                   {"product", code.product.str()},
                   {"label", code.label},
                   {"expires", format_instant(code.expires)}};
  if (code.replaces) out["replaces"] = code.replaces->str();
  return out;
}

Result<EnrolmentCodeRecord> read_code_created(const json::Value& body) {
  json::ObjectReader in(body, "code.created");
  const auto secret = in.parsed("secret_sha256", Sha256Digest::parse);
  auto customer = in.parsed("customer", TaxCode::parse);
  auto product = in.parsed("product", ProductId::parse);
  std::string label = in.text("label");
  const auto expires = in.parsed("expires", parse_instant);
  auto replaces = in.optional_parsed("replaces", InstallId::parse);
  KIP_TRY_VOID(in.finish());
  return EnrolmentCodeRecord{*secret,  *std::move(customer), *std::move(product), std::move(label),
                             *expires, std::move(replaces)};
}

json::Value install_enrolled_body(const InstallRecord& install) {
  return json::Object{
      {"install", install.id.str()},      {"public_key", install.key.json()}, {"customer", install.customer.str()},
      {"product", install.product.str()}, {"label", install.label},           {"secret_sha256", install.code.hex()}};
}

Result<InstallRecord> read_install_enrolled(const json::Value& body, Instant enrolled) {
  json::ObjectReader in(body, "install.enrolled");
  auto id = in.parsed("install", InstallId::parse);
  const json::Value& key_json = in.object("public_key");
  auto customer = in.parsed("customer", TaxCode::parse);
  auto product = in.parsed("product", ProductId::parse);
  std::string label = in.text("label");
  const auto code = in.parsed("secret_sha256", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Key key, Key::parse(key_json));
  return InstallRecord{*std::move(id), std::move(key), *std::move(customer), *std::move(product), std::move(label),
                       *code,          enrolled};
}

json::Value install_replaced_body(const Replacement& replacement) {
  return json::Object{{"install", replacement.replaced.str()}, {"by", replacement.by.str()}};
}

Result<Replacement> read_install_replaced(const json::Value& body) {
  json::ObjectReader in(body, "install.replaced");
  auto replaced = in.parsed("install", InstallId::parse);
  auto by = in.parsed("by", InstallId::parse);
  KIP_TRY_VOID(in.finish());
  return Replacement{*std::move(replaced), *std::move(by)};
}

json::Value install_alarm_body(const Alarm& alarm) {
  json::Array installs;
  for (const InstallId& install : alarm.installs)
    installs.push_back(install.str());
  return json::Object{{"reason", choice_text(kReasons, alarm.reason)}, {"installs", std::move(installs)}};
}

Result<Alarm> read_install_alarm(const json::Value& body) {
  json::ObjectReader in(body, "install.alarm");
  const auto reason =
      in.parsed("reason", [](std::string_view text) { return parse_choice(kReasons, "a reason of an alarm", text); });
  const std::vector<std::string> installs = in.texts_or_empty("installs");
  KIP_TRY_VOID(in.finish());
  Alarm out{*reason, {}};
  for (const std::string& install : installs) {
    KIP_TRY(InstallId id, InstallId::parse(install));
    out.installs.push_back(std::move(id));
  }
  return out;
}

json::Value receipt_recorded_body(BytesView envelope) {
  return json::Object{{"receipt", to_base64(envelope)}};
}

Result<Bytes> read_receipt_recorded(const json::Value& body) {
  json::ObjectReader in(body, "receipt.recorded");
  auto envelope = in.parsed("receipt", from_base64, kMaxReceipt);
  KIP_TRY_VOID(in.finish());
  return *std::move(envelope);
}

json::Value release_published_body(const ReleasePublished& release) {
  json::Array metadata;
  for (const ReleasePublished::File& file : release.metadata)
    metadata.push_back(file_json(file));
  return json::Object{{"product", release.product.str()},    {"version", release.version.str()},
                      {"manifest", release.manifest.hex()},  {"acts", texts(release.acts)},
                      {"target", file_json(release.target)}, {"metadata", std::move(metadata)}};
}

Result<ReleasePublished> read_release_published(const json::Value& body) {
  json::ObjectReader in(body, "release.published");
  auto product = in.parsed("product", ProductId::parse);
  auto version = in.parsed("version", Version::parse);
  const auto manifest = in.parsed("manifest", Sha256Digest::parse);
  std::vector<std::string> acts = in.texts_or_empty("acts");
  const json::Value& target_json = in.object("target");
  auto metadata = in.each("metadata", read_file);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(ReleasePublished::File target, read_file(target_json));
  return ReleasePublished{*std::move(product), *std::move(version), *manifest,
                          std::move(acts),     std::move(target),   std::move(metadata)};
}

json::Value obligation_opened_body(const ObligationRecord& obligation) {
  return json::Object{
      {"number", obligation.number}, {"act", obligation.act.str()}, {"commitment", obligation.commitment.str()}};
}

Result<ObligationRecord> read_obligation_opened(const json::Value& body) {
  json::ObjectReader in(body, "obligation.opened");
  const std::int64_t number = in.integer("number", 1, INT64_MAX);
  auto act = in.parsed("act", ActKey::parse);
  auto commitment = in.parsed("commitment", CommitmentId::parse);
  KIP_TRY_VOID(in.finish());
  return ObligationRecord{number, *std::move(act), *std::move(commitment)};
}

json::Value token_created_body(const TokenRecord& token) {
  return json::Object{{"token_sha256", token.hash.hex()}, {"name", token.name}, {"role", token.role}};
}

Result<TokenRecord> read_token_created(const json::Value& body, Instant created) {
  json::ObjectReader in(body, "token.created");
  const auto hash = in.parsed("token_sha256", Sha256Digest::parse);
  std::string name = in.text("name", 64);
  std::string role = in.text("role", 64);
  KIP_TRY_VOID(in.finish());
  return TokenRecord{*hash, std::move(name), std::move(role), created};
}

}  // namespace kip::server
