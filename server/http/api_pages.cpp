#include <algorithm>

#include <fmt/format.h>

#include <server/http/act_page.hpp>
#include <server/http/api.hpp>
#include <server/http/page_parts.hpp>
#include <server/http/status_page.hpp>

namespace kip::server {
namespace {

/// "lang", English where it is missing; any other parameter than these is an error.
Result<PageWords> words_of(const Call& call, std::initializer_list<std::string_view> others) {
  Language language = Language::en;
  for (const auto& [name, value] : call.target.query) {
    if (name == "lang") {
      KIP_TRY(language, parse_language(value));
    } else if (std::find(others.begin(), others.end(), name) == others.end()) {
      return fail(ErrorCode::usage, fmt::format("there is no parameter \"{}\" here", name));
    }
  }
  return PageWords(language);
}

Response page(std::string html) {
  Response out;
  out.set("Content-Type", "text/html; charset=utf-8").set("Cache-Control", "no-store");
  out.set("Content-Security-Policy", std::string(kPagePolicy));
  out.body = std::move(html);
  return out;
}

Result<Response> show_status(const Services& services, const Call& call) {
  KIP_TRY(const PageWords words, words_of(call, {}));
  const Instant now = services.recorder.now();
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto board, services.board.judge_all(unit->projection(), now, Detail::tallies));
  KIP_TRY(const auto installs, unit->projection().installs.all());
  KIP_TRY(const ServicePage requests, find_requests(unit->projection(), services.board, {.open = true}, now));
  return page(status_page(call.tenant, board, installs, requests, words, now));
}

Result<Response> show_act(const Services& services, const Call& call) {
  KIP_TRY(const PageWords words, words_of(call, {"act"}));
  const auto given = call.target.query.find("act");
  if (given == call.target.query.end()) return fail(ErrorCode::usage, "name one act: ?act=ISSUER:NUMBER:YEAR");
  KIP_TRY(const ActKey key, ActKey::parse(given->second));
  const Instant now = services.recorder.now();
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  Projection& from = unit->projection();
  KIP_TRY(auto act, from.acts.find(key.str()));
  KIP_TRY(auto history, from.histories.find(key.str()));
  if (!act || !history) return fail(ErrorCode::not_found, fmt::format("the act {} is not registered", key.str()));
  const auto of_act = [&key](const ObligationRecord& record) { return record.act == key; };
  KIP_TRY(auto obligations, services.board.judge(from, now, Detail::customers, of_act));
  return page(act_page({*std::move(act), *std::move(history), std::move(obligations)}, words, now));
}

}  // namespace

std::vector<Route> page_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  return {
      {"GET", "/t/{tenant}/status", kStaffPage, BodyKind::none, with(show_status)},
      {"GET", "/t/{tenant}/status/act", kStaffPage, BodyKind::none, with(show_act)},
      {"GET", "/status", kStaffPage, BodyKind::none, with(show_status)},
      {"GET", "/status/act", kStaffPage, BodyKind::none, with(show_act)},
  };
}

}  // namespace kip::server
