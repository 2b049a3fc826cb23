#include <optional>

#include <fmt/format.h>

#include <manifests/codec/plain_json.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <server/domain/key_rotation.hpp>
#include <server/domain/postponement.hpp>
#include <server/http/api.hpp>
#include <server/http/api_json.hpp>
#include <server/http/page.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::server {
namespace {

constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;
constexpr std::int64_t kMaxDays = 366;

/// A body that names the install instead of a customer and product.
Result<Response> create_replacement(const Services& services, const Call& call, const json::Value& body) {
  json::ObjectReader in(body, "replacement code");
  const auto replaced = in.parsed("replaces", InstallId::parse);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY(const Sha256Digest root, services.publisher.first_root());
  KIP_TRY(const ReplacementCode made, services.enrolment.create_replacement(call.actor, *replaced, root));
  return json_response(201, json::Object{{"codes", json::Array{to_text(made.code, sha256)}},
                                         {"expires", format_instant(made.expires)},
                                         {"replaces", install_json(made.replaces)}});
}

Result<Response> create_codes(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  if (body.find("replaces") != nullptr) return create_replacement(services, call, body);
  json::ObjectReader in(body, "enrolment codes");
  auto customer = in.parsed("tax_code", TaxCode::parse);
  auto product = in.parsed("product", ProductId::parse);
  const std::int64_t count = in.optional_integer("count", 1, 1000).value_or(1);
  std::string label = in.optional_text("label", 200).value_or("");
  if (!is_printable_line(label)) in.refuse("label", "has control characters");
  const std::int64_t seats = in.optional_integer("seats", 1, kMaxSeats).value_or(1);
  const bool approval = in.boolean_or("approval", false);
  const auto days = in.optional_integer("days", 1, kMaxDays);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY(const Sha256Digest root, services.publisher.first_root());
  CodeRequest request{*std::move(customer), *std::move(product), count, std::move(label), seats, approval};
  if (days) request.life = std::chrono::days(*days);
  KIP_TRY(const NewCodes codes, services.enrolment.create_codes(call.actor, request, root));
  json::Array list;
  for (const EnrolmentCode& code : codes.codes)
    list.push_back(to_text(code, sha256));
  return json_response(201, json::Object{{"codes", std::move(list)}, {"expires", format_instant(codes.expires)}});
}

Result<Response> enrol(const Services& services, const Call& call) {
  KIP_TRY(const Enrolled enrolled, services.enrolment.enrol(call.body));
  if (enrolled.waiting)
    return json_response(202, json::Object{{"install", enrolled.install.str()}, {"standing", "waiting"}});
  json::Object out{
      {"install", enrolled.install.str()}, {"customer", enrolled.customer}, {"standing", to_string(Standing::active)}};
  if (enrolled.replaced) {
    json::Object replaced{{"install", enrolled.replaced->id.str()}};
    if (const auto& in_use = enrolled.replaced->in_use) {
      replaced["version"] = in_use->version.str();
      replaced["manifest"] = in_use->manifest.hex();
    }
    out["replaces"] = std::move(replaced);
  }
  return json_response(enrolled.created ? 201 : 200, std::move(out));
}

Result<Response> rotate_install_key(const Services& services, const Call& call) {
  KIP_TRY(RotatedKey rotated, rotate_key(services.store, services.recorder, call.body));
  Response out;
  out.status = rotated.created ? 201 : 200;
  out.body = std::move(rotated.answer);
  return out.set("Content-Type", "application/json");
}

Result<InstallEnd> read_end(const Call& call) {
  KIP_TRY(InstallId install, InstallId::parse(call.params.at("install")));
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "reason");
  std::string reason = in.text("reason", 1000);
  if (reason.empty()) in.refuse("reason", "is empty: say why");
  KIP_TRY_VOID(in.finish(kStrict));
  return InstallEnd{std::move(install), std::move(reason)};
}

Result<Response> approve_install(const Services& services, const Call& call) {
  KIP_TRY(const InstallId install, InstallId::parse(call.params.at("install")));
  KIP_TRY(const InstallRecord admitted, services.enrolment.approve(call.actor, install));
  return json_response(200, install_json(admitted));
}

Result<Response> decline_install(const Services& services, const Call& call) {
  KIP_TRY(const InstallEnd end, read_end(call));
  KIP_TRY_VOID(services.enrolment.decline(call.actor, end));
  return json_response(200, json::Object{{"install", end.install.str()}, {"state", to_string(WaitingState::declined)}});
}

Result<Response> retire_install(const Services& services, const Call& call) {
  KIP_TRY(const InstallEnd end, read_end(call));
  KIP_TRY(const InstallRecord retired, services.enrolment.retire(call.actor, end));
  return json_response(200, install_json(retired));
}

Result<Response> list_waiting(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(auto waiting, unit->projection().waiting.all());
  std::erase_if(waiting, [](const WaitingInstall& one) { return one.state != WaitingState::waiting; });
  return json_response(200, page_json("waiting", waiting, page, waiting_json));
}

