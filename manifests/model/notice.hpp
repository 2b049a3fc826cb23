#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/core/version.hpp>
#include <manifests/deadline/language.hpp>
#include <manifests/model/act.hpp>
#include <manifests/model/receipt.hpp>

namespace kip {

/// What a customer is told by e-mail.
enum class NoticeKind { act_registered, update_ready, applied, failed, entitlement_ending };

inline constexpr std::array kNoticeKinds = {NoticeKind::act_registered, NoticeKind::update_ready, NoticeKind::applied,
                                            NoticeKind::failed, NoticeKind::entitlement_ending};

/// "act-registered", "update-ready", "applied", "failed", "entitlement-ending"
std::string_view to_string(NoticeKind kind);
/// Errors: malformed.
Result<NoticeKind> parse_notice_kind(std::string_view text);

/// An act that concerns the customer, with what was promised about it.
struct ActNotice {
  ActKey act;
  std::string title = {};
  LegalDate signed_on;
  std::optional<LegalDate> effective_on = {};
  std::optional<LegalDate> published_by = {};  ///< the earliest promised last day for the update to be public
  std::optional<LegalDate> installed_by = {};  ///< for it to be on the customer's computers

  bool operator==(const ActNotice&) const = default;
};

/// A release for acts that concern the customer was published.
struct ReleaseNotice {
  Version version;
  std::vector<ActKey> acts;  ///< at least one, at most kMaxActs
  std::optional<LegalDate> installed_by = {};

  static constexpr std::size_t kMaxActs = 20;

  bool operator==(const ReleaseNotice&) const = default;
};

/// Computers of the customer have reported that they have a version.
struct AppliedNotice {
  Version version;
  int computers = 1;  ///< that have reported it when the notice was made
  int seats = 1;      ///< promised

  bool operator==(const AppliedNotice&) const = default;
};

/// A computer of the customer has reported that a version did not go in.
struct FailedNotice {
  Version version;
  InstallState state = InstallState::failed;  ///< failed, rejected, rolled_back or held

  bool operator==(const FailedNotice&) const = default;
};

/// The customer's entitlement ends soon.
struct EndingNotice {
  LegalDate last_day;
  int days = 0;  ///< 60, 30 or 7: it ends within that many

  bool operator==(const EndingNotice&) const = default;
};

/// What one notice says to one customer about one product. Format: docs/formats/notice.md, "what it says".
struct Notice {
  ProductId product;
  std::variant<ActNotice, ReleaseNotice, AppliedNotice, FailedNotice, EndingNotice> content;

  NoticeKind kind() const;
  /// What of its kind it is about; a customer is told of it once: the act's key, the version, or "2026-12-31/30".
  std::string subject() const;
  bool operator==(const Notice&) const = default;
};

/// Whether a computer in this state is one of which FailedNotice speaks.
bool is_failure(InstallState state);

/// {"kind", "product", and the content's members}. Errors: malformed.
json::Value to_json(const Notice& notice);
Result<Notice> read_notice(const json::Value& value);

/// Who writes and who reads.
struct NoticeParties {
  std::string vendor;    ///< name
  std::string customer;  ///< name
};

/// As it stands in the mail.
struct NoticeText {
  std::string subject;  ///< one line, at most 500 octets
  std::string body;     ///< lines end with '\n'

  bool operator==(const NoticeText&) const = default;
};

/// The notice in words. Pure: the same in gives the same octets. It says what is recorded and what the customer can do,
/// and nothing of what people know or have read.
NoticeText render(const Notice& notice, const NoticeParties& parties, Language language);

/// Made-up ones, for showing what a kind looks like.
Notice sample_notice(NoticeKind kind);

}  // namespace kip
