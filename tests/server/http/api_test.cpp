// Every route: what it answers when all is well, and each of its errors. Without sockets.

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <manifests/model/postponement.hpp>
#include <signing/dsse/envelope.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

constexpr std::string_view kBase = "/v1/tenants/an-phat";
const std::string kAct = R"({"format":"kip.act/1","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,)"
                         R"("kind":"circular","signed_on":"2025-10-27","changes":["report-form"]})";
const std::string kCustomers =
    R"({"customers":[{"format":"kip.customer/1","tax_code":"0101243150","name":"Minh <Anh>",)"
    R"("product":"forms","seats":2,"contract_start":"2025-01-15",)"
    R"("periods":{"months":[24]}}],"dry_run":DRY})";

std::string customers(bool dry_run) {
  std::string out = kCustomers;
  return out.replace(out.find("DRY"), 3, dry_run ? "true" : "false");
}

std::string at(std::string_view route) {
  return std::string(kBase) + std::string(route);
}

std::string text(const json::Value& value, std::string_view name) {
  return *value.find(name)->as_text();
}

std::int64_t number(const json::Value& value, std::string_view name) {
  return *value.find(name)->as_integer();
}

const json::Array& list(const json::Value& value, std::string_view name) {
  return *value.find(name)->as_array();
}

/// How many receipts the answer acknowledges.
std::size_t acknowledged(const json::Value& answer) {
  const Bytes envelope = from_base64(text(answer, "acknowledgement")).value();
  return parse_acknowledgement(dsse::parse(envelope)->payload)->receipts.size();
}

std::string code_of(const Response& response) {
  const json::Value body = parse_json(response);
  const json::Value* code = body.find("code");
  return code == nullptr ? std::string() : *code->as_text();
}

class Api : public ::testing::Test {
 protected:
  Response post(std::string_view route, std::string body) { return world.staff("POST", at(route), std::move(body)); }
  Response get(std::string_view route) { return world.staff("GET", at(route)); }
  json::Value get_json(std::string_view route) { return parse_json(get(route)); }

  std::vector<Route> routes() { return all_routes(world.services); }

  json::Value publication_json(const std::vector<std::string>& versions) {
    const tuf::Publication publication = world.publication(versions);
    json::Object documents{{"root", json::Array{to_base64(publication.roots.front())}},
                           {"targets", to_base64(*publication.targets)}};
    for (const auto& [role, bytes] : publication.delegated)
      documents[role] = to_base64(bytes);
    return json::Object{{"documents", std::move(documents)}};
  }

  Response ask_postponement(const TestInstall& install, Headers* used = nullptr) {
    const auto headers =
        sign_request(install.id, install.key, "GET", at("/postponement"), "", world.clock.now(), world.random).value();
    if (used != nullptr) *used = headers;
    return world.call("GET", at("/postponement"), {}, headers);
  }

  Response post_receipts(const TestInstall& install, const std::vector<Bytes>& envelopes, Headers* used = nullptr,
                         bool stop_at_fork = false) {
    json::Array items;
    for (const Bytes& envelope : envelopes)
      items.push_back(to_base64(envelope));
    json::Object request{{"receipts", std::move(items)}};
    if (stop_at_fork) request["stop_at_fork"] = true;
    return post_as(install, json::to_compact(std::move(request)), used);
  }
  Response post_as(const TestInstall& install, const Bytes& body, Headers* used = nullptr) {
    Headers headers =
        sign_request(install.id, install.key, "POST", at("/receipts"), body, world.clock.now(), world.random).value();
    if (used != nullptr) *used = headers;
    return world.call("POST", at("/receipts"), body, headers);
  }

  World world;
};

TEST_F(Api, HealthIsOpen) {
  const Response response = world.call("GET", "/healthz");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"status\":\"ok\"}\n");
  EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_NE(header(response, "Content-Security-Policy"), "");
}

TEST_F(Api, EveryRouteStandsInTheDocument) {
  const std::string document = kip::testing::read_file(KIP_DOCS "/formats/api.md");
  for (const Route& route : routes()) {
    std::string path(route.pattern);
    if (path.starts_with("/v1/tenants/{tenant}")) path.erase(0, std::string_view("/v1/tenants/{tenant}").size());
    if (const auto dots = path.find("..."); dots != std::string::npos) path.erase(dots, 3);
    const std::string wanted = fmt::format("`{} {}", route.method, path);
    EXPECT_NE(document.find(wanted), std::string::npos) << wanted;
  }
}

TEST_F(Api, EveryRouteButTheOpenOnesRefusesWithoutAToken) {
  std::set<std::string> open;
  for (const Route& route : routes()) {
    if (!route.caller.is_staff()) {
      open.insert(fmt::format("{} {}", route.method, route.pattern));
      continue;
    }
    const std::string target = path_of(route, "an-phat");
    for (const char* value : {"", "Bearer", "Bearer kip_wrong", "Basic eDp5"}) {
      const Response response = world.call(std::string(route.method), target, "{}", {{"authorization", value}});
      EXPECT_EQ(response.status, 401) << route.method << " " << target;
      EXPECT_EQ(header(response, "WWW-Authenticate").empty(), false) << target;
      EXPECT_EQ(code_of(response), "denied");
    }
  }
  EXPECT_EQ(open,
            (std::set<std::string>{
                "GET /healthz", "GET /metrics", "GET /readyz", "GET /t/{tenant}/metrics", "GET /t/{tenant}/readyz",
                "GET /t/{tenant}/log/{log}/{path...}", "GET /t/{tenant}/metadata/{file}",
                "GET /t/{tenant}/targets/{path...}", "GET /v1/openapi.json", "GET /v1/tenants/{tenant}/postponement",
                "POST /v1/tenants/{tenant}/enrolments", "POST /v1/tenants/{tenant}/install-keys",
                "POST /v1/tenants/{tenant}/password", "POST /v1/tenants/{tenant}/receipts",
                "POST /v1/tenants/{tenant}/service-requests", "POST /v1/tenants/{tenant}/sessions"}));
}

