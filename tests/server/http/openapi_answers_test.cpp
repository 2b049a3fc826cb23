// A vendor's whole life through the interface, so that each answer of the OpenAPI document is given once: World::call()
// compares each with its schema, and here it is counted that none was left out.

#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <server/http/conditional.hpp>

#include "../fake_mail_client.hpp"
#include "../world.hpp"

namespace kip::server::testing {
namespace {

constexpr const char* kNobody = "01JD0000000000000000000001";
const std::string kKey = "BTC:99/2025/TT-BTC:2025";
const std::string kEscapedKey = "BTC%3A99%2F2025%2FTT-BTC%3A2025";
const std::string kActText = R"({"format":"kip.act/1","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,)"
                             R"("kind":"circular","signed_on":"2025-10-27","changes":["report-form"]})";
const std::string kCustomer = R"({"customers":[{"format":"kip.customer/1","tax_code":"0101243150","name":"Minh Anh",)"
                              R"("product":"forms","seats":5,"contract_start":"2025-01-15","email":"ma@example.vn",)"
                              R"("periods":{"months":[24]}}]})";

class Answers : public ::testing::Test {
 protected:
  static std::string at(std::string_view route) { return "/v1/tenants/an-phat" + std::string(route); }
  Response get(std::string_view route) { return world.staff("GET", at(route)); }
  Response post(std::string_view route, std::string body = "{}") {
    return world.staff("POST", at(route), std::move(body));
  }
  Response second(std::string_view route, std::string body = "{}") {
    return world.as(binh, "POST", at(route), std::move(body));
  }
  std::string text(const Response& answer, std::string_view name) {
    const json::Value body = parse_json(answer);
    const json::Value* member = body.find(name);
    EXPECT_NE(member, nullptr) << name << " is not in " << answer.body;
    return member == nullptr ? std::string() : *member->as_text();
  }

  void acts();
  void decisions();
  void circumstances();
  void customers_and_publishing();
  void installs();
  void install_keys();
  void waiting();
  void service();
  void notices();
  void alerts();
  void people();
  void files_and_pages();
  void not_there();
  void conventions();
  IdempotencyKeys::Claim claim_of(const std::string& path) {
    const auto caller = world.access.recognise(world.token).value();
    return {fmt::format("{} {} {}", world.tenant.str(), caller.person.str(), caller.credential), "key-of-another",
            sha256(fmt::format("POST {}\n{}", path, sha256("{}").hex()))};
  }

  Response signed_call(const TestInstall& install, const char* method, std::string_view route, const Bytes& body) {
    const auto headers =
        sign_request(install.id, install.key, method, at(route), body, world.clock.now(), world.random).value();
    return world.call(method, at(route), body, headers);
  }
  Bytes receipts(const std::vector<Bytes>& envelopes) {
    json::Array list;
    for (const Bytes& one : envelopes)
      list.push_back(to_base64(one));
    return json::to_compact(json::Object{{"receipts", std::move(list)}});
  }

  std::string token_for(StaffAction scope) {
    const auto person = PersonName::parse("an").value();
    return world.access.create_token(kServerActor, person, {.label = "narrow", .scopes = StaffActions{scope}})
        .value()
        .token;
  }

  World world;
  std::string notice;
  std::string proposal;
  std::string binh = world.token_of("binh", every_role());
};

void Answers::acts() {
  post("/commitments", kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json"));
  post("/acts", kActText);
  post("/acts", kActText);
  std::string other = kActText;
  other.replace(other.find("2025-10-27"), 10, "2025-10-28");
  post("/acts", other);
  post("/acts/import", "{\"acts\":[" + kActText + "]}");
  post("/acts/import", "{\"acts\":[" + other + "]}");
  std::string changed = kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json");
  changed.replace(changed.find("\"clause\": \""), 11, "\"clause\": \"other: ");
  post("/commitments", changed);
  std::string elsewhere = changed;
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"calendar\": \"VN\"", "\"calendar\": \"XX\""},
                                 {"\"id\": \"", "\"id\": \"x-"}}) {
    for (auto found = elsewhere.find(from); found != std::string::npos; found = elsewhere.find(from, found + to.size()))
      elsewhere.replace(found, from.size(), to);
  }
  post("/commitments", elsewhere);
  const Bytes terms = kip::testing::read_file(KIP_SAMPLES "/terms/vendor-a.json");
  post("/terms", terms);
  Bytes conflicting = terms;
  conflicting.replace(conflicting.find("\"clause\": \""), 11, "\"clause\": \"other: ");
  post("/terms", conflicting);
}

