// The routes about service: terms, requests of installs and by telephone, what becomes of them, inspections, the board.

#include <gtest/gtest.h>

#include <signing/dsse/envelope.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

std::string at(std::string_view route) {
  return "/v1/tenants/an-phat" + std::string(route);
}

const json::Array& list(const json::Value& value, std::string_view name) {
  return *value.find(name)->as_array();
}

std::string text(const json::Value& value, std::string_view name) {
  const json::Value* member = value.find(name);
  return member == nullptr || member->as_text() == nullptr ? std::string() : *member->as_text();
}

std::int64_t number(const json::Value& value, std::string_view name) {
  return *value.find(name)->as_integer();
}

/// A vendor with terms, a published version and a customer of the product that they name.
class ServiceApi : public ::testing::Test {
 protected:
  /// `vendor` as the sample files are called; the product is put in the place of the terms' own.
  void begin(const std::string& vendor, const std::string& product) {
    Bytes terms = kip::testing::read_file(KIP_SAMPLES "/terms/" + vendor + ".json");
    const std::string own = "\"product\": \"" + product + "\"";
    for (auto found = terms.find(own); found != Bytes::npos; found = terms.find(own))
      terms.replace(found, own.size(), R"("product": "forms")");
    const Response taken = world.staff("POST", at("/terms"), terms);
    ASSERT_EQ(taken.status, 200) << taken.body;
    ASSERT_EQ(world.staff("POST", at("/terms"), terms).status, 200);
    world.import_customer();
    ASSERT_THAT(world.publish({"1.0"}), is_ok());
  }

  Response post(std::string_view route, const json::Value& body) {
    return world.staff("POST", at(route), json::to_compact(body));
  }
  json::Value get(std::string_view route) { return world.staff_json("GET", at(route)); }

  Response call(const char* kind, const char* came_at = nullptr) {
    json::Object body{
        {"tax_code", "0101243150"}, {"product", "forms"}, {"kind", kind}, {"grade", 2}, {"note", "secret <b>note</b>"}};
    if (came_at != nullptr) body["came_at"] = came_at;
    return post("/service-calls", body);
  }

  Response send(const TestInstall& install, const Bytes& envelope) {
    const Bytes body = json::to_compact(json::Object{{"request", to_base64(envelope)}});
    return world.call(
        "POST", at("/service-requests"), body,
        sign_request(install.id, install.key, "POST", at("/service-requests"), body, world.clock.now(), world.random)
            .value());
  }

  World world;
};

TEST_F(ServiceApi, TermsAreTakenWholeAndListed) {
  begin("vendor-a", "program");
  EXPECT_EQ(list(get("/service-promises"), "promises").size(), 4U);
  EXPECT_EQ(list(get("/commitments"), "commitments").size(), 3U);
  Bytes changed = kip::testing::read_file(KIP_SAMPLES "/terms/vendor-a.json");
  const Response conflict = world.staff("POST", at("/terms"), changed);
  EXPECT_EQ(conflict.status, 409);
  EXPECT_NE(conflict.body.find("a-reinstall"), Bytes::npos);
  EXPECT_EQ(world.staff("POST", at("/terms"), "{}").status, 400);
}

TEST_F(ServiceApi, AnInstallAsksAndIsToldItsNumberAndLimit) {
  begin("vendor-a", "program");
  const TestInstall install = world.enrol();
  const Bytes envelope = world.signed_request(install, ServiceKind::failed_update);
  const Response created = send(install, envelope);
  ASSERT_EQ(created.status, 201) << created.body;
  const json::Value body = parse_json(created);
  const dsse::Envelope answer = dsse::parse(from_base64(text(body, "answer")).value()).value();
  const ServiceAnswer said =
      parse_service_answer(dsse::verify(answer, kServiceAnswerType, {world.recorder.public_key()}).value()).value();
  EXPECT_EQ(said.number, 1);
  EXPECT_EQ(said.request, sha256(envelope));
  EXPECT_EQ(*body.find("open"), json::Value(true));
  ASSERT_EQ(list(body, "promises").size(), 1U);
  EXPECT_EQ(text(list(body, "promises")[0], "promise"), "a-remote");
  EXPECT_EQ(text(list(body, "promises")[0], "due"), "2025-10-29T02:00:00Z");
  EXPECT_EQ(send(install, envelope).status, 200);
  EXPECT_EQ(number(get("/service-requests"), "total"), 1);
  EXPECT_EQ(text(*list(get("/service-requests"), "requests")[0].find("failed"), "version"), "1.1");
}