TEST_F(Api, ReceiptsAreReadAlikeHoweverTheyAreWritten) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  const std::string one =
      to_base64(world.signed_receipt(install, world.receipt(install, 1, InstallState::verified, "1.0")));
  const Bytes own = R"({"receipts":[")" + one + R"(","x"],"stop_at_fork":true})";
  const Bytes good = R"({"receipts":[")" + one + R"(",")" + one + R"("],"stop_at_fork":true})";
  ASSERT_EQ(post_as(install, good).status, 200);
  const std::size_t second = good.find(",\"") + 1;
  for (const Bytes& body : {own, good}) {
    for (std::size_t at = 1; at < body.size(); ++at) {
      const bool is_within_base64 = (at > 20 && at + 10 < second) || (at > second + 10 && at + 40 < good.size());
      if (is_within_base64) continue;
      for (const std::string& with : {std::string("\""), std::string("\\"), std::string(","), std::string("]"),
                                      std::string("A"), std::string(), std::string(2, body[at])}) {
        const Bytes changed = body.substr(0, at) + with + body.substr(std::min(at + 1, body.size()));
        const Response direct = post_as(install, changed);
        ASSERT_EQ(direct.status, post_as(install, "{ " + changed.substr(1)).status) << changed;
      }
    }
  }
}

TEST_F(Api, OnlyThePageTakesBasicAuthentication) {
  const std::string basic = "Basic " + to_base64("anyone:" + world.token);
  EXPECT_EQ(world.call("GET", "/status", {}, {{"authorization", basic}}).status, 200);
  EXPECT_EQ(world.call("GET", at("/acts"), {}, {{"authorization", basic}}).status, 401);
}

TEST_F(Api, AnotherTenantsPathIsNotHere) {
  EXPECT_EQ(world.staff("GET", "/v1/tenants/binh-minh/acts").status, 404);
  EXPECT_EQ(world.staff("GET", "/v1/tenants/An%20Phat/acts").status, 404);
}