void Answers::decisions() {
  const std::string stated = R"({"act":")" + kKey + R"(","date":"signed","day":"2025-10-27","source":"gazette"})";
  post("/act-dates", stated);
  second("/act-dates", R"({"act":")" + kKey + R"(","date":"effective","day":"2026-01-01","source":"gazette"})");
  second("/act-date-confirmations", R"({"act":")" + kKey + R"(","date":"signed","day":"2025-10-27"})");
  second("/act-date-confirmations", R"({"act":")" + kKey + R"(","date":"signed","day":"2025-10-27"})");
  std::string later = kActText;
  later.replace(later.find("2025-10-27"), 10, "2025-10-29");
  second("/acts/comparison", "{\"acts\":[" + later + "]}");
  later.replace(later.find("99/2025"), 7, "98/2025");
  second("/acts/comparison", "{\"acts\":[" + later + "]}");
  const std::string turn = R"("turn":"corrected","on":"2025-11-01","source":"g","clock":"goes-on","reason":"typo"})";
  post("/act-developments", R"({"act":")" + kKey + "\"," + turn);
  post("/act-developments", R"({"act":")" + kKey + "\"," + turn);
  second("/act-development-confirmations", R"({"act":")" + kKey + R"(","number":1})");
  second("/act-development-confirmations", R"({"act":")" + kKey + R"(","number":1})");
  const std::string series = R"({"issuer":"BTC","year":2025,"series":"TT-BTC",)";
  post("/coverage/extent", series + R"("up_to":120,"source":"gazette"})");
  post("/coverage/extent", series + R"("up_to":100,"source":"gazette"})");
  for (int i = 0; i < 2; ++i)
    post("/coverage", series + R"("from":1,"to":99,"disposition":"not-relevant","reason":"customs"})");
  post("/coverage", series + R"("from":1,"to":98,"disposition":"not-relevant","reason":"customs"})");
  EXPECT_EQ(post("/coverage", series + R"("from":99,"to":99,"disposition":"not-relevant","reason":"customs"})").status,
            409);
  for (const char* route : {"/acts", "/commitments", "/coverage", "/obligations", "/obligations.csv",
                            "/obligations.ics", "/obligations/1", "/stamps", "/events", "/service-promises"})
    EXPECT_EQ(get(route).status, 200) << route;
  get("/act?act=" + kEscapedKey);
}

void Answers::circumstances() {
  post("/obligations/1/waivers", R"({"reason":"agreed","expires":"2026-03-01T00:00:00Z"})");
  second("/obligations/1/waivers/1/approval");
  second("/obligations/1/waivers/1/approval");
  for (int i = 0; i < 2; ++i)
    post("/obligations/1/blocks", R"({"since":"2025-10-27","evidence":"letter"})");
  for (int i = 0; i < 2; ++i)
    post("/obligations/1/unblocking", R"({"on":"2025-10-28","evidence":"letter"})");
}