TEST_F(ServiceApi, WhatAnInstallSendsIsTakenStrictly) {
  begin("vendor-a", "program");
  const TestInstall install = world.enrol();
  const Bytes good = world.signed_request(install, ServiceKind::question);
  EXPECT_EQ(world.call("POST", at("/service-requests"), good).status, 403);
  EXPECT_EQ(world.staff("POST", at("/service-requests"), good).status, 403);
  EXPECT_EQ(send(install, "no envelope").status, 400);
  Bytes damaged = good;
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_GE(send(install, damaged).status, 400);
  EXPECT_EQ(send(install, Bytes(kMaxBody, 'x')).status, 413);
  const Response visit = send(install, world.signed_request(install, ServiceKind::onsite));
  EXPECT_EQ(visit.status, 400);
  EXPECT_NE(visit.body.find("ask for remote help first"), Bytes::npos);
  EXPECT_EQ(number(get("/service-requests"), "total"), 0);
}

TEST_F(ServiceApi, ARequestGoesFromItsCallToItsResolution) {
  begin("vendor-a", "program");
  EXPECT_EQ(call("onsite").status, 400);
  const Response taken = call("remote");
  ASSERT_EQ(taken.status, 201) << taken.body;
  EXPECT_EQ(post("/service-requests/1/answer", json::Object{{"note", "we look at it"}}).status, 200);
  EXPECT_EQ(post("/service-requests/1/answer", json::Object{}).status, 409);
  EXPECT_EQ(post("/service-requests/1/remote-failure", json::Object{}).status, 400);
  EXPECT_EQ(post("/service-requests/1/remote-failure", json::Object{{"note", "no line"}}).status, 200);
  ASSERT_EQ(call("onsite").status, 201);
  world.clock.advance(std::chrono::hours(3));
  const json::Object visit{
      {"from", "2025-10-28T03:00:00Z"}, {"to", "2025-10-28T04:30:00Z"}, {"signed_minutes", sha256("minutes").hex()}};
  ASSERT_EQ(post("/service-requests/2/visits", visit).status, 200);
  EXPECT_EQ(post("/service-requests/2/visits", json::Object{{"from", "2025-10-28T03:00:00Z"}}).status, 400);
  ASSERT_EQ(post("/service-requests/2/resolution", json::Object{}).status, 200);
  const json::Value shown = get("/service-requests/2");
  EXPECT_EQ(number(list(shown, "visits")[0], "minutes"), 90);
  EXPECT_EQ(number(shown, "after_remote"), 1);
  EXPECT_EQ(text(*shown.find("resolved"), "by"), "staff:an");
  EXPECT_EQ(text(list(shown, "promises")[0], "state"), "met");
  EXPECT_EQ(list(*list(shown, "promises")[0].find("explanation"), "vi").empty(), false);
  EXPECT_EQ(world.staff("GET", at("/service-requests/9")).status, 404);
  EXPECT_EQ(world.staff("GET", at("/service-requests/x")).status, 404);
}

TEST_F(ServiceApi, RequestsAreFoundAndComeInPieces) {
  begin("vendor-b", "accounting");
  for (const char* kind : {"question", "reinstall", "remote"})
    ASSERT_EQ(call(kind).status, 201);
  ASSERT_EQ(post("/service-requests/1/resolution", json::Object{}).status, 200);
  const auto count = [&](const char* query) { return number(get(std::string("/service-requests") + query), "total"); };
  EXPECT_EQ(count("?open=true"), 2);
  EXPECT_EQ(count("?open=false"), 1);
  EXPECT_EQ(count("?kind=reinstall&customer=0101243150&product=forms"), 1);
  EXPECT_EQ(count("?state=met,met_late"), 1);
  EXPECT_EQ(count("?promise=b-same-day"), 2);
  const json::Value piece = get("/service-requests?offset=1&limit=1");
  EXPECT_EQ(number(piece, "total"), 3);
  EXPECT_EQ(list(piece, "requests").size(), 1U);
  for (const char* query : {"?limit=0", "?limit=201", "?limit=x", "?open=maybe", "?colour=red", "?state=", "?kind=tea"})
    EXPECT_EQ(world.staff("GET", at(std::string("/service-requests") + query)).status, 400) << query;
}

