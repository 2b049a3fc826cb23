#include "world.hpp"

#include <algorithm>

#include <server/domain/key_rotation.hpp>
#include <signing/ceremony/repository_plan.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip::server::testing {
namespace {

constexpr std::string_view kAct = R"({"format":"kip.act/1","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,
  "kind":"circular","title":"Accounting regime","signed_on":"2025-10-27","effective_on":"2026-01-01",
  "changes":["report-form"]})";
constexpr std::string_view kCustomer = R"({"format":"kip.customer/1","tax_code":"0101243150","name":"Minh Anh",
  "product":"forms","seats":2,"contract_start":"2025-01-15","periods":{"months":[24]}})";

PrivateKey new_key() {
  return PrivateKey::generate(KeyType::ed25519).value();
}

Signer new_signer() {
  return Signer::of(new_key());
}

CalendarBook load_calendars() {
  return CalendarBook::create({{"VN.json", kip::testing::read_file(KIP_SAMPLES "/calendars/VN.json")}}).value();
}

}  // namespace

Bytes CountingRandom::bytes(std::size_t count) {
  const std::lock_guard lock(mutex_);
  Bytes out;
  while (out.size() < count)
    out += sha256(seed_ + std::to_string(++drawn_)).bytes();
  return out.substr(0, count);
}

void MemoryLog::write(std::string_view event, const LogFields& fields) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(format_log_line(event, fields));
}

std::vector<std::string> MemoryLog::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

Result<void> TextBody::read(std::uint64_t max_bytes, const BodySink& sink) {
  if (text_.size() > max_bytes) return fail(ErrorCode::too_large, "too large");
  const std::size_t half = text_.size() / 2;
  KIP_TRY_VOID(sink(BytesView(text_).substr(0, half)));
  return sink(BytesView(text_).substr(half));
}

World::World(std::shared_ptr<Store> given_store, std::string_view tenant_name)
    : tenant(TenantId::parse(tenant_name).value()),
      random(tenant_name == "an-phat" ? std::string() : std::string(tenant_name)),
      store(std::move(given_store)),
      calendars(load_calendars()),
      keys{new_signer(), new_signer(), new_signer()},
      entry(new_signer()),
      recorder(tenant, "http://127.0.0.1:8080", entry, clock, random),
      board(calendars, zones),
      repository(FolderRepository::open(files, "/repository").value()),
      static_files(files, "/repository", "/logs"),
      log_keeping{"/logs", new_key()},
      logs(files, *store, recorder, log_keeping),
      registry(*store, recorder, board),
      decisions(*store, recorder, board),
      coverage(*store, recorder),
      notices(*store, recorder, "An Phat Software"),
      alerts(*store, recorder, {"webhook:ops", "mail:ops@anphat.example"}),
      enrolment(*store, recorder, std::chrono::hours(24 * 90)),
      receipts(*store, recorder),
      service(*store, recorder, board),
      publisher(*store, *repository, recorder, keys, {}, install_limit(*store, recorder.tenant(), board, clock)),
      proposals(*store, *repository, recorder, publisher),
      guard(*store, recorder, publisher, log, {}),
      rollouts(*store, *repository, recorder, board, guard.policy()),
      evidence({*store, *repository, recorder, board, logs, entry.key}, {}),
      access(*store, recorder),
      people(*store, recorder, *repository, throttle),
      sign_in({*store, recorder, throttle, log}, std::chrono::hours(12)),
      gate(*store, access, clock),
      health({files, *store, publisher, logs, recorder, receipts}, {"/repository", {}}),
      services{*store,   recorder,    board,        registry,  decisions, coverage,
               notices,  alerts,      enrolment,    receipts,  service,   people,
               access,   sign_in,     publisher,    proposals, guard,     rollouts,
               evidence, *repository, static_files, 1U << 20U, health,    [] { return std::string(); }},
      idempotency(clock),
      limiter(clock, {.install = 0, .person = 0, .address = 0, .reads = 0}),
      router(tenant, {gate, log, idempotency, limiter}, all_routes(services)),
      token(access.provide_token(kServerActor, "an", every_role()).value().token) {
  for (int i = 0; i < 3; ++i)
    officers.push_back(new_signer());
}