/// The member "receipts" of a body, at least one.
Result<std::vector<Bytes>> read_receipts(json::ObjectReader& in) {
  in.array("receipts", Receipts::kMaxBatch);
  const std::vector<std::string> texts = in.texts_or_empty("receipts", Receipts::kMaxBatch);
  if (texts.empty()) in.refuse("receipts", "is empty");
  KIP_TRY_VOID(in.finish(kStrict));
  std::vector<Bytes> envelopes;
  for (const std::string& text : texts) {
    KIP_TRY(Bytes envelope, from_base64(text));
    envelopes.push_back(std::move(envelope));
  }
  return envelopes;
}

Response taken_response(const TakenReceipts& taken) {
  json::Object out{{"standing", to_string(taken.standing)}, {"disputed", taken.disputed}};
  if (taken.acknowledgement) out["acknowledgement"] = to_base64(*taken.acknowledgement);
  if (taken.fork) out["fork"] = to_base64(*taken.fork);
  if (taken.missing_from) out["missing_from"] = *taken.missing_from;
  return json_response(200, std::move(out));
}

struct Delivery {
  std::vector<Bytes> envelopes = {};
  OnFork on_fork = OnFork::keep;
};

/// As the updater writes it; nothing where it is written in another way, which need not be wrong.
std::optional<Delivery> read_own_delivery(BytesView body) {
  json::PlainJson in(body);
  if (!in.take(R"({"receipts":[)")) return std::nullopt;
  Delivery out{.on_fork = OnFork::stop};
  do {
    auto envelope = in.take("\"") ? in.take_base64(body.size()) : std::nullopt;
    if (!envelope || !in.take("\"") || out.envelopes.size() == Receipts::kMaxBatch) return std::nullopt;
    out.envelopes.push_back(*std::move(envelope));
  } while (in.take(","));
  return in.take(R"(],"stop_at_fork":true})") && in.is_at_end() ? std::optional(std::move(out)) : std::nullopt;
}

Result<Delivery> read_delivery(BytesView text) {
  if (auto own = read_own_delivery(text)) return *std::move(own);
  KIP_TRY(const json::Value body, json::parse(text));
  json::ObjectReader in(body, "receipts");
  const OnFork on_fork = in.boolean_or("stop_at_fork", false) ? OnFork::stop : OnFork::keep;
  KIP_TRY(std::vector<Bytes> envelopes, read_receipts(in));
  return Delivery{std::move(envelopes), on_fork};
}

Result<Response> take_receipts(const Services& services, const Call& call) {
  KIP_TRY(const Delivery delivery, read_delivery(call.body));
  KIP_CHECK(call.install.has_value());
  KIP_TRY(const TakenReceipts taken, services.receipts.take(*call.install, delivery.envelopes, delivery.on_fork));
  return taken_response(taken);
}

Result<Response> import_receipts(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "receipts");
  const auto install = in.parsed("install", InstallId::parse);
  KIP_TRY(const std::vector<Bytes> envelopes, read_receipts(in));
  KIP_TRY(const TakenReceipts taken, services.receipts.import(call.actor, *install, envelopes));
  return taken_response(taken);
}

Result<Response> tell_postponement(const Services& services, const Call& call) {
  KIP_CHECK(call.install.has_value());
  KIP_TRY(Bytes envelope, state_postponement(services.store, services.recorder, *call.install));
  Response out;
  out.body = std::move(envelope);
  return out.set("Content-Type", "application/json");
}

Result<Response> list_installs(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto installs, unit->projection().installs.all());
  return json_response(200, page_json("installs", installs, page, install_json));
}

}  // namespace

std::vector<Route> install_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  return {
      {"POST", "/v1/tenants/{tenant}/enrolment-codes", staff(StaffAction::installs_admit), BodyKind::whole,
       with(create_codes)},
      {"POST", "/v1/tenants/{tenant}/enrolments", kAnyone, BodyKind::whole, with(enrol)},
      {"POST", "/v1/tenants/{tenant}/install-keys", kAnyone, BodyKind::whole, with(rotate_install_key)},
      {"POST", "/v1/tenants/{tenant}/receipts", kInstall, BodyKind::whole, with(take_receipts)},
      {"GET", "/v1/tenants/{tenant}/postponement", kInstall, BodyKind::none, with(tell_postponement)},
      {"POST", "/v1/tenants/{tenant}/receipt-imports", staff(StaffAction::installs_admit), BodyKind::large,
       with(import_receipts)},
      {"GET", "/v1/tenants/{tenant}/installs", kReader, BodyKind::none, with(list_installs)},
      {"GET", "/v1/tenants/{tenant}/waiting-installs", kReader, BodyKind::none, with(list_waiting)},
      {"POST", "/v1/tenants/{tenant}/waiting-installs/{install}/approval", staff(StaffAction::installs_admit),
       BodyKind::whole, with(approve_install)},
      {"POST", "/v1/tenants/{tenant}/waiting-installs/{install}/refusal", staff(StaffAction::installs_admit),
       BodyKind::whole, with(decline_install)},
      {"POST", "/v1/tenants/{tenant}/installs/{install}/retirement", staff(StaffAction::installs_admit),
       BodyKind::whole, with(retire_install)},
  };
}

}  // namespace kip::server