TEST_F(ServiceApi, PricesAndContractsAreSaidAndNothingIsRefused) {
  begin("vendor-b", "accounting");
  ASSERT_EQ(call("reinstall").status, 201);
  const json::Value price = *list(get("/service-requests/1"), "promises")[0].find("price");
  EXPECT_EQ(number(price, "amount"), 500'000);
  ASSERT_EQ(call("question", "2020-01-02T02:00:00Z").status, 201);
  const json::Value before = get("/service-requests/2");
  EXPECT_EQ(text(list(before, "promises")[0], "reason"), "contract-not-begun");
  EXPECT_EQ(*before.find("entitled"), json::Value(false));
}

TEST_F(ServiceApi, AFailedUpdateIsAFaultWithoutLimitForB) {
  begin("vendor-b", "accounting");
  const TestInstall install = world.enrol();
  const json::Value body = parse_json(send(install, world.signed_request(install, ServiceKind::failed_update)));
  ASSERT_EQ(list(body, "promises").size(), 2U);
  EXPECT_EQ(text(list(body, "promises")[0], "promise"), "b-faults");
  EXPECT_EQ(text(list(body, "promises")[0], "state"), "tracked");
}

TEST_F(ServiceApi, SharesAndInspectionsAreThoseOfTheTerms) {
  world.calendars =
      CalendarBook::create({{"CN.json", kip::testing::read_file(KIP_SAMPLES "/calendars/CN.json")}}).value();
  world.zones = kip::testing::FixedZone("Asia/Shanghai", std::chrono::hours(8));
  begin("vendor-e", "finance");
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(call("remote").status, 201);
  for (int i = 1; i < 10; ++i)
    ASSERT_EQ(post("/service-requests/" + std::to_string(i) + "/resolution", json::Object{}).status, 200);
  world.clock.advance(std::chrono::hours(24 * 10));
  const json::Value share = list(get("/service-shares"), "shares").at(0);
  EXPECT_EQ(text(share, "month"), "2025-10");
  EXPECT_EQ(number(share, "in_time"), 9);
  EXPECT_EQ(number(share, "late"), 1);
  EXPECT_EQ(text(share, "state"), "met");
  const json::Object inspection{
      {"customer", "0101243150"}, {"product", "forms"}, {"on", "2025-11-05"}, {"record", sha256("record").hex()}};
  const Response recorded = post("/inspections", inspection);
  ASSERT_EQ(recorded.status, 200) << recorded.body;
  const json::Value kept = list(get("/inspections?customer=0101243150"), "inspections").at(0);
  EXPECT_EQ(text(list(kept, "intervals")[0], "state"), "tracked");
  EXPECT_EQ(text(*list(kept, "intervals")[0].find("done"), "on"), "2025-11-05");
  EXPECT_EQ(world.staff("GET", at("/inspections?kind=remote")).status, 400);
}

TEST_F(ServiceApi, TheBoardShowsOpenRequestsInFourLanguagesAndNoNotes) {
  begin("vendor-c", "gold");
  ASSERT_EQ(call("remote").status, 201);
  ASSERT_EQ(call("question").status, 201);
  ASSERT_EQ(post("/service-requests/2/resolution", json::Object{}).status, 200);
  for (const auto& [language, words] : std::vector<std::pair<std::string, std::string>>{
           {"en", "remote help"}, {"vi", "hỗ trợ từ xa"}, {"hu", "távoli segítség"}, {"zh", "远程协助"}}) {
    const Bytes page = world.staff("GET", "/status?lang=" + language).body;
    EXPECT_NE(page.find(words), Bytes::npos) << language;
    EXPECT_NE(page.find("2025-10-28 14:00 (UTC+07:00)"), Bytes::npos) << page;
    EXPECT_EQ(page.find("secret"), Bytes::npos);
    EXPECT_EQ(page.find("question</td>"), Bytes::npos);
  }
}

}  // namespace
}  // namespace kip::server::testing