void World::register_act_and_commitments() {
  const auto commitments = parse_commitments(kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json")).value();
  ASSERT_THAT(registry.import_commitments("staff:an", commitments), is_ok());
  const Act act = parse_act(kAct).value();
  ASSERT_THAT(registry.register_acts("staff:an", {act}, false), is_ok());
  ASSERT_THAT(decisions.confirm_date("staff:binh", {act.key, {Trigger::act_signed, act.signed_on, {}, {}, {}}}),
              is_ok());
}

Customer World::customer(const std::string& email) {
  Customer out = parse_customer(kCustomer).value();
  out.email = email;
  return out;
}

void World::import_customer() {
  ASSERT_THAT(registry.import_customers("staff:an", {parse_customer(kCustomer).value()}, false), is_ok());
}

tuf::Publication World::publication(const std::vector<std::string>& versions) {
  const OnlineKeys online{
      tenant, Key::of(keys.timestamp.key.public_key()), Key::of(keys.snapshot.key.public_key()),
      Key::of(keys.rollouts.key.public_key()),
      log_authorities(log_keeping, entry.key.public_key(), first_lives(recorder.origin(), tenant)).value()};
  const char* names[] = {"An", "Binh", "Chi"};
  std::vector<PublicKeyFile> owners;
  for (std::size_t i = 0; i < officers.size(); ++i)
    owners.push_back({names[i], Key::of(officers[i].key.public_key())});
  const Instant made = parse_instant("2025-10-01T00:00:00Z").value();
  FirstVersions first = first_versions({online, owners, 2, {product}, made}).value();
  const std::vector<const Signer*> signers = {&officers[0], &officers[1]};
  tuf::Targets& role = first.products.begin()->second;
  role.header.version = static_cast<std::int64_t>(versions.size());
  for (const std::string& text : versions) {
    const Bytes package = "package " + text;
    const Version version = Version::parse(text).value();
    Release release{product, version, sha256("manifest " + text), {"BTC:99/2025/TT-BTC:2025"}, {}, {}, {}};
    release.audience = audiences[text];
    std::tie(release.force_after, release.force_latest) = forces[text];
    role.targets.emplace(release_target_path(product, version), tuf::target_of(package, to_json(release)));
    upload(package);
  }
  tuf::Publication out;
  out.roots = {tuf::sign_metadata(to_json(first.root), signers).value()};
  out.targets = tuf::sign_metadata(to_json(first.targets), signers).value();
  out.delegated.emplace(product_role(product), tuf::sign_metadata(to_json(role), signers).value());
  return out;
}

void World::upload(BytesView bytes) {
  const auto upload = repository->begin_upload(sha256(bytes)).value();
  ASSERT_THAT(upload->write(bytes), is_ok());
  ASSERT_THAT(upload->finish(), is_ok());
}

Result<Published> World::publish(const std::vector<std::string>& versions, const std::vector<Rollout>& wanted) {
  return publisher.publish("staff:an", {publication(versions), wanted});
}

EnrolmentCode World::code(const std::string& label) {
  const CodeRequest request{TaxCode::parse("0101243150").value(), product, 1, label};
  return enrolment.create_codes("staff:an", request, publisher.first_root().value()).value().codes.front();
}

Bytes World::enrolment_envelope(const EnrolmentCode& code, const PrivateKey& key, const std::string& label) {
  const EnrolmentRequest request{code.tenant, code.product, code.secret, Key::of(key.public_key()).json(), label};
  return dsse::to_bytes(
      dsse::sign(std::string(kEnrolmentType), json::to_compact(to_json(request)), Signer::of(key)).value());
}

TestInstall World::enrol(const std::string& label) {
  return enrol_by(code(), label);
}

TestInstall World::enrol_by(const EnrolmentCode& by, const std::string& label) {
  PrivateKey key = new_key();
  InstallId id = enrolment.enrol(enrolment_envelope(by, key, label)).value().install;
  return {std::move(id), std::move(key)};
}

KeyRotation World::rotation(const TestInstall& install, const PrivateKey& next) {
  return {tenant, install.id, Key::of(install.key.public_key()).id(), Key::of(next.public_key()).json(), clock.now()};
}

Bytes World::rotation_envelope(const TestInstall& install, const PrivateKey& next) {
  return sign_rotation(rotation(install, next), Signer::of(install.key), Signer::of(next)).value();
}

void World::rekey(TestInstall& install) {
  PrivateKey next = new_key();
  ASSERT_THAT(rotate_key(*store, recorder, rotation_envelope(install, next)), is_ok());
  install.key = std::move(next);
}

Receipt World::receipt(const TestInstall& install, std::int64_t sequence, InstallState state, std::string_view version,
                       std::optional<Sha256Digest> previous) {
  if (sequence > 1 && !previous) previous = sha256("a receipt that never came");
  return {tenant,   install.id, std::string(32, 'a'),
          sequence, previous,   clock.now(),
          state,    product,    Version::parse(version).value(),
          {},       {}};
}

Bytes World::signed_receipt(const TestInstall& install, const Receipt& receipt) {
  return dsse::to_bytes(
      dsse::sign(std::string(kReceiptType), json::to_compact(to_json(receipt)), Signer::of(install.key)).value());
}

InstallCaller World::caller(const TestInstall& install) {
  return {install.id, to_hex(random.bytes(16)), clock.now() + std::chrono::minutes(10)};
}

ServiceRequest World::service_request(const TestInstall& install, ServiceKind kind) {
  ServiceRequest out{.tenant = tenant,
                     .install = install.id,
                     .id = RequestId::make(clock.now(), random.ulid_bits()),
                     .product = product,
                     .kind = kind,
                     .grade = 2,
                     .note = "it does not print",
                     .claimed_time = clock.now()};
  if (kind == ServiceKind::failed_update) out.failed = FailedUpdate{Version::parse("1.1").value(), "the disk is full"};
  return out;
}

Bytes World::signed_request(const TestInstall& install, const ServiceRequest& request) {
  return dsse::to_bytes(
      dsse::sign(std::string(kServiceRequestType), json::to_compact(to_json(request)), Signer::of(install.key))
          .value());
}

Bytes World::signed_request(const TestInstall& install, ServiceKind kind) {
  return signed_request(install, service_request(install, kind));
}

ServiceCall World::service_call(ServiceKind kind) {
  return {.id = RequestId::make(clock.now(), random.ulid_bits()),
          .customer = TaxCode::parse("0101243150").value(),
          .product = product,
          .kind = kind,
          .grade = 2,
          .note = "the screen stays dark",
          .came_at = clock.now()};
}

Response World::call(std::string method, std::string target, Bytes body, Headers headers) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.from = "192.0.2.7";
  for (auto& [name, value] : headers) {
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    request.headers.emplace(name, value);
  }
  TextBody text(body);
  if (request.method == "POST" || request.method == "PUT") request.body = &text;
  Response answer = asked->handle(request);
  const Documented::Exchange exchange{request.method, request.target, body, answer};
  EXPECT_EQ(documented(services).fault(exchange), "");
  seen.insert(documented(services).name(exchange));
  return answer;
}