TEST_F(Api, UnknownPathsAndMethods) {
  EXPECT_EQ(world.staff("GET", "/nowhere").status, 404);
  EXPECT_EQ(world.staff("GET", at("/acts/")).status, 404);
  const Response wrong = world.staff("DELETE", at("/acts"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(header(wrong, "Allow"), "POST, GET, HEAD");
  EXPECT_EQ(world.call("HEAD", "/healthz").status, 200);
}

TEST_F(Api, AnActIsCreatedOnce) {
  ASSERT_EQ(post("/commitments", kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json")).status, 200);
  const Response created = post("/acts", kAct);
  EXPECT_EQ(created.status, 201);
  const json::Value body = parse_json(created);
  ASSERT_EQ(list(body, "obligations").size(), 3U);
  const json::Value& first = list(body, "obligations")[0];
  EXPECT_EQ(number(first, "number"), 1);
  EXPECT_EQ(*first.find("due")->as_text(), "2025-11-03T17:00:00Z");
  EXPECT_EQ(*first.find("last_day")->as_text(), "2025-11-03");
  EXPECT_EQ(list(*first.find("explanation"), "vi").size(), list(*first.find("explanation"), "en").size());
  EXPECT_EQ(post("/acts", kAct).status, 200);
  std::string other = kAct;
  other.replace(other.find("2025-10-27"), 10, "2025-10-28");
  const Response conflict = post("/acts", other);
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(header(conflict, "Content-Type"), "application/problem+json");
  EXPECT_EQ(list(get_json("/acts"), "acts").size(), 1U);
}

TEST_F(Api, AMalformedActIsRefused) {
  for (const char* body : {"", "{", "[]", R"({"format":"kip.act/1"})", R"({"a":1,"a":2})"})
    EXPECT_EQ(post("/acts", body).status, 400) << body;
  EXPECT_EQ(world.staff("POST", at("/acts"), Bytes(kMaxBody + 1, ' ')).status, 413);
}

TEST_F(Api, ActsAreImportedAllOrNone) {
  std::string second = kAct;
  second.replace(second.find("99/2025"), 7, "58/2025");
  const std::string both = fmt::format(R"({{"acts":[{},{}]}})", kAct, second);
  const json::Value dry =
      world.staff_json("POST", at("/acts/import"), fmt::format(R"({{"acts":[{}],"dry_run":true}})", kAct));
  EXPECT_EQ(number(dry, "added"), 1);
  EXPECT_TRUE(*dry.find("dry_run")->as_bool());
  EXPECT_TRUE(list(get_json("/acts"), "acts").empty());
  const json::Value real = world.staff_json("POST", at("/acts/import"), both);
  EXPECT_EQ(number(real, "added"), 2);
  EXPECT_EQ(number(world.staff_json("POST", at("/acts/import"), both), "unchanged"), 2);
  EXPECT_EQ(post("/acts/import", fmt::format(R"({{"acts":[{}],"more":1}})", kAct)).status, 400);
  EXPECT_EQ(post("/acts/import", R"({"dry_run":true})").status, 400);
}

TEST_F(Api, CommitmentsAreIdempotent) {
  const std::string text = kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json");
  EXPECT_EQ(number(world.staff_json("POST", at("/commitments"), text), "added"), 3);
  EXPECT_EQ(number(world.staff_json("POST", at("/commitments"), text), "unchanged"), 3);
  EXPECT_EQ(list(get_json("/commitments"), "commitments").size(), 3U);
  EXPECT_EQ(post("/commitments", R"({"format":"kip.other/1","commitments":[]})").status, 400);
}

TEST_F(Api, CustomersAreImportedAndListed) {
  EXPECT_EQ(number(world.staff_json("POST", at("/customers/import"), customers(true)), "added"), 1);
  EXPECT_TRUE(list(get_json("/customers"), "customers").empty());
  EXPECT_EQ(number(world.staff_json("POST", at("/customers/import"), customers(false)), "added"), 1);
  EXPECT_EQ(number(world.staff_json("POST", at("/customers/import"), customers(false)), "unchanged"), 1);
  EXPECT_EQ(list(get_json("/customers"), "customers").size(), 1U);
}

TEST_F(Api, EnrolmentCodesNeedAPublicationAndACustomer) {
  const std::string request = R"({"tax_code":"0101243150","product":"forms","count":2,"label":"desk"})";
  EXPECT_EQ(post("/enrolment-codes", request).status, 409);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  EXPECT_EQ(post("/enrolment-codes", request).status, 404);
  world.import_customer();
  const Response made = post("/enrolment-codes", request);
  EXPECT_EQ(made.status, 201);
  const json::Value body = parse_json(made);
  const auto& codes = list(body, "codes");
  ASSERT_EQ(codes.size(), 2U);
  EXPECT_NE(codes[0], codes[1]);
  const EnrolmentCode code = parse_enrolment_code(*codes[0].as_text(), sha256).value();
  EXPECT_EQ(code.root, sha256(world.repository->roots().value().front()));
  EXPECT_EQ(code.log_key, world.recorder.public_key().material());
  EXPECT_EQ(code.url, "http://127.0.0.1:8080");
  EXPECT_EQ(post("/enrolment-codes", R"({"tax_code":"0101243150","product":"forms","count":1001})").status, 400);
}

TEST_F(Api, AnInstallEnrolsAndReports) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const EnrolmentCode code = world.code();
  const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  const Response enrolled = world.call("POST", at("/enrolments"), world.enrolment_envelope(code, key));
  EXPECT_EQ(enrolled.status, 201);
  EXPECT_EQ(*parse_json(enrolled).find("customer")->as_text(), "Minh Anh");
  EXPECT_EQ(world.call("POST", at("/enrolments"), world.enrolment_envelope(code, key)).status, 200);
  const TestInstall install{InstallId::parse(*parse_json(enrolled).find("install")->as_text()).value(), key};
  const Bytes first = world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"));
  const Response taken = post_receipts(install, {first});
  EXPECT_EQ(taken.status, 200);
  EXPECT_EQ(acknowledged(parse_json(taken)), 1U);
  EXPECT_EQ(*parse_json(taken).find("standing")->as_text(), "active");
  const json::Value listed = list(get_json("/installs"), "installs").at(0);
  EXPECT_EQ(*listed.find("state")->as_text(), "installed");
  EXPECT_EQ(*listed.find("version")->as_text(), "1.0");
  EXPECT_EQ(*listed.find("label")->as_text(), "PC-1");
}

TEST_F(Api, AnInstallLearnsWhatItsContractSaysAboutPuttingUpdatesOff) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  Headers used;
  const auto said = [&] {
    const Response answer = ask_postponement(install, &used);
    const Bytes payload =
        dsse::verify(dsse::parse(answer.body).value(), kPostponementType, {world.recorder.public_key()}).value();
    return parse_postponement(payload).value();
  };
  EXPECT_EQ(said(), (PostponementStatement{world.tenant, install.id, {true, false, world.clock.now()}}));
  Customer customer =
      world.store->begin(world.tenant, Access::read).value()->projection().customers.all().value().at(0);
  customer.may_postpone = false;
  customer.force_allowed = true;
  ASSERT_THAT(world.registry.import_customers("staff:an", {customer}, false), is_ok());
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(said().postponement, (Postponement{false, true, world.clock.now()}));
  EXPECT_EQ(world.call("GET", at("/postponement"), {}, used).status, 403) << "the nonce was used";
  EXPECT_EQ(world.call("GET", at("/postponement")).status, 403) << "no signature";
  EXPECT_EQ(world.staff("GET", at("/postponement")).status, 403) << "staff are no install";
}

TEST_F(Api, ACodeReplacesAnInstall) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall old = world.enrol();
  ASSERT_EQ(
      post_receipts(old, {world.signed_receipt(old, world.receipt(old, 1, InstallState::installed, "1.0"))}).status,
      200);
  const std::string request = R"({"replaces":")" + old.id.str() + R"("})";
  const Response made = post("/enrolment-codes", request);
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(*parse_json(made).find("replaces")->find("tax_code")->as_text(), "0101243150");
  const auto code = parse_enrolment_code(*list(parse_json(made), "codes").at(0).as_text(), sha256).value();
  const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  for (const int status : {201, 200}) {
    const Response enrolled = world.call("POST", at("/enrolments"), world.enrolment_envelope(code, key));
    EXPECT_EQ(enrolled.status, status);
    const json::Value answer = parse_json(enrolled);
    EXPECT_EQ(*answer.find("replaces")->find("install")->as_text(), old.id.str());
    EXPECT_EQ(*answer.find("replaces")->find("version")->as_text(), "1.0");
    EXPECT_EQ(answer.find("replaces")->find("manifest")->as_text()->size(), 64U);
  }
  const json::Value installs = get_json("/installs");
  EXPECT_EQ(list(installs, "installs").size(), 2U);
  for (const json::Value& listed : list(installs, "installs")) {
    const bool is_old = *listed.find("install")->as_text() == old.id.str();
    EXPECT_EQ(*listed.find("standing")->as_text(), is_old ? "retired" : "active");
    EXPECT_EQ(listed.find("replaced_by") != nullptr, is_old);
  }
  EXPECT_EQ(post_receipts(old, {"{}"}).status, 403);
  EXPECT_EQ(ask_postponement(old).status, 403);
  EXPECT_EQ(post("/enrolment-codes", request).status, 409);
  EXPECT_EQ(post("/enrolment-codes", R"({"replaces":"01JD0000000000000000000001"})").status, 404);
  EXPECT_EQ(post("/enrolment-codes", R"({"replaces":"x"})").status, 400);
  EXPECT_EQ(post("/enrolment-codes", R"({"replaces":"01JD0000000000000000000001","count":1})").status, 400);
}

TEST_F(Api, AComputerWaitsForAPersonsWord) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const Response made =
      post("/enrolment-codes", R"({"tax_code":"0101243150","product":"forms","label":"Huế","seats":2,)"
                               R"("approval":true,"days":3})");
  ASSERT_EQ(made.status, 201);
  const auto code = parse_enrolment_code(*list(parse_json(made), "codes").at(0).as_text(), sha256).value();
  const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  const auto enrol = [&](const PrivateKey& with) {
    return world.call("POST", at("/enrolments"), world.enrolment_envelope(code, with));
  };
  const Response asked = enrol(key);
  EXPECT_EQ(asked.status, 202);
  EXPECT_EQ(*parse_json(asked).find("standing")->as_text(), "waiting");
  const std::string id = *parse_json(asked).find("install")->as_text();
  EXPECT_EQ(*list(get_json("/waiting-installs"), "waiting").at(0).find("install")->as_text(), id);
  EXPECT_TRUE(list(get_json("/installs"), "installs").empty());
  EXPECT_EQ(post("/waiting-installs/" + id + "/approval", "").status, 200);
  EXPECT_EQ(post("/waiting-installs/" + id + "/approval", "").status, 409);
  EXPECT_TRUE(list(get_json("/waiting-installs"), "waiting").empty());
  EXPECT_EQ(enrol(key).status, 200);
  const PrivateKey other = PrivateKey::generate(KeyType::ed25519).value();
  const std::string out = *parse_json(enrol(other)).find("install")->as_text();
  EXPECT_EQ(post("/waiting-installs/" + out + "/refusal", "{}").status, 400) << "without a reason";
  EXPECT_EQ(post("/waiting-installs/" + out + "/refusal", R"({"reason":"unknown"})").status, 200);
  EXPECT_EQ(enrol(other).status, 403);
  EXPECT_EQ(post("/installs/" + id + "/retirement", R"({"reason":"sold"})").status, 200);
  EXPECT_EQ(post("/installs/" + id + "/retirement", R"({"reason":"sold"})").status, 409);
  EXPECT_EQ(post("/installs/01JD0000000000000000000001/retirement", R"({"reason":"sold"})").status, 404);
  for (const char* wrong : {R"("seats":0)", R"("seats":1001)", R"("days":0)", R"("approval":1)"}) {
    EXPECT_EQ(
        post("/enrolment-codes", std::string(R"({"tax_code":"0101243150","product":"forms",)") + wrong + "}").status,
        400)
        << wrong;
  }
}

