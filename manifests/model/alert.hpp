#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/model/notice.hpp>

namespace kip {

/// What the vendor's own people are told of at once.
enum class AlertKind {
  obligation_at_risk,  ///< little time is left
  obligation_missed,
  rollout_paused,    ///< by itself or by a person
  authority_silent,  ///< a time stamping authority gives no token
  metadata_expiring,
  token_expiring,  ///< of a person or program, for the API
  calendar_ending,
  install_held,  ///< more computers than one have its enrolment code or its key
  test,          ///< somebody wants to see whether alerts arrive
};

/// "obligation-at-risk", "obligation-missed", "rollout-paused", "authority-silent", "metadata-expiring",
/// "token-expiring", "calendar-ending", "install-held", "test"
std::string_view to_string(AlertKind kind);
/// Errors: malformed.
Result<AlertKind> parse_alert_kind(std::string_view text);

/// Something that has to be looked after by somebody. Format: docs/formats/alert.md.
struct Alert {
  AlertKind kind = AlertKind::test;
  std::string subject;             ///< what of its kind it is about: an obligation's number, a version, a role
  std::string title;               ///< the same for people
  std::optional<Instant> at = {};  ///< of the limit or end, or since when it has been so
  std::string detail = {};         ///< more, in the words of whoever said it; may be empty

  /// Whether both are about the same, whatever else has changed. What was paused anew is paused another time.
  bool is_about_same(const Alert& other) const {
    return kind == other.kind && subject == other.subject && (kind != AlertKind::rollout_paused || at == other.at);
  }
  bool operator==(const Alert&) const = default;
};

json::Value to_json(const Alert& alert);
/// Errors: malformed.
Result<Alert> read_alert(const json::Value& value);

/// One mail about alerts that were raised, at least one. Pure.
NoticeText render_alerts(const std::vector<Alert>& alerts, const std::string& vendor, Language language);

}  // namespace kip