void Answers::customers_and_publishing() {
  EXPECT_EQ(get("/repository").status, 404);
  const tuf::Publication publication = world.publication({"1.0"});
  json::Object documents{{"root", json::Array{to_base64(publication.roots.front())}},
                         {"targets", to_base64(*publication.targets)}};
  for (const auto& [role, bytes] : publication.delegated)
    documents[role] = to_base64(bytes);
  const std::string code = R"({"tax_code":"0101243150","product":"forms"})";
  post("/enrolment-codes", code);
  post("/customers/import", kCustomer);
  const Bytes publication_body = json::to_compact(json::Object{{"documents", documents}});
  const Response handed = post("/publications", publication_body);
  EXPECT_EQ(handed.status, 202);
  proposal = *parse_json(handed).find("proposal")->find("proposal")->as_text();
  const std::string at_it = "/proposals/" + proposal;
  get("/proposals");
  get(at_it);
  EXPECT_EQ(post(at_it + "/approval").status, 403);
  EXPECT_EQ(second(at_it + "/approval").status, 200);
  EXPECT_EQ(second(at_it + "/approval").status, 409);
  EXPECT_EQ(post(at_it + "/refusal", R"({"reason":"late"})").status, 409);
  EXPECT_EQ(post("/publications", publication_body).status, 200);
  get("/releases");
  get("/rollouts");
  get("/rollouts/forms/forecast");
  post("/rollouts/forms/stop", R"({"reason":"wrong"})");
  post("/rollouts/other/stop", R"({"reason":"wrong"})");
  const Response resumed =
      post("/publications", R"({"documents":{},"rollouts":[{"product":"forms","version":"1.0"}]})");
  const std::string resume = "/proposals/" + *parse_json(resumed).find("proposal")->find("proposal")->as_text();
  EXPECT_EQ(post(resume + "/refusal", R"({"reason":"not yet"})").status, 200);
  for (const char* what : {"/approval", "/refusal"})
    post("/proposals/" + std::string(kNobody) + what, R"({"reason":"none"})");
  world.staff("PUT", at("/installs/" + std::string(kNobody) + "/labels"), R"({"labels":["pilot"]})");
  for (int i = 0; i < 2; ++i)
    world.staff("PUT", at("/targets/" + sha256("package").hex()), "package");
  world.staff("PUT", at("/targets/" + sha256("other").hex()), "package");
  get("/repository");
  get("/customers");
  get("/entitlements");
  EXPECT_EQ(post("/enrolment-codes", code).status, 201);
  const tuf::Publication next = world.publication({"1.0", "1.1"});
  const auto document = tuf::parse_document(next.delegated.at("product-forms"), 1U << 20U).value();
  documents["product-forms"] = to_base64(tuf::to_bytes(document.body, {document.signatures[0]}));
  EXPECT_EQ(post("/publications", json::to_compact(json::Object{{"documents", documents}})).status, 422);
}

void Answers::installs() {
  const EnrolmentCode code = world.code();
  const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  const Response enrolled = world.call("POST", at("/enrolments"), world.enrolment_envelope(code, key));
  world.call("POST", at("/enrolments"), world.enrolment_envelope(code, key));
  const TestInstall install{InstallId::parse(text(enrolled, "install")).value(), key};
  const Bytes first = world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"));
  EXPECT_EQ(signed_call(install, "POST", "/receipts", receipts({first})).status, 200);
  EXPECT_EQ(signed_call(install, "GET", "/postponement", {}).status, 200);
  const TestInstall other = world.enrol("PC-2");
  EXPECT_EQ(signed_call(other, "POST", "/receipts", receipts({first})).status, 422);
  const auto import = [&](const InstallId& of) {
    return post("/receipt-imports",
                json::to_compact(json::Object{{"install", of.str()}, {"receipts", json::Array{to_base64(first)}}}));
  };
  EXPECT_EQ(import(install.id).status, 200);
  EXPECT_EQ(import(other.id).status, 422);
  const Bytes request = world.signed_request(install, ServiceKind::failed_update);
  const Bytes body = json::to_compact(json::Object{{"request", to_base64(request)}});
  EXPECT_EQ(signed_call(install, "POST", "/service-requests", body).status, 201);
  EXPECT_EQ(signed_call(install, "POST", "/service-requests", body).status, 200);
  EXPECT_EQ(signed_call(other, "POST", "/service-requests", body).status, 422);
  const PrivateKey thief = PrivateKey::generate(KeyType::ed25519).value();
  EXPECT_EQ(world.call("POST", at("/enrolments"), world.enrolment_envelope(code, thief)).status, 409);
  Bytes forged = world.enrolment_envelope(code, thief);
  const auto signature = forged.find("\"sig\":\"") + 7;
  forged[signature] = forged[signature] == 'A' ? 'B' : 'A';
  EXPECT_EQ(world.call("POST", at("/enrolments"), forged).status, 422);
  EXPECT_EQ(signed_call(install, "POST", "/receipts", R"({"receipts":[]})").status, 400);
  ServiceRequest twin = world.service_request(other, ServiceKind::question);
  for (const int status : {201, 409}) {
    const Bytes envelope = world.signed_request(other, twin);
    EXPECT_EQ(signed_call(other, "POST", "/service-requests",
                          json::to_compact(json::Object{{"request", to_base64(envelope)}}))
                  .status,
              status);
    twin.note = "something else";
  }
  EnrolmentCode unknown = code;
  unknown.secret = std::string(32, '0');
  EXPECT_EQ(world.call("POST", at("/enrolments"), world.enrolment_envelope(unknown, key)).status, 403);
  EXPECT_EQ(post("/enrolment-codes", R"({"replaces":")" + other.id.str() + R"("})").status, 201);
  for (int i = 0; i < 2; ++i) {
    world.staff("PUT", at("/installs/" + other.id.str() + "/labels"), R"({"labels":["pilot"]})");
    post("/installs/" + other.id.str() + "/retirement", R"({"reason":"sold"})");
  }
  EXPECT_EQ(get("/installs").status, 200);
}