TEST_F(Api, AForkIsToldToThoseWhoAsk) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  const auto first = world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"));
  const auto other = world.signed_receipt(install, world.receipt(install, 1, InstallState::failed, "1.0"));
  const Response plain = post_receipts(install, {first}, nullptr, true);
  EXPECT_EQ(parse_json(plain).find("fork"), nullptr);
  const json::Value asked = parse_json(post_receipts(install, {other}, nullptr, true));
  EXPECT_NE(asked.find("fork"), nullptr);
  EXPECT_EQ(asked.find("acknowledgement"), nullptr);
  EXPECT_EQ(*asked.find("disputed"), json::Value(false));
  const json::Value kept = parse_json(post_receipts(install, {other}));
  EXPECT_EQ(kept.find("fork"), nullptr);
  EXPECT_EQ(acknowledged(kept), 1U);
  EXPECT_EQ(*kept.find("disputed"), json::Value(true));
}

TEST_F(Api, EnrolmentErrors) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const EnrolmentCode code = world.code();
  const auto enrol = [&](const EnrolmentCode& with) {
    return world.call("POST", at("/enrolments"),
                      world.enrolment_envelope(with, PrivateKey::generate(KeyType::ed25519).value()));
  };
  EnrolmentCode unknown = code;
  unknown.secret = std::string(32, '0');
  EXPECT_EQ(enrol(unknown).status, 403);
  EXPECT_EQ(enrol(code).status, 201);
  EXPECT_EQ(enrol(code).status, 409);
  EXPECT_EQ(world.call("POST", at("/enrolments"), "{}").status, 400);
}

