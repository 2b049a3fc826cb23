#include <manifests/codec/reader.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>
#include <server/http/page.hpp>
#include <server/http/rollout_json.hpp>

namespace kip::server {
namespace {

constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;
constexpr std::size_t kMaxReason = 500;
constexpr std::size_t kMaxLabels = 100;

Result<std::string> read_reason(const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "reason");
  std::string reason = in.text("reason", kMaxReason);
  if (reason.empty()) in.refuse("reason", "is empty: say why");
  KIP_TRY_VOID(in.finish(kStrict));
  return reason;
}

Result<Response> list_releases(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto releases, services.proposals.releases());
  return json_response(200, page_json("releases", releases, page, release_json));
}

Result<Response> list_proposals(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call, {"all"}));
  const auto all = call.target.query.find("all");
  if (all != call.target.query.end() && all->second != "true")
    return fail(ErrorCode::usage, "the parameter all has the value true, or is left out");
  KIP_TRY(const auto proposals, services.proposals.list(all != call.target.query.end()));
  return json_response(200, page_json("proposals", proposals, page, [](const Proposal& one) { return to_json(one); }));
}

Result<Response> show_proposal(const Services& services, const Call& call) {
  KIP_TRY(const ProposalId id, ProposalId::parse(call.params.at("proposal")));
  KIP_TRY(const ProposalDetail detail, services.proposals.show(id));
  return json_response(200, detail_json(detail));
}

Result<Response> approve_proposal(const Services& services, const Call& call) {
  KIP_TRY(const ProposalId id, ProposalId::parse(call.params.at("proposal")));
  KIP_TRY(const Published published, services.proposals.approve(call.actor, id));
  return json_response(200, published_json(published));
}

Result<Response> refuse_proposal(const Services& services, const Call& call) {
  KIP_TRY(ProposalId id, ProposalId::parse(call.params.at("proposal")));
  KIP_TRY(std::string reason, read_reason(call));
  KIP_TRY(const Proposal decided,
          services.proposals.decline(call.actor, {std::move(id), ProposalState::declined, std::move(reason)}));
  return json_response(200, to_json(decided));
}

Result<Response> list_rollouts(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto rollouts, services.rollouts.list());
  return json_response(200, page_json("rollouts", rollouts, page, standing_json));
}

Result<Response> forecast_rollout(const Services& services, const Call& call) {
  KIP_TRY(const ProductId product, ProductId::parse(call.params.at("product")));
  KIP_TRY(const RolloutForecast forecast, services.rollouts.forecast(product));
  return json_response(200, forecast_json(forecast));
}

Result<Response> stop_rollout(const Services& services, const Call& call) {
  KIP_TRY(const ProductId product, ProductId::parse(call.params.at("product")));
  KIP_TRY(const std::string reason, read_reason(call));
  KIP_TRY(const Rollout stopped, services.guard.stop(call.actor, product, reason));
  return json_response(200, to_json(stopped));
}

Result<Response> label_install(const Services& services, const Call& call) {
  KIP_TRY(InstallId install, InstallId::parse(call.params.at("install")));
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "labels");
  auto labels = read_labels(in.array("labels", kMaxLabels));
  if (!labels) in.refuse("labels", labels.error().message);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY(const InstallRecord labelled, services.rollouts.label(call.actor, {std::move(install), *std::move(labels)}));
  return json_response(200, install_json(labelled));
}

}  // namespace

std::vector<Route> rollout_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  return {
      {"GET", "/v1/tenants/{tenant}/releases", kReader, BodyKind::none, with(list_releases)},
      {"GET", "/v1/tenants/{tenant}/proposals", kReader, BodyKind::none, with(list_proposals)},
      {"GET", "/v1/tenants/{tenant}/proposals/{proposal}", kReader, BodyKind::none, with(show_proposal)},
      {"POST", "/v1/tenants/{tenant}/proposals/{proposal}/approval", staff(StaffAction::releases_approve),
       BodyKind::whole, with(approve_proposal)},
      {"POST", "/v1/tenants/{tenant}/proposals/{proposal}/refusal", staff(StaffAction::rollouts_stop), BodyKind::whole,
       with(refuse_proposal)},
      {"GET", "/v1/tenants/{tenant}/rollouts", kReader, BodyKind::none, with(list_rollouts)},
      {"GET", "/v1/tenants/{tenant}/rollouts/{product}/forecast", kReader, BodyKind::none, with(forecast_rollout)},
      {"POST", "/v1/tenants/{tenant}/rollouts/{product}/stop", staff(StaffAction::rollouts_stop), BodyKind::whole,
       with(stop_rollout)},
      {"PUT", "/v1/tenants/{tenant}/installs/{install}/labels", staff(StaffAction::installs_admit), BodyKind::whole,
       with(label_install)},
  };
}

}  // namespace kip::server