void Answers::install_keys() {
  const TestInstall install = world.enrol("PC-3");
  const PrivateKey next = PrivateKey::generate(KeyType::ed25519).value();
  const auto send = [&](const PrivateKey& old_key, const PrivateKey& new_key) {
    return world.call("POST", at("/install-keys"), world.rotation_envelope({install.id, old_key}, new_key));
  };
  const auto forged = sign_rotation(world.rotation(install, next), Signer::of(next), Signer::of(next)).value();
  EXPECT_EQ(world.call("POST", at("/install-keys"), forged).status, 422);
  EXPECT_EQ(send(install.key, world.enrol("PC-4").key).status, 409);
  EXPECT_EQ(send(install.key, next).status, 201);
  EXPECT_EQ(send(install.key, next).status, 200);
  EXPECT_EQ(send(install.key, PrivateKey::generate(KeyType::ed25519).value()).status, 403);
  EXPECT_EQ(world.call("POST", at("/install-keys"), "{}").status, 400);
}

void Answers::waiting() {
  const Response made =
      post("/enrolment-codes", R"({"tax_code":"0101243150","product":"forms","seats":2,"approval":true})");
  const auto code = parse_enrolment_code(*parse_json(made).find("codes")->as_array()->at(0).as_text(), sha256).value();
  const auto ask = [&] {
    const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
    return text(world.call("POST", at("/enrolments"), world.enrolment_envelope(code, key)), "install");
  };
  const std::string in = ask();
  const std::string out = ask();
  EXPECT_EQ(get("/waiting-installs").status, 200);
  for (int i = 0; i < 2; ++i) {
    post("/waiting-installs/" + in + "/approval");
    post("/waiting-installs/" + out + "/refusal", R"({"reason":"unknown"})");
  }
}

void Answers::service() {
  const std::string call =
      R"({"tax_code":"0101243150","product":"forms","kind":"remote","grade":2,"note":"it does not print"})";
  const std::int64_t number = *parse_json(post("/service-calls", call)).find("number")->as_integer();
  const std::string one = fmt::format("/service-requests/{}", number);
  for (int i = 0; i < 2; ++i) {
    post(one + "/answer", R"({"note":"called back"})");
    post(one + "/remote-failure", R"({"note":"no line"})");
  }
  EXPECT_EQ(post("/inspections", R"({"customer":"0101243150","product":"forms","on":"2025-10-27"})").status, 200);
  world.clock.advance(std::chrono::hours(2));
  const std::string visit =
      fmt::format(R"({{"from":"{}","to":"{}"}})", format_instant(world.clock.now() - std::chrono::hours(1)),
                  format_instant(world.clock.now()));
  EXPECT_EQ(post(one + "/visits", visit).status, 200);
  post(one + "/visits", visit);
  for (int i = 0; i < 2; ++i)
    post(one + "/resolution", R"({"note":"new cable"})");
  for (const char* route : {"/service-requests", "/service-shares", "/inspections"})
    EXPECT_EQ(get(route).status, 200) << route;
  EXPECT_EQ(get(one).status, 200);
}