TEST_F(Api, ASignedRequestIsGoodForItselfOnly) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  const Bytes first = world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"));
  Headers headers;
  ASSERT_EQ(post_receipts(install, {first}, &headers).status, 200);
  const Bytes same = json::to_compact(json::Object{{"receipts", json::Array{to_base64(first)}}});
  EXPECT_EQ(world.call("POST", at("/receipts"), same, headers).status, 403) << "the nonce was used";
  EXPECT_EQ(world.call("POST", at("/receipts"), same + " ", headers).status, 403) << "another body";
  EXPECT_EQ(world.call("POST", at("/receipts") + "?x=1", same, headers).status, 403) << "used, and path without query";
  EXPECT_EQ(world.call("POST", at("/receipts"), same).status, 403) << "no signature";
  EXPECT_EQ(world.call("POST", at("/receipts"), same, {{"authorization", "Bearer " + world.token}}).status, 403);
  const TestInstall stranger{InstallId::make({}, {}), install.key};
  EXPECT_EQ(post_receipts(stranger, {first}).status, 403);
  const Headers late = sign_request(install.id, install.key, "POST", at("/receipts"), same,
                                    world.clock.now() - std::chrono::minutes(11), world.random)
                           .value();
  EXPECT_EQ(world.call("POST", at("/receipts"), same, late).status, 403) << "too old";
}

TEST_F(Api, ReceiptErrors) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  EXPECT_EQ(post_receipts(install, {}).status, 400);
  EXPECT_EQ(post_receipts(install, {"{}"}).status, 400);
  const TestInstall other = world.enrol("PC-2");
  const Bytes foreign = world.signed_receipt(other, world.receipt(other, 1, InstallState::installed, "1.0"));
  const Response refused = post_receipts(install, {foreign});
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(code_of(refused), "signature");
  EXPECT_EQ(post_receipts(install, std::vector<Bytes>(501, foreign)).status, 413);
}

TEST_F(Api, StaffImportReceiptsThatCameAsAFile) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  const TestInstall other = world.enrol("PC-2");
  const Bytes first = world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"));
  const auto import = [&](const InstallId& of, const Bytes& envelope) {
    return post("/receipt-imports",
                json::to_compact(json::Object{{"install", of.str()}, {"receipts", json::Array{to_base64(envelope)}}}));
  };
  const Response taken = import(install.id, first);
  EXPECT_EQ(taken.status, 200);
  EXPECT_EQ(acknowledged(parse_json(taken)), 1U);
  EXPECT_EQ(import(install.id, first).body, taken.body) << "twice is the same";
  EXPECT_EQ(post_receipts(install, {first}).body, taken.body) << "and so is what comes by the network";
  EXPECT_EQ(import(other.id, first).status, 422) << "signed by another install";
  EXPECT_EQ(import(InstallId::make({}, {}), first).status, 403);
  EXPECT_EQ(post("/receipt-imports", R"({"receipts":["e30="]})").status, 400);
  EXPECT_EQ(post("/receipt-imports", json::to_compact(json::Object{{"install", install.id.str()}})).status, 400);
}

TEST_F(Api, TargetsAreUploadedByHash) {
  const std::string route = "/targets/" + sha256("package").hex();
  const Response first = world.staff("PUT", at(route), "package");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(number(parse_json(first), "length"), 7);
  EXPECT_EQ(world.staff("PUT", at(route), "package").status, 200);
  const Response wrong = world.staff("PUT", at("/targets/" + sha256("other").hex()), "package");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(code_of(wrong), "integrity");
  EXPECT_EQ(world.staff("PUT", at("/targets/abc"), "package").status, 400);
  const Bytes large(2U << 20U, 'x');
  EXPECT_EQ(world.staff("PUT", at("/targets/" + sha256(large).hex()), large).status, 413);
}

TEST_F(Api, AFullDiskIsSaidSo) {
  world.files.fail_from(1, ErrorCode::disk_full);
  const Response response = world.staff("PUT", at("/targets/" + sha256("package").hex()), "package");
  EXPECT_EQ(response.status, 507);
  EXPECT_EQ(code_of(response), "disk-full");
  EXPECT_EQ(world.log.lines().size(), 1U);
}

TEST_F(Api, APublicationIsTakenOnce) {
  const std::string body = json::to_compact(publication_json({"1.0"}));
  EXPECT_EQ(get("/repository").status, 404);
  const Response handed = post("/publications", body);
  EXPECT_EQ(handed.status, 202);
  EXPECT_EQ(get("/repository").status, 404) << "nothing is public yet";
  const std::string approval = "/proposals/" + text(*parse_json(handed).find("proposal"), "proposal") + "/approval";
  EXPECT_EQ(post(approval, "{}").status, 403) << "by whom it was made";
  const Response first = world.as(world.token_of("binh", {StaffRole::approver}), "POST", at(approval), "{}");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(list(parse_json(first), "published").size(), 1U);
  EXPECT_EQ(number(*parse_json(first).find("versions"), "timestamp"), 1);
  const Response again = post("/publications", body);
  EXPECT_EQ(again.status, 200);
  EXPECT_TRUE(list(parse_json(again), "published").empty());
  const json::Value state = get_json("/repository");
  EXPECT_EQ(state.find("documents")->as_object()->size(), 3U);
  EXPECT_EQ(*state.find("documents")->find("targets"),
            *parse_json(Response{200, {}, body, {}}).find("documents")->find("targets"));
  const Response stop =
      post("/publications", R"({"documents":{},"rollouts":[{"product":"forms","version":"1.0","paused":true,
      "reason":"wrong rate"}]})");
  EXPECT_EQ(stop.status, 200);
  EXPECT_TRUE(*list(parse_json(stop), "rollouts")[0].find("paused")->as_bool());
  const Response resumed =
      post("/publications", R"({"documents":{},"rollouts":[{"product":"forms","version":"1.0"}]})");
  EXPECT_EQ(resumed.status, 202) << "what opens anything waits for another person";
}

