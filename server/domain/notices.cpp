#include <fmt/format.h>

#include <manifests/mail/delivery_report.hpp>
#include <server/domain/notice_events.hpp>
#include <server/domain/notices.hpp>

namespace kip::server {
namespace {

Unexpected no_such_mail(std::string_view message_id) {
  return fail(
      ErrorCode::not_found,
      fmt::format("no notice was handed over from here under the Message-ID <{}>; nothing was recorded", message_id));
}

/// The one that was handed over under this identifier.
Result<NoticeRecord> find_by_message(const std::string& message_id, Projection& from) {
  const auto id = notice_of_message_id(message_id);
  if (!id) return no_such_mail(message_id);
  KIP_TRY(auto record, from.notices.find(*id));
  if (!record || !record->accepted || record->accepted->message_id != message_id) return no_such_mail(message_id);
  return *std::move(record);
}

}  // namespace

Result<NoticePage> Notices::list(const NoticeFilter& filter, const std::optional<NoticeId>& after, std::size_t limit) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  NoticePage out;
  KIP_TRY(out.notices, unit->projection().notices.page(filter, after, limit + 1));
  if (out.notices.size() > limit) {
    out.notices.erase(out.notices.begin() + static_cast<std::ptrdiff_t>(limit), out.notices.end());
    out.next = out.notices.back().id;
  }
  return out;
}

Result<ShownNotice> Notices::show(const NoticeId& id, std::optional<Language> language) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(auto record, unit->projection().notices.find(id));
  if (!record) return fail(ErrorCode::not_found, fmt::format("there is no notice {}", id.str()));
  KIP_TRY(const auto customer, unit->projection().customers.find({record->customer, record->notice.product}));
  if (!customer) return fail(ErrorCode::internal, "a notice without its customer");
  const Language in = language.value_or(record->language);
  NoticeText text = render(record->notice, {vendor_, customer->name}, in);
  return ShownNotice{*std::move(record), in, std::move(text)};
}

Result<NoticeRecord> Notices::take_report(const Actor& actor, BytesView mail) {
  KIP_TRY(const DeliveryReport report, parse_delivery_report(mail));
  if (report.action != "failed") {
    return fail(ErrorCode::usage,
                fmt::format("the notification says \"{}\", which is no failure: nothing was recorded", report.action));
  }
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const NoticeRecord record, find_by_message(report.message_id, unit->projection()));
  if (record.bounced) return record;
  Bounce bounce;
  bounce.reason = BounceReason::reported;
  bounce.status = report.status;
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kNoticeBounced, actor, notice_bounced_body(record.id, bounce)));
  KIP_TRY(auto after, unit->projection().notices.find(record.id));
  KIP_TRY_VOID(unit->commit());
  return *std::move(after);
}

}  // namespace kip::server
