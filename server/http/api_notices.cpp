#include <manifests/codec/reader.hpp>
#include <manifests/mail/delivery_report.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>
#include <server/http/page.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kDefaultPage = 100;

Result<Response> list_notices(const Services& services, const Call& call) {
  NoticeFilter filter;
  std::optional<NoticeId> after;
  std::size_t limit = kDefaultPage;
  for (const auto& [name, value] : call.target.query) {
    if (name == "kind") {
      KIP_TRY(filter.kind, parse_notice_kind(value));
    } else if (name == "customer") {
      KIP_TRY(filter.customer, TaxCode::parse(value));
    } else if (name == "product") {
      KIP_TRY(filter.product, ProductId::parse(value));
    } else if (name == "state") {
      KIP_TRY(filter.state, parse_notice_state(value));
    } else if (name == "after") {
      KIP_TRY(after, NoticeId::parse(value));
    } else if (name == "limit") {
      KIP_TRY(limit, read_number(name, value, 1, Notices::kMaxPage));
    } else {
      return fail(ErrorCode::usage, "there are the parameters kind, customer, product, state, after and limit");
    }
  }
  KIP_TRY(const NoticePage page, services.notices.list(filter, after, limit));
  json::Array notices;
  for (const NoticeRecord& record : page.notices)
    notices.push_back(to_json(record));
  json::Object out{{"notices", std::move(notices)}};
  if (page.next) out.emplace("next", page.next->str());
  return json_response(200, std::move(out));
}

Result<Response> show_notice(const Services& services, const Call& call) {
  std::optional<Language> language;
  for (const auto& [name, value] : call.target.query) {
    if (name != "lang") return fail(ErrorCode::usage, "there is the parameter lang");
    KIP_TRY(language, parse_language(value));
  }
  KIP_TRY(const NoticeId id, NoticeId::parse(call.params.find("notice")->second));
  KIP_TRY(const ShownNotice shown, services.notices.show(id, language));
  json::Value out = to_json(shown.record);
  (*out.as_object())["text"] =
      json::Object{{"language", to_string(shown.language)}, {"subject", shown.text.subject}, {"body", shown.text.body}};
  return json_response(200, std::move(out));
}

Result<Response> take_bounce(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, read_members(call, {"report"}));
  json::ObjectReader in(body, "bounce");
  const auto report = in.parsed("report", from_base64, kMaxDeliveryReport * 2);
  KIP_TRY_VOID(in.finish());
  KIP_TRY(const NoticeRecord record, services.notices.take_report(call.actor, *report));
  return json_response(200, to_json(record));
}

}  // namespace

std::vector<Route> notice_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  return {
      {"GET", "/v1/tenants/{tenant}/notices", kReader, BodyKind::none, with(list_notices)},
      {"GET", "/v1/tenants/{tenant}/notices/{notice}", kReader, BodyKind::none, with(show_notice)},
      {"POST", "/v1/tenants/{tenant}/notices/bounces", staff(StaffAction::service_record), BodyKind::whole,
       with(take_bounce)},
  };
}

}  // namespace kip::server