TEST_F(Api, RolloutsAreShownAndStopped) {
  world.register_act_and_commitments();
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  EXPECT_EQ(text(list(get_json("/releases"), "releases")[0], "state"), "published");
  EXPECT_EQ(number(list(get_json("/rollouts"), "rollouts")[0], "installs"), 0);
  EXPECT_EQ(list(get_json("/rollouts/forms/forecast"), "customers").size(), 0U);
  EXPECT_EQ(get("/rollouts/other/forecast").status, 404);
  const std::string support = world.token_of("lan", {StaffRole::support});
  EXPECT_EQ(world.as(support, "POST", at("/rollouts/forms/stop"), "{}").status, 400);
  const Response stopped = world.as(support, "POST", at("/rollouts/forms/stop"), R"({"reason":"wrong rate"})");
  EXPECT_EQ(stopped.status, 200);
  EXPECT_EQ(text(parse_json(stopped), "reason"), "wrong rate");
  const TestInstall install = world.enrol();
  const std::string route = "/installs/" + install.id.str() + "/labels";
  EXPECT_EQ(world.staff("PUT", at(route), R"({"labels":["pilot"]})").status, 200);
  EXPECT_EQ(world.staff("PUT", at(route), R"({"labels":["no label"]})").status, 400);
  EXPECT_EQ(list(list(get_json("/installs"), "installs")[0], "labels").size(), 1U);
}

TEST_F(Api, ProposalsAreShownWithWhatTheyChangeAndRefused) {
  const Response handed = post("/publications", json::to_compact(publication_json({"1.0"})));
  const std::string route = "/proposals/" + text(*parse_json(handed).find("proposal"), "proposal");
  const json::Value shown = get_json(route);
  EXPECT_EQ(text(list(shown, "diffs")[0], "version"), "1.0");
  EXPECT_EQ(list(get_json("/proposals"), "proposals").size(), 1U);
  EXPECT_EQ(text(list(get_json("/releases"), "releases")[0], "state"), "signed");
  EXPECT_EQ(get("/proposals/x").status, 400);
  EXPECT_EQ(get("/proposals/" + InstallId::make({}, {}).str()).status, 404);
  EXPECT_EQ(post(route + "/refusal", R"({"reason":""})").status, 400);
  EXPECT_EQ(text(parse_json(post(route + "/refusal", R"({"reason":"wrong"})")), "state"), "withdrawn");
  EXPECT_EQ(post(route + "/refusal", R"({"reason":"wrong"})").status, 409);
  EXPECT_EQ(list(get_json("/proposals"), "proposals").size(), 0U);
  EXPECT_EQ(list(get_json("/proposals?all=true"), "proposals").size(), 1U);
}

TEST_F(Api, PublicationErrors) {
  EXPECT_EQ(post("/publications", R"({"documents":{}})").status, 404);
  EXPECT_EQ(post("/publications", R"({})").status, 400);
  EXPECT_EQ(post("/publications", R"({"documents":{"root":"x"}})").status, 400);
  EXPECT_EQ(post("/publications", R"({"documents":{"targets":5}})").status, 400);
  EXPECT_EQ(post("/publications", R"({"documents":{"rollouts":""}})").status, 400);
  json::Value one_officer = publication_json({"1.0"});
  const auto document =
      tuf::parse_document(world.publication({"1.0"}).delegated.at("product-forms"), 1U << 20U).value();
  (*one_officer.as_object()->at("documents").as_object())["product-forms"] =
      to_base64(tuf::to_bytes(document.body, {document.signatures[0]}));
  EXPECT_EQ(post("/publications", json::to_compact(one_officer)).status, 422);
  const Response handed = post("/publications", json::to_compact(publication_json({"1.0"})));
  const std::string approval = "/proposals/" + text(*parse_json(handed).find("proposal"), "proposal") + "/approval";
  const std::string binh = world.token_of("binh", {StaffRole::approver});
  const auto lock = world.repository->lock().value();
  const Response busy = world.as(binh, "POST", at(approval), "{}");
  EXPECT_EQ(busy.status, 503);
  EXPECT_NE(header(busy, "Retry-After"), "");
}

TEST_F(Api, ObligationsAreJudged) {
  world.register_act_and_commitments();
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const json::Value body = get_json("/obligations");
  const auto& obligations = list(body, "obligations");
  ASSERT_EQ(obligations.size(), 3U);
  const json::Value& published = obligations[1];
  EXPECT_EQ(*published.find("state")->as_text(), "met");
  EXPECT_FALSE(*published.find("proven")->as_bool());
  EXPECT_NE(published.find("explanation"), nullptr);
}

