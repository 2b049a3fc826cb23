#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <manifests/core/digest.hpp>
#include <manifests/mail/message.hpp>
#include <manifests/model/customer.hpp>
#include <manifests/model/notice.hpp>

namespace kip::server {

/// How far a notice has got. `accepted` is all that is ever known of one that did not come back: that the next mail
/// server has taken it. Nothing says that it reached a person.
enum class NoticeState {
  queued,
  accepted,
  bounced,   ///< it has no address, was refused or came back
  given_up,  ///< the mail server would not have it for as long as was tried, which says nothing of the address
};

/// "queued", "accepted", "bounced", "given-up"
std::string_view to_string(NoticeState state);
/// Errors: malformed.
Result<NoticeState> parse_notice_state(std::string_view text);

/// The next mail server has taken the mail and is responsible for it. Source: RFC 5321 4.2.5
struct Acceptance {
  Instant at;
  std::string message_id;        ///< without angle brackets
  Sha256Digest message_sha256;   ///< of the octets handed over
  std::string recipient_domain;  ///< the address itself stands in no event
  int reply_code = 0;            ///< 250

  bool operator==(const Acceptance&) const = default;
};

enum class BounceReason {
  no_address,  ///< the customer has no address of e-mail that can be used
  refused,     ///< the mail server answered with a permanent failure
  gave_up,     ///< it could not be handed over for as long as was tried
  reported,    ///< a delivery status notification came back after it had been accepted
};

/// "no-address", "refused", "gave-up", "reported"
std::string_view to_string(BounceReason reason);
/// Errors: malformed.
Result<BounceReason> parse_bounce_reason(std::string_view text);

struct Bounce {
  Instant at;
  BounceReason reason = BounceReason::refused;
  std::string status = {};             ///< enhanced status code, "5.1.1"; empty where there was none
  std::optional<int> reply_code = {};  ///< of the mail server, where it gave one
  std::string by = {};                 ///< actor: the server, or who brought the notification

  bool operator==(const Bounce&) const = default;
};

/// One notice to one customer. It is there once for a kind, customer, product and subject.
struct NoticeRecord {
  NoticeId id;
  TaxCode customer;
  Notice notice;
  Language language = Language::en;
  Instant queued;
  std::int64_t cause = 0;  ///< index of the event that made it; 0: a day came
  std::optional<Acceptance> accepted = {};
  std::optional<Bounce> bounced = {};  ///< after acceptance only where it was reported

  NoticeState state() const {
    if (bounced) return bounced->reason == BounceReason::gave_up ? NoticeState::given_up : NoticeState::bounced;
    return accepted ? NoticeState::accepted : NoticeState::queued;
  }
  bool operator==(const NoticeRecord&) const = default;
};

/// Since when notices of a kind are sent or no longer sent.
struct NoticeSwitch {
  NoticeKind kind = NoticeKind::act_registered;
  bool on = false;
  std::int64_t since = 0;  ///< index of the event that said so; only what comes later is told
  Instant at;

  bool operator==(const NoticeSwitch&) const = default;
};

/// What a notice is about; two with the same are never there.
struct NoticeSubject {
  NoticeKind kind = NoticeKind::act_registered;
  TaxCode customer;
  ProductId product;
  std::string subject;

  auto operator<=>(const NoticeSubject&) const = default;
};

/// What is absent lets all through.
struct NoticeFilter {
  std::optional<NoticeKind> kind = {};
  std::optional<TaxCode> customer = {};
  std::optional<ProductId> product = {};
  std::optional<NoticeState> state = {};
};

inline NoticeId key_of(const NoticeRecord& record) {
  return record.id;
}
inline NoticeKind key_of(const NoticeSwitch& one) {
  return one.kind;
}
inline NoticeSubject subject_of(const NoticeRecord& record) {
  return {record.notice.kind(), record.customer, record.notice.product, record.notice.subject()};
}
bool matches(const NoticeFilter& filter, const NoticeRecord& record);

/// How a store keeps it and what the API shows: docs/formats/notice.md. Errors: malformed.
json::Value to_json(const NoticeRecord& record);
Result<NoticeRecord> parse_notice_record(BytesView text);

}  // namespace kip::server
