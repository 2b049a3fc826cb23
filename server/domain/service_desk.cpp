#include <set>

#include <fmt/format.h>

#include <server/domain/service_desk.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::server {
namespace {

/// Every day on Earth has begun by then.
constexpr std::chrono::hours kFirstZone(14);

struct VerifiedRequest {
  ServiceRequest request;
  Sha256Digest digest;
};

/// One that is recorded already may be signed with a key that the install has given up since.
Result<VerifiedRequest> verify(const Bytes& bytes, const InstallRecord& install, Projection& from,
                               const TenantId& tenant) {
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(bytes));
  if (!install.key.usable()) return fail(ErrorCode::internal, "the install's key cannot be used");
  const auto verified = dsse::verify(envelope, kServiceRequestType, {*install.key.usable()});
  auto parsed = parse_service_request(envelope.payload);
  if (!verified) {
    if (!parsed || parsed->install != install.id) return Unexpected(verified.error());
    KIP_TRY(const auto present, from.services.by_id(parsed->id));
    if (!present || present->envelope != sha256(bytes)) return Unexpected(verified.error());
  }
  KIP_TRY(ServiceRequest request, std::move(parsed));
  if (request.tenant != tenant || request.install != install.id || request.product != install.product) {
    return fail(ErrorCode::denied, "the request is of another vendor, install or product");
  }
  return VerifiedRequest{std::move(request), sha256(bytes)};
}

Result<InstallRecord> load_install(UnitOfWork& unit, const InstallId& id) {
  KIP_TRY(auto install, unit.projection().installs.find(id));
  if (!install) return fail(ErrorCode::denied, "this install is not known here; enrol it");
  if (install->standing == Standing::active) return *std::move(install);
  if (install->standing == Standing::retired) return fail(ErrorCode::denied, std::string(retired_words(*install)));
  return fail(ErrorCode::denied,
              "this install is held, since two computers used its enrolment code; call the vendor, who has to decide "
              "first");
}

/// The failed remote request after which a visit is due; none for another kind. Each opens one on-site request, as long
/// as it is not resolved: the clock of a later one would have begun long ago.
Result<std::optional<std::int64_t>> remote_before(Projection& from, ServiceKind kind, const CustomerKey& customer) {
  if (kind != ServiceKind::onsite) return std::optional<std::int64_t>();
  KIP_TRY(const auto records, from.services.of(customer));
  std::set<std::int64_t> used;
  for (const ServiceRecord& record : records) {
    if (const auto& remote = record.request.facts().after_remote) used.insert(*remote);
  }
  std::vector<ServiceCase> cases;
  for (const ServiceRecord& record : records) {
    if (record.request.is_open() && !used.contains(record.number())) cases.push_back(record.request);
  }
  KIP_TRY(const ServiceCase* remote, failed_remote_of(cases));
  return std::optional(remote->facts().number);
}

Result<void> expect_customer(Projection& from, const TaxCode& customer, const ProductId& product) {
  KIP_TRY(const auto found, from.customers.find({customer, product}));
  if (found) return {};
  return fail(ErrorCode::not_found, fmt::format("there is no customer {} with the product {}; import it first",
                                                customer.str(), product.str()));
}

Result<void> expect_room(Projection& from, const InstallId& install) {
  KIP_TRY(const std::int64_t open, from.services.open_of(install));
  if (open < ServiceDesk::kMaxOpen) return {};
  return fail(ErrorCode::too_large,
              fmt::format("{} requests of this computer are open already; the vendor has to resolve some first", open));
}

/// What was taken in under that id before, if it is the same request.
Result<std::optional<ServiceRecord>> taken_before(Projection& from, const VerifiedRequest& verified) {
  KIP_TRY(auto present, from.services.by_id(verified.request.id));
  if (present && present->envelope != verified.digest) {
    return fail(ErrorCode::conflict,
                fmt::format("another request has the id {}; make a new one", verified.request.id.str()));
  }
  return present;
}

}  // namespace

Result<std::int64_t> ServiceDesk::record(UnitOfWork& unit, const Actor& actor, ServiceRequested requested,
                                         ServiceKind kind, const ProductId& product) {
  Projection& projection = unit.projection();
  KIP_TRY(requested.after_remote, remote_before(projection, kind, {requested.customer, product}));
  KIP_TRY(const std::int64_t last, projection.services.last_number());
  requested.number = last + 1;
  KIP_TRY_VOID(recorder_.record(unit, event_type::kServiceRequested, actor, service_requested_body(requested)));
  return requested.number;
}

