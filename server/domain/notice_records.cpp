#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <server/domain/notice_records.hpp>

namespace kip::server {
namespace {

constexpr std::int64_t kMaxIndex = std::int64_t{1} << 53U;

constexpr Choices<NoticeState, 4> kStates = {{{NoticeState::queued, "queued"},
                                              {NoticeState::accepted, "accepted"},
                                              {NoticeState::bounced, "bounced"},
                                              {NoticeState::given_up, "given-up"}}};
constexpr Choices<BounceReason, 4> kReasons = {{{BounceReason::no_address, "no-address"},
                                                {BounceReason::refused, "refused"},
                                                {BounceReason::gave_up, "gave-up"},
                                                {BounceReason::reported, "reported"}}};

json::Value acceptance_json(const Acceptance& accepted) {
  return json::Object{{"at", format_instant(accepted.at)},
                      {"message_id", accepted.message_id},
                      {"message_sha256", accepted.message_sha256.hex()},
                      {"recipient_domain", accepted.recipient_domain},
                      {"reply_code", accepted.reply_code}};
}

json::Value bounce_json(const Bounce& bounced) {
  json::Object out{{"at", format_instant(bounced.at)}, {"reason", to_string(bounced.reason)}, {"by", bounced.by}};
  if (!bounced.status.empty()) out.emplace("status", bounced.status);
  if (bounced.reply_code) out.emplace("reply_code", *bounced.reply_code);
  return out;
}

Result<Acceptance> read_acceptance(const json::Value& value) {
  json::ObjectReader in(value, "accepted");
  const auto at = in.parsed("at", parse_instant);
  std::string message_id = in.text("message_id");
  const auto digest = in.parsed("message_sha256", Sha256Digest::parse);
  std::string domain = in.text("recipient_domain");
  const auto code = in.integer("reply_code", 200, 599);
  KIP_TRY_VOID(in.finish());
  return Acceptance{*at, std::move(message_id), *digest, std::move(domain), static_cast<int>(code)};
}

Result<Bounce> read_bounce(const json::Value& value) {
  json::ObjectReader in(value, "bounced");
  const auto at = in.parsed("at", parse_instant);
  const auto reason = in.parsed("reason", parse_bounce_reason);
  std::string status = in.optional_text("status").value_or(std::string());
  const auto code = in.optional_integer("reply_code", 200, 599);
  std::string by = in.text("by");
  KIP_TRY_VOID(in.finish());
  Bounce out{*at, *reason, std::move(status), {}, std::move(by)};
  if (code) out.reply_code = static_cast<int>(*code);
  return out;
}

}  // namespace

std::string_view to_string(NoticeState state) {
  return choice_text(kStates, state);
}
Result<NoticeState> parse_notice_state(std::string_view text) {
  return parse_choice(kStates, "a state of a notice", text);
}
std::string_view to_string(BounceReason reason) {
  return choice_text(kReasons, reason);
}
Result<BounceReason> parse_bounce_reason(std::string_view text) {
  return parse_choice(kReasons, "a reason of a bounce", text);
}

bool matches(const NoticeFilter& filter, const NoticeRecord& record) {
  return (!filter.kind || *filter.kind == record.notice.kind()) &&
         (!filter.customer || *filter.customer == record.customer) &&
         (!filter.product || *filter.product == record.notice.product) &&
         (!filter.state || *filter.state == record.state());
}

json::Value to_json(const NoticeRecord& record) {
  json::Object out{{"notice", record.id.str()},          {"customer", record.customer.str()},
                   {"content", to_json(record.notice)},  {"language", to_string(record.language)},
                   {"state", to_string(record.state())}, {"queued", format_instant(record.queued)}};
  if (record.cause > 0) out.emplace("cause", record.cause);
  if (record.accepted) out.emplace("accepted", acceptance_json(*record.accepted));
  if (record.bounced) out.emplace("bounced", bounce_json(*record.bounced));
  return out;
}

Result<NoticeRecord> parse_notice_record(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text));
  json::ObjectReader in(value, "notice");
  auto id = in.parsed("notice", NoticeId::parse);
  auto customer = in.parsed("customer", TaxCode::parse);
  const json::Value& content = in.object("content");
  const auto language = in.parsed("language", parse_language);
  const auto queued = in.parsed("queued", parse_instant);
  const auto cause = in.optional_integer("cause", 1, kMaxIndex);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(Notice notice, read_notice(content));
  NoticeRecord out{*std::move(id), *std::move(customer), std::move(notice), *language, *queued, cause.value_or(0)};
  if (const json::Value* accepted = value.find("accepted")) {
    KIP_TRY(out.accepted, read_acceptance(*accepted));
  }
  if (const json::Value* bounced = value.find("bounced")) {
    KIP_TRY(out.bounced, read_bounce(*bounced));
  }
  return out;
}

}  // namespace kip::server
