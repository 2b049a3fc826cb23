#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/model/alert.hpp>

namespace kip {
namespace {

constexpr Choices<AlertKind, 9> kKinds = {{{AlertKind::obligation_at_risk, "obligation-at-risk"},
                                           {AlertKind::obligation_missed, "obligation-missed"},
                                           {AlertKind::rollout_paused, "rollout-paused"},
                                           {AlertKind::authority_silent, "authority-silent"},
                                           {AlertKind::metadata_expiring, "metadata-expiring"},
                                           {AlertKind::token_expiring, "token-expiring"},
                                           {AlertKind::calendar_ending, "calendar-ending"},
                                           {AlertKind::install_held, "install-held"},
                                           {AlertKind::test, "test"}}};
constexpr std::size_t kMaxDetail = 4096;

}  // namespace

std::string_view to_string(AlertKind kind) {
  return choice_text(kKinds, kind);
}

Result<AlertKind> parse_alert_kind(std::string_view text) {
  return parse_choice(kKinds, "a kind of alert", text);
}

json::Value to_json(const Alert& alert) {
  json::Object out{{"kind", to_string(alert.kind)}, {"subject", alert.subject}, {"title", alert.title}};
  if (alert.at) out.emplace("at", format_instant(*alert.at));
  if (!alert.detail.empty()) out.emplace("detail", alert.detail);
  return out;
}

Result<Alert> read_alert(const json::Value& value) {
  json::ObjectReader in(value, "alert");
  Alert out;
  const auto kind = in.parsed("kind", parse_alert_kind);
  out.subject = in.text("subject");
  out.title = in.text("title", kMaxDetail);
  out.at = in.optional_parsed("at", parse_instant);
  out.detail = in.optional_text("detail", kMaxDetail).value_or(std::string());
  KIP_TRY_VOID(in.finish());
  out.kind = *kind;
  return out;
}

}  // namespace kip