TEST_F(Api, AWaiverEndsWithADayWhereTheObligationCountsOrAtAnInstant) {
  world.register_act_and_commitments();
  const auto expires = [this](const std::string& end) {
    const Response answer = post("/obligations/1/waivers", R"({"reason":"flood",)" + end + "}");
    if (answer.status != 200) return std::to_string(answer.status);
    return text(list(*parse_json(answer).find("circumstances"), "waivers").back(), "expires");
  };
  EXPECT_EQ(expires(R"("until":"2025-12-31")"), "2025-12-31T17:00:00Z") << "midnight in Hanoi";
  EXPECT_EQ(expires(R"("expires":"2025-12-31T00:00:00Z")"), "2025-12-31T00:00:00Z");
  EXPECT_EQ(expires(R"("until":"2025-12-31","expires":"2025-12-31T00:00:00Z")"), "400");
  EXPECT_EQ(expires(R"("until":"2025-12-32")"), "400");
  EXPECT_EQ(expires(R"("until":7)"), "400");
  EXPECT_EQ(post("/obligations/9/waivers", R"({"reason":"flood","until":"2025-12-31"})").status, 404);
}

TEST_F(Api, ObligationsAreFound) {
  world.register_act_and_commitments();
  world.import_customer();
  const auto count = [this](const std::string& query) {
    return list(get_json("/obligations" + query), "obligations").size();
  };
  EXPECT_EQ(count(""), 3U);
  EXPECT_EQ(count("?commitment=forms-published-7d"), 1U);
  EXPECT_EQ(count("?product=no-such"), 0U);
  EXPECT_EQ(count("?act=BTC%3A99%2F2025%2FTT-BTC%3A2025"), 3U);
  EXPECT_EQ(count("?act=BTC%3A98%2F2025%2FTT-BTC%3A2025"), 0U);
  EXPECT_EQ(count("?state=met,missed"), 0U);
  const std::size_t with_limit = count("?due_from=2000-01-01");
  EXPECT_EQ(with_limit, count("?due_to=2999-01-01"));
  EXPECT_EQ(count("?due_from=2025-11-03&due_to=2025-11-03"),
            count("?due_from=2025-11-03") - count("?due_from=2025-11-04"));
  EXPECT_EQ(count("?due_to=2000-01-01"), 0U);
  for (const char* query : {"?state=late", "?act=x", "?commitment=A%20B", "?due_from=2025-02-30", "?colour=red"})
    EXPECT_EQ(get("/obligations" + std::string(query)).status, 400) << query;
}

TEST_F(Api, ObligationsGoToOtherPrograms) {
  world.register_act_and_commitments();
  world.import_customer();
  const Response table = get("/obligations.csv?state=running");
  EXPECT_EQ(table.status, 200);
  EXPECT_EQ(header(table, "Content-Type"), "text/csv; charset=utf-8; header=present");
  EXPECT_NE(table.body.find("BTC:99/2025/TT-BTC:2025"), Bytes::npos);
  const Response calendar = get("/obligations.ics?lang=hu");
  EXPECT_EQ(calendar.status, 200);
  EXPECT_EQ(header(calendar, "Content-Type"), "text/calendar; charset=utf-8; method=PUBLISH");
  EXPECT_NE(calendar.body.find("közzététel"), Bytes::npos);
  EXPECT_EQ(get("/obligations.ics?lang=xx").status, 400);
  EXPECT_EQ(get("/obligations.csv?lang=hu").status, 400);
}

TEST_F(Api, EventsComeInPieces) {
  world.register_act_and_commitments();
  const json::Value piece = get_json("/events?after=1&limit=2");
  ASSERT_EQ(list(piece, "events").size(), 2U);
  const json::Value& event = list(piece, "events")[0];
  EXPECT_EQ(number(event, "index"), 2);
  const Bytes envelope = from_base64(*event.find("envelope")->as_text()).value();
  EXPECT_THAT(dsse::verify(dsse::parse(envelope).value(), kEventType, {world.recorder.public_key()}), is_ok());
  EXPECT_EQ(number(piece, "last"), static_cast<std::int64_t>(world.event_types().size()));
  for (const char* query : {"?after=x", "?after=-1", "?limit=0", "?limit=1001", "?limit=5&limit=6", "?offset=5"})
    EXPECT_EQ(get("/events" + std::string(query)).status, 400) << query;
}

TEST_F(Api, ThePageShowsTheBoardAndEscapesWhatPeopleWrote) {
  world.register_act_and_commitments();
  ASSERT_EQ(post("/customers/import", customers(false)).status, 200);
  const Response page = world.staff("GET", "/status");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(header(page, "Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  for (const char* part : {"not yet independently proven", "99/2025/TT-BTC", "2025-11-04 00:00 (UTC+07:00)",
                           "2025-11-03 17:00:00 UTC", "0 of 2", "left 6 days"})
    EXPECT_NE(page.body.find(part), std::string::npos) << part;
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  EXPECT_EQ(world.staff("GET", "/status?lang=xx").status, 400);
  EXPECT_EQ(world.staff("GET", "/status?colour=red").status, 400);
}

TEST_F(Api, EntitlementsAreThoseOfADay) {
  world.register_act_and_commitments();
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const json::Value inside = get_json("/entitlements?tax_code=0101243150");
  const json::Value& one = list(inside, "entitlements").at(0);
  EXPECT_EQ(*one.find("state")->as_text(), "entitled");
  EXPECT_EQ(*one.find("last_day")->as_text(), "2027-01-15");
  EXPECT_EQ(*one.find("newest")->as_text(), "1.0");
  EXPECT_TRUE(list(get_json("/entitlements?ending=true"), "entitlements").empty());
  const json::Value ending = get_json("/entitlements?ending=true&on=2027-01-10");
  EXPECT_EQ(number(list(ending, "entitlements").at(0), "ends_within_days"), 7);
  EXPECT_EQ(get("/entitlements?on=yesterday").status, 400);
}

