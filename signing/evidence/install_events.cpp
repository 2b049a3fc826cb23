#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <signing/evidence/install_events.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxRotation = 64U << 10U;
constexpr Choices<AlarmReason, 3> kReasons = {{{AlarmReason::code_reused, "enrolment-code-reused"},
                                               {AlarmReason::receipts_contradict, "receipts-contradict"},
                                               {AlarmReason::incarnations_alternate, "incarnations-alternate"}}};

}  // namespace

json::Value install_enrolled_body(const EnrolledInstall& install) {
  return json::Object{
      {"install", install.id.str()},      {"public_key", install.key.json()}, {"customer", install.customer.str()},
      {"product", install.product.str()}, {"label", install.label},           {"secret_sha256", install.code.hex()}};
}

Result<EnrolledInstall> read_install_enrolled(const json::Value& body) {
  json::ObjectReader in(body, "install.enrolled");
  auto id = in.parsed("install", InstallId::parse);
  const json::Value& key_json = in.object("public_key");
  auto customer = in.parsed("customer", TaxCode::parse);
  auto product = in.parsed("product", ProductId::parse);
  std::string label = in.text("label");
  const auto code = in.parsed("secret_sha256", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Key key, Key::parse(key_json));
  return EnrolledInstall{*std::move(id),      std::move(key),   *std::move(customer),
                         *std::move(product), std::move(label), *code};
}

json::Value install_rekeyed_body(const InstallRekeyed& rekeyed) {
  return json::Object{{"install", rekeyed.install.str()}, {"rotation", to_base64(rekeyed.rotation)}};
}

Result<InstallRekeyed> read_install_rekeyed(const json::Value& body) {
  json::ObjectReader in(body, "install.rekeyed");
  auto install = in.parsed("install", InstallId::parse);
  auto rotation = in.parsed("rotation", from_base64, kMaxRotation);
  KIP_TRY_VOID(in.finish());
  return InstallRekeyed{*std::move(install), *std::move(rotation)};
}

json::Value install_end_body(const InstallEnd& end) {
  return json::Object{{"install", end.install.str()}, {"reason", end.reason}};
}

Result<InstallEnd> read_install_end(const json::Value& body) {
  json::ObjectReader in(body, "the end of an install");
  auto install = in.parsed("install", InstallId::parse);
  std::string reason = in.text("reason");
  KIP_TRY_VOID(in.finish());
  return InstallEnd{*std::move(install), std::move(reason)};
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

}  // namespace kip