void Answers::alerts() {
  EXPECT_EQ(post("/alerts/test").status, 201);
  EXPECT_EQ(get("/alerts").status, 200);
  EXPECT_EQ(get("/alerts?open=maybe").status, 400);
  EXPECT_EQ(get("/alerts/deliveries").status, 200);
  EXPECT_EQ(get("/alerts/deliveries?state=lost").status, 400);
  AlertDelivery delivery = world.alerts.deliveries({}, {}, 1).value().deliveries.front();
  const std::string again = "/alerts/deliveries/" + delivery.id.str() + "/retry";
  EXPECT_EQ(post(again).status, 409);
  delivery.state = DeliveryState::dead;
  {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    ASSERT_THAT(unit->alert_deliveries().put(delivery), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  EXPECT_EQ(post(again).status, 200);
  EXPECT_EQ(post(std::string("/alerts/deliveries/") + kNobody + "/retry").status, 404);
}

void Answers::notices() {
  FakeMailClient client;
  Mailer mailer(world.mailer_ports(client), mailer_options());
  ASSERT_THAT(mailer.run([] { return false; }), is_ok());
  ASSERT_THAT(world.publish({"1.0", "1.1"}), is_ok());
  ASSERT_THAT(mailer.run([] { return false; }), is_ok());
  ASSERT_FALSE(client.message_ids.empty());
  EXPECT_EQ(get("/notices").status, 200);
  notice = client.message_ids.at(0).substr(0, 26);
  EXPECT_EQ(get("/notices/" + client.message_ids.at(0).substr(0, 26)).status, 200);
  const auto bounce = [&](const Bytes& report) {
    return post("/notices/bounces", json::to_compact(json::Object{{"report", to_base64(report)}}));
  };
  EXPECT_EQ(bounce(delivery_report(client.message_ids.at(0))).status, 200);
  bounce(delivery_report(client.message_ids.at(0)));
  EXPECT_EQ(bounce(delivery_report("x@y.example")).status, 404);
}

void Answers::people() {
  const Response added = post("/people", R"({"name":"chi","roles":["approver","auditor"]})");
  post("/people", R"({"name":"chi","roles":["approver"]})");
  world.staff("PUT", at("/people/chi"), R"({"roles":["support"]})");
  EXPECT_EQ(world
                .call("PUT", at("/people/chi"), R"({"roles":["auditor"]})",
                      {{"authorization", "Bearer " + world.token}, {"if-match", "\"other\""}})
                .status,
            412);
  const std::string invitation = text(post("/people/chi/invitation"), "invitation");
  const std::string password = R"(,"password":"a long pass phrase"})";
  world.call("POST", at("/password"), R"({"person":"chi","proof":"kipi_x")" + password);
  EXPECT_EQ(world.call("POST", at("/password"), R"({"person":"chi","proof":")" + invitation + "\"" + password).status,
            200);
  const Response session = world.call("POST", at("/sessions"), R"({"person":"chi")" + password);
  EXPECT_EQ(world.as(text(session, "session"), "POST", at("/sessions/end"), "{}").status, 200);
  post("/sessions/end");
  const Response token = post("/tokens", R"({"label":"script","scopes":["read"],"hours":24})");
  for (int i = 0; i < 2; ++i)
    post("/tokens/" + text(token, "token") + "/revocation");
  for (const char* route : {"/me", "/people", "/tokens", "/people/chi/tokens", "/people/chi/dependents"})
    EXPECT_EQ(get(route).status, 200) << route;
  EXPECT_EQ(post("/people/binh/removal", R"({"reason":"left","successor":"chi"})").status, 200);
  EXPECT_EQ(world.staff("PUT", at("/people/an"), R"({"roles":["support"]})").status, 409);
  EXPECT_EQ(post("/people/chi/removal", R"({"reason":"left","successor":"an"})").status, 200);
  post("/people/chi/removal", R"({"reason":"left"})");
  post("/people/chi/invitation");
  world.staff("PUT", at("/people/chi"), R"({"roles":["auditor"]})");
  for (int i = 0; i < 12; ++i)
    world.call("POST", at("/sessions"), R"({"person":"dung")" + password);
  world.call("POST", at("/password"), R"({"person":"dung","proof":"kipi_x")" + password);
}

void Answers::files_and_pages() {
  for (const char* page : {"/status", "/t/an-phat/status"}) {
    EXPECT_EQ(world.staff("GET", page).status, 200);
    EXPECT_EQ(world.staff("GET", std::string(page) + "/act?act=" + kEscapedKey).status, 200);
    EXPECT_EQ(world.staff("GET", std::string(page) + "/act?act=BTC%3A1%3A2025").status, 404);
  }
  ASSERT_THAT(world.logs.start(), is_ok());
  ASSERT_THAT(world.logs.flush(), is_ok());
  const Response checkpoint = world.call("GET", "/t/an-phat/log/o/checkpoint");
  const auto line = checkpoint.body.find('\n') + 1;
  const std::string size = checkpoint.body.substr(line, checkpoint.body.find('\n', line) - line);
  const Bytes package = "a package of its own";
  const std::string target = fmt::format("forms/{}.own.kpk", sha256(package).hex());
  ASSERT_THAT(world.repository->write_target(target, package), is_ok());
  for (const std::string& path :
       {std::string("metadata/1.root.json"), "targets/" + target, "log/o/tile/0/000.p/" + size}) {
    const std::string url = "/t/an-phat/" + path;
    const Response whole = world.call("GET", url);
    ASSERT_EQ(whole.status, 200) << url;
    EXPECT_EQ(world.call("GET", url, {}, {{"range", "bytes=0-0"}}).status, 206) << url;
    EXPECT_EQ(world.call("GET", url, {}, {{"range", "bytes=99999999-"}}).status, 416) << url;
    EXPECT_EQ(world.call("GET", url, {}, {{"if-none-match", header(whole, "ETag")}}).status, 304) << url;
    EXPECT_EQ(world.call("GET", url + "x").status, 404) << url;
  }
  EXPECT_EQ(get("/evidence?obligation=1").status, 200);
  for (const char* path : {"/readyz", "/metrics", "/t/an-phat/readyz", "/t/an-phat/metrics"})
    EXPECT_EQ(world.staff("GET", path).status, 200) << path;
  world.call("GET", "/healthz");
  world.call("GET", "/v1/openapi.json");
}

/// What every route of its kind can answer: nothing has changed; a key that was used.
void Answers::conventions() {
  for (const Route& route : all_routes(world.services)) {
    const std::string path = path_of(route, "an-phat");
    if (is_repeatable(route)) {
      const Headers headers{{"authorization", "Bearer " + world.token}, {"idempotency-key", "key-of-a-test"}};
      world.call("POST", path, "{}", headers);
      EXPECT_EQ(world.call("POST", path, "{} ", headers).status, 422) << path;
      const Headers other{{"authorization", "Bearer " + world.token}, {"idempotency-key", "key-of-another"}};
      world.idempotency.begin(claim_of(path));
      EXPECT_EQ(world.call("POST", path, "{}", other).status, 409) << path;
      world.idempotency.forget(claim_of(path));
    }
  }
  RateLimiter limiter(world.clock, {.install = 1, .person = 1, .address = 1, .reads = 1});
  const Router tight(world.tenant, {world.gate, world.log, world.idempotency, limiter}, all_routes(world.services));
  world.asked = &tight;
  for (const Route& route : all_routes(world.services)) {
    for (int i = 0; i < 2; ++i)
      world.staff(std::string(route.method), path_of(route, "an-phat"), "{}");
  }
  world.asked = &world.router;
  for (const std::string& path : {at("/act?act=" + kEscapedKey),
                                  at("/me"),
                                  at("/acts"),
                                  at("/alerts"),
                                  at("/alerts/deliveries"),
                                  at("/commitments"),
                                  at("/coverage"),
                                  at("/customers"),
                                  at("/entitlements"),
                                  at("/events"),
                                  at("/inspections"),
                                  at("/installs"),
                                  at("/waiting-installs"),
                                  at("/notices"),
                                  at("/notices/" + notice),
                                  at("/obligations"),
                                  at("/obligations/1"),
                                  at("/obligations.csv"),
                                  at("/obligations.ics"),
                                  at("/people"),
                                  at("/people/an"),
                                  at("/people/an/dependents"),
                                  at("/people/an/tokens"),
                                  at("/proposals?all=true"),
                                  at("/proposals/" + proposal),
                                  at("/releases"),
                                  at("/repository"),
                                  at("/rollouts"),
                                  at("/rollouts/forms/forecast"),
                                  at("/service-promises"),
                                  at("/service-requests"),
                                  at("/service-requests/1"),
                                  at("/service-shares"),
                                  at("/stamps"),
                                  at("/tokens"),
                                  std::string("/v1/openapi.json")}) {
    const Response first = world.staff("GET", path);
    EXPECT_EQ(header(first, "ETag"), body_etag(first.body)) << path;
    const Headers headers{{"authorization", "Bearer " + world.token}, {"if-none-match", header(first, "ETag")}};
    EXPECT_EQ(world.call("GET", path, {}, headers).status, 304) << path;
  }
}

/// Names that lead nowhere.
void Answers::not_there() {
  const std::string act = R"({"act":"BTC:1:2025",)";
  post("/act-dates", act + R"("date":"signed","day":"2025-10-27","source":"g"})");
  post("/act-date-confirmations", act + R"("date":"signed","day":"2025-10-27"})");
  post("/act-developments",
       act + R"("turn":"corrected","on":"2025-11-01","source":"g","clock":"goes-on","reason":"typo"})");
  post("/act-development-confirmations", act + R"("number":1})");
  post("/obligations/99/waivers", R"({"reason":"agreed","expires":"2026-03-01T00:00:00Z"})");
  std::vector<std::string> narrows;
  for (const StaffAction scope : {StaffAction::read, StaffAction::own})
    narrows.push_back(token_for(scope));
  for (const Route& route : all_routes(world.services)) {
    const std::string path = path_of(route, "an-phat");
    world.call(std::string(route.method), path, "{}");
    world.call(std::string(route.method), path + "?x=%zz", "{}");
    world.staff(std::string(route.method), path_of(route, "binh-minh"), "{}");
    world.staff(std::string(route.method), path, "{}");
    world.staff(std::string(route.method), path, "{\"no-such-member\":1}");
    for (const std::string& narrow : narrows)
      world.as(narrow, std::string(route.method), path, "{}");
  }
}

/// "operation status" that this test cannot have, and why.
const std::map<std::string, std::string>& elsewhere() {
  static const std::map<std::string, std::string> kElsewhere = {
      {"publish 409", "publishing_test.cpp: published meanwhile, or another content of the same version"},
      {"publish 410", "signing_test: metadata that has expired"},
      {"publish 412", "signing_test: metadata older than what is published"},
      {"exportEvidence 409", "evidence_test.cpp: a bundle that would not hold"},
  };
  return kElsewhere;
}

TEST_F(Answers, EachThatIsDescribedIsGivenOnce) {
  acts();
  decisions();
  circumstances();
  customers_and_publishing();
  installs();
  install_keys();
  waiting();
  service();
  notices();
  alerts();
  people();
  files_and_pages();
  conventions();
  not_there();
  // Of the socket, of the machine, or of somebody else's load: http_server_test.cpp, api_test.cpp.
  const std::set<std::string> below{"411", "413", "415", "500", "503", "507", "default"};
  const json::Value& document = documented(world.services).document();
  std::string missing;
  for (const auto& [path, item] : *document.find("paths")->as_object()) {
    for (const auto& [method, operation] : *item.as_object()) {
      const std::string id = *operation.find("operationId")->as_text();
      for (const auto& [status, response] : *operation.find("responses")->as_object()) {
        const std::string name = id + " " + status;
        if (!below.contains(status) && !world.seen.contains(name) && !elsewhere().contains(name))
          missing += name + "\n";
      }
    }
  }
  EXPECT_EQ(missing, "");
}

}  // namespace
}  // namespace kip::server::testing