Result<TakenRequest> ServiceDesk::take(const InstallCaller& caller, const Bytes& envelope) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(const InstallRecord install, load_install(*unit, caller.id));
  KIP_TRY(const bool fresh, unit->use_nonce(caller.nonce, recorder_.now(), caller.nonce_expires));
  if (!fresh) return fail(ErrorCode::denied, "this request was received before; sign a new one");
  KIP_TRY(const VerifiedRequest verified, verify(envelope, install, unit->projection(), recorder_.tenant()));
  const ServiceRequest& request = verified.request;
  Projection& projection = unit->projection();
  KIP_TRY(auto kept, taken_before(projection, verified));
  const bool created = !kept;
  if (created) {
    KIP_TRY_VOID(expect_room(projection, install.id));
    KIP_TRY(const std::int64_t number,
            record(*unit, "install:" + install.id.str(), {.customer = install.customer, .envelope = envelope},
                   request.kind, request.product));
    KIP_TRY(kept, projection.services.find(number));
  }
  KIP_CHECK(kept.has_value());
  KIP_TRY_VOID(unit->commit());
  const ServiceFacts& facts = kept->request.facts();
  KIP_TRY(Bytes answer, recorder_.acknowledge(ServiceAnswer{recorder_.tenant(), install.id, request.id, verified.digest,
                                                            facts.number, facts.came_at}));
  return TakenRequest{facts.number, std::move(answer), created};
}

Result<std::int64_t> ServiceDesk::take_call(const Actor& actor, ServiceCall call) {
  if (call.kind == ServiceKind::failed_update) {
    return fail(ErrorCode::usage,
                "an install reports failed updates itself; take it down as remote, and say in the note "
                "what happened");
  }
  if (call.came_at > recorder_.now()) {
    return fail(ErrorCode::usage,
                fmt::format("no call came at {}, which is still to come", format_instant(call.came_at)));
  }
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(expect_customer(unit->projection(), call.customer, call.product));
  call.id = RequestId::make(recorder_.now(), recorder_.random().ulid_bits());
  const ServiceKind kind = call.kind;
  const ProductId product = call.product;
  KIP_TRY(const std::int64_t number,
          record(*unit, actor, {.customer = call.customer, .call = std::move(call)}, kind, product));
  KIP_TRY_VOID(unit->commit());
  return number;
}

Result<void> ServiceDesk::step(std::string_view type, const Actor& actor, std::int64_t number,
                               const std::string& note) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(recorder_.record(*unit, type, actor, service_step_body({number, {recorder_.now(), actor.name, note}})));
  return unit->commit();
}

Result<void> ServiceDesk::answer(const Actor& actor, std::int64_t number, const std::string& note) {
  return step(event_type::kServiceAnswered, actor, number, note);
}

Result<void> ServiceDesk::fail_remote(const Actor& actor, std::int64_t number, const std::string& note) {
  return step(event_type::kServiceRemoteFailed, actor, number, note);
}

Result<void> ServiceDesk::resolve(const Actor& actor, std::int64_t number, const std::string& note) {
  return step(event_type::kServiceResolved, actor, number, note);
}

Result<void> ServiceDesk::visit(const Actor& actor, const ServiceVisited& visited) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kServiceVisited, actor, service_visited_body(visited)));
  return unit->commit();
}

Result<void> ServiceDesk::inspect(const Actor& actor, const InspectionRecorded& recorded) {
  if (recorded.inspection.on > std::chrono::floor<std::chrono::days>(recorder_.now() + kFirstZone)) {
    return fail(ErrorCode::usage, fmt::format("{} is still to come; record an inspection once it was done",
                                              format_date(recorded.inspection.on)));
  }
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY_VOID(expect_customer(unit->projection(), recorded.customer, recorded.product));
  KIP_TRY(const auto present, unit->projection().inspections.of({recorded.customer, recorded.product}));
  if (present.size() >= kMaxInspections) {
    return fail(ErrorCode::too_large,
                fmt::format("{} has {} inspections already", recorded.customer.str(), present.size()));
  }
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kInspectionRecorded, actor, inspection_recorded_body(recorded)));
  return unit->commit();
}

}  // namespace kip::server
