#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <server/domain/notice_events.hpp>
#include <server/domain/recorder.hpp>

namespace kip::server {
namespace {

constexpr std::int64_t kMaxIndex = std::int64_t{1} << 53U;

Result<void> on_switched(const Event& event, std::int64_t index, Projection& to) {
  json::ObjectReader in(event.body, event.type);
  const auto kind = in.parsed("kind", parse_notice_kind);
  const bool on = in.boolean("on");
  KIP_TRY_VOID(in.finish());
  return to.notice_switches.put({*kind, on, index, event.claimed_time});
}

Result<void> on_queued(const Event& event, Projection& to) {
  json::ObjectReader in(event.body, event.type);
  auto id = in.parsed("notice", NoticeId::parse);
  auto customer = in.parsed("customer", TaxCode::parse);
  const json::Value& content = in.object("content");
  const auto language = in.parsed("language", parse_language);
  const auto cause = in.optional_integer("cause", 1, kMaxIndex);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Notice notice, read_notice(content));
  const NoticeRecord record{*std::move(id), *std::move(customer), std::move(notice),
                            *language,      event.claimed_time,   cause.value_or(0)};
  KIP_TRY(const auto same, to.notices.find(record.id));
  KIP_TRY(const auto about_same, to.notices.about(subject_of(record)));
  if (same || about_same) return fail(ErrorCode::conflict, "there is a notice about the same already");
  return to.notices.put(record);
}

Result<NoticeRecord> require_notice(Projection& to, const NoticeId& id) {
  KIP_TRY(auto found, to.notices.find(id));
  if (!found) return fail(ErrorCode::not_found, fmt::format("there is no notice {}", id.str()));
  return *std::move(found);
}

Unexpected cannot_follow(const NoticeRecord& record, std::string_view next) {
  return fail(ErrorCode::conflict, fmt::format("the notice {} is {} and cannot be {} now", record.id.str(),
                                               to_string(record.state()), next));
}

Result<void> on_accepted(const Event& event, Projection& to) {
  json::ObjectReader in(event.body, event.type);
  const auto id = in.parsed("notice", NoticeId::parse);
  std::string message_id = in.text("message_id");
  const auto digest = in.parsed("message_sha256", Sha256Digest::parse);
  std::string domain = in.text("recipient_domain");
  const auto code = in.integer("reply_code", 200, 299);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(NoticeRecord record, require_notice(to, *id));
  if (record.state() != NoticeState::queued) return cannot_follow(record, "accepted");
  record.accepted =
      Acceptance{event.claimed_time, std::move(message_id), *digest, std::move(domain), static_cast<int>(code)};
  return to.notices.put(record);
}

Result<void> on_bounced(const Event& event, Projection& to) {
  json::ObjectReader in(event.body, event.type);
  const auto id = in.parsed("notice", NoticeId::parse);
  const auto reason = in.parsed("reason", parse_bounce_reason);
  std::string status = in.optional_text("status").value_or(std::string());
  const auto code = in.optional_integer("reply_code", 200, 599);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(NoticeRecord record, require_notice(to, *id));
  const NoticeState before = *reason == BounceReason::reported ? NoticeState::accepted : NoticeState::queued;
  if (record.state() != before) return cannot_follow(record, "bounced");
  record.bounced = Bounce{event.claimed_time, *reason, std::move(status), {}, event.actor};
  if (code) record.bounced->reply_code = static_cast<int>(*code);
  return to.notices.put(record);
}

}  // namespace

json::Value notice_switched_body(NoticeKind kind, bool on) {
  return json::Object{{"kind", to_string(kind)}, {"on", on}};
}

json::Value notice_queued_body(const NoticeRecord& record) {
  json::Object out{{"notice", record.id.str()},
                   {"customer", record.customer.str()},
                   {"content", to_json(record.notice)},
                   {"language", to_string(record.language)}};
  if (record.cause > 0) out.emplace("cause", record.cause);
  return out;
}

json::Value notice_accepted_body(const NoticeId& notice, const Acceptance& accepted) {
  return json::Object{{"notice", notice.str()},
                      {"message_id", accepted.message_id},
                      {"message_sha256", accepted.message_sha256.hex()},
                      {"recipient_domain", accepted.recipient_domain},
                      {"reply_code", accepted.reply_code}};
}

json::Value notice_bounced_body(const NoticeId& notice, const Bounce& bounced) {
  json::Object out{{"notice", notice.str()}, {"reason", to_string(bounced.reason)}};
  if (!bounced.status.empty()) out.emplace("status", bounced.status);
  if (bounced.reply_code) out.emplace("reply_code", *bounced.reply_code);
  return out;
}

Result<void> project_notice(const Event& event, std::int64_t index, Projection& to) {
  if (event.type == event_type::kNoticeSwitched) return on_switched(event, index, to);
  if (event.type == event_type::kNoticeQueued) return on_queued(event, to);
  if (event.type == event_type::kNoticeAccepted) return on_accepted(event, to);
  if (event.type == event_type::kNoticeBounced) return on_bounced(event, to);
  return {};
}

}  // namespace kip::server