TEST_F(Api, TheRegisterShowsEveryNumberAndItsGaps) {
  world.register_act_and_commitments();
  json::Value answer = parse_json(
      post("/coverage/extent", R"({"issuer":"btc","year":2025,"series":"TT-BTC","up_to":120,"source":"gazette"})"));
  EXPECT_EQ(number(list(answer, "series").at(0), "gaps"), 119);
  answer = parse_json(
      post("/coverage", R"({"issuer":"BTC","year":2025,"series":"TT-BTC","from":1,"to":98,"disposition":"not-relevant",
      "reason":"customs"})"));
  EXPECT_EQ(number(list(answer, "series").at(0), "gaps"), 21);
  const json::Value& act = list(list(answer, "series").at(0), "rows").at(1);
  EXPECT_EQ(*act.find("state")->as_text(), "obligation");
  EXPECT_EQ(*act.find("act")->as_text(), "BTC:99/2025/TT-BTC:2025");
  EXPECT_TRUE(list(parse_json(get("/coverage?issuer=NHNN")), "series").empty());
  for (const char* body :
       {R"({"issuer":"BTC","year":2025,"series":"TT-BTC","from":1,"to":9,"disposition":"lost","reason":"x"})",
        R"({"issuer":"BTC","year":2025,"series":"TT-BTC","from":9,"to":1,"disposition":"not-relevant","reason":"x"})",
        R"({"issuer":"BTC","year":2025,"series":"TT-BTC","from":1,"to":9,"disposition":"not-relevant"})", "[]"})
    EXPECT_EQ(post("/coverage", body).status, 400) << body;
}

TEST_F(Api, TheActsPageSaysWhoIsMissingInFourLanguages) {
  world.register_act_and_commitments();
  ASSERT_EQ(post("/customers/import", customers(false)).status, 200);
  const std::string path = "/status/act?act=BTC%3A99%2F2025%2FTT-BTC%3A2025";
  const Response english = world.staff("GET", path);
  EXPECT_EQ(english.status, 200);
  for (const char* part : {"Minh &lt;Anh&gt;", "0 of 2", "2 seat(s) never enrolled", "Who is missing", "staff:binh",
                           "not yet independently proven", "7th day", "lang=hu"})
    EXPECT_NE(english.body.find(part), std::string::npos) << part;
  EXPECT_EQ(english.body.find("Minh <Anh>"), std::string::npos);
  const std::vector<std::pair<std::string, std::string>> words = {
      {"vi", "Ai còn thiếu"}, {"hu", "Ki hiányzik"}, {"zh", "缺少谁"}};
  for (const auto& [language, part] : words)
    EXPECT_NE(world.staff("GET", path + "&lang=" + language).body.find(part), std::string::npos) << language;
  EXPECT_EQ(world.staff("GET", "/status/act").status, 400);
  EXPECT_EQ(world.staff("GET", "/status/act?act=BTC%3A1%3A2025").status, 404);
  EXPECT_EQ(world.call("GET", path).status, 401);
}

TEST_F(Api, TheActsPageSaysWhatBecameOfItAndAsksForNothingAfterAWithdrawal) {
  world.register_act_and_commitments();
  ASSERT_EQ(post("/customers/import", customers(false)).status, 200);
  const std::string act = R"({"act":"BTC:99/2025/TT-BTC:2025",)";
  const std::string token = world.token_of("chi", every_role());
  const auto second = [&](const char* route, const std::string& body) {
    return world.as(token, "POST", at(route), act + body).status;
  };
  ASSERT_EQ(post("/act-developments", act + R"("turn":"withdrawn","on":"2025-10-29","source":"gazette <7>",
      "clock":"stops","reason":"not in force"})")
                .status,
            200);
  const std::string path = "/status/act?act=BTC%3A99%2F2025%2FTT-BTC%3A2025";
  const Response stated = world.staff("GET", path);
  for (const char* part : {"What has become of it", "withdrawn", "gazette &lt;7&gt;", "the clock stops",
                           "NOT CONFIRMED", "Who is missing"})
    EXPECT_NE(stated.body.find(part), std::string::npos) << part;
  ASSERT_EQ(second("/act-development-confirmations", R"("number":1})"), 200);
  const Response confirmed = world.staff("GET", path);
  for (const char* part : {"confirmed by staff:chi", "the act was withdrawn before the limit", "stopped on"})
    EXPECT_NE(confirmed.body.find(part), std::string::npos) << part;
  for (const char* part : {"Who is missing", "forecast"})
    EXPECT_EQ(confirmed.body.find(part), std::string::npos) << part;
  EXPECT_NE(world.staff("GET", path + "&lang=hu").body.find("visszavonva"), std::string::npos);
}

TEST_F(Api, ThePageRaisesTheAlarmWhereACodeWasUsedTwice) {
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const EnrolmentCode code = world.code();
  for (const int status : {201, 409}) {
    EXPECT_EQ(world.staff("GET", "/status").body.find("ALARM"), std::string::npos) << status;
    const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
    EXPECT_EQ(world.call("POST", at("/enrolments"), world.enrolment_envelope(code, key)).status, status);
  }
  const Response page = world.staff("GET", "/status");
  EXPECT_NE(page.body.find("ALARM: one enrolment code was used on more than one computer"), std::string::npos);
  EXPECT_NE(page.body.find("(0101243150)"), std::string::npos);
}

}  // namespace
}  // namespace kip::server::testing