Response World::as(std::string_view caller_token, std::string method, std::string target, Bytes body) {
  return call(std::move(method), std::move(target), std::move(body),
              {{"authorization", "Bearer " + std::string(caller_token)}});
}

Response World::staff(std::string method, std::string target, Bytes body) {
  return as(token, std::move(method), std::move(target), std::move(body));
}

std::string World::token_of(std::string_view person, const StaffRoles& roles) {
  return access.provide_token(kServerActor, person, roles).value().token;
}

json::Value World::staff_json(std::string method, std::string target, Bytes body) {
  return parse_json(staff(std::move(method), std::move(target), std::move(body)));
}

InstallRecord World::install_record(const InstallId& id) {
  const auto unit = store->begin(tenant, Access::read).value();
  return unit->projection().installs.find(id).value().value();
}

std::vector<std::string> World::event_types() {
  const auto unit = store->begin(tenant, Access::read).value();
  std::vector<std::string> out;
  for (const StoredEvent& event : unit->events().after(0, 1000).value())
    out.push_back(event.type);
  return out;
}

const Documented& documented(const Services& services) {
  static const Documented kDocumented(all_routes(services));
  return kDocumented;
}

std::string path_of(const Route& route, std::string_view tenant) {
  std::string out(route.pattern);
  for (auto begin = out.find('{'); begin != std::string::npos; begin = out.find('{')) {
    const std::string name = out.substr(begin + 1, out.find('}') - begin - 1);
    const std::string value = name == "tenant"                      ? std::string(tenant)
                              : name == "sha256"                    ? sha256("x").hex()
                              : name == "person" || name == "token" ? "nobody"
                                                                    : "1";
    out.replace(begin, name.size() + 2, value);
  }
  return out;
}

json::Value parse_json(const Response& response) {
  return json::parse(response.body).value_or(json::Value());
}

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace kip::server::testing
