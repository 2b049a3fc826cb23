// Who may do what: every route by every role, by another vendor's credentials, by passwords, sessions and tokens.

#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kBase = "/v1/tenants/an-phat";
constexpr std::string_view kPassword = "a long pass phrase";

std::string at(std::string_view route) {
  return std::string(kBase) + std::string(route);
}

std::string text(const Response& response, std::string_view name) {
  const json::Value body = parse_json(response);
  const json::Value* value = body.find(name);
  return value == nullptr || value->as_text() == nullptr ? std::string() : *value->as_text();
}

class PeopleApi : public ::testing::Test {
 protected:
  Response post(std::string_view token, std::string_view route, std::string body) {
    return world.as(token, "POST", at(route), std::move(body));
  }
  /// Adds a person through the API; returns the invitation.
  std::string add(const std::string& name, const std::string& roles) {
    const Response made = post(world.token, "/people", fmt::format(R"({{"name":"{}","roles":[{}]}})", name, roles));
    EXPECT_EQ(made.status, 201) << made.body;
    return text(made, "invitation");
  }
  Response set_password(const std::string& name, const std::string& proof, std::string_view password) {
    return world.call("POST", at("/password"),
                      fmt::format(R"({{"person":"{}","proof":"{}","password":"{}"}})", name, proof, password));
  }
  Response sign_in(const std::string& name, std::string_view password) {
    return world.call("POST", at("/sessions"), fmt::format(R"({{"person":"{}","password":"{}"}})", name, password));
  }
  /// A session of a new person.
  std::string session_of(const std::string& name, const std::string& roles) {
    EXPECT_EQ(set_password(name, add(name, roles), kPassword).status, 200);
    return text(sign_in(name, kPassword), "session");
  }

  World world;
};

TEST_F(PeopleApi, EachRouteOfStaffIsForThoseRolesThatItsActionHasAndForNoOther) {
  std::map<StaffRole, std::string> tokens;
  for (const StaffRole role : staff_roles())
    tokens[role] = world.token_of(fmt::format("only-{}", to_string(role)), {role});
  int cells = 0;
  for (const Route& route : all_routes(world.services)) {
    if (!route.caller.is_staff()) continue;
    for (const StaffRole role : staff_roles()) {
      const Response answer = world.as(tokens[role], std::string(route.method), path_of(route, "an-phat"), "{}");
      const bool refused = answer.status == 403 && answer.body.find("needs the action") != Bytes::npos;
      const bool may = actions_of({role}).contains(route.caller.action);
      EXPECT_EQ(refused, !may) << to_string(role) << " " << route.method << " " << route.pattern << " " << answer.status
                               << " " << answer.body;
      ++cells;
    }
  }
  EXPECT_GT(cells, 300);
}

TEST_F(PeopleApi, TheTableOfRoutesInTheDocumentationIsThatOfTheCode) {
  std::string table = "| route | action |\n|---|---|\n";
  for (const Route& route : all_routes(world.services)) {
    if (!route.caller.is_staff()) continue;
    std::string path(route.pattern);
    if (path.starts_with("/v1/tenants/{tenant}")) path.erase(0, std::string_view("/v1/tenants/{tenant}").size());
    table += fmt::format("| `{} {}` | `{}` |\n", route.method, path, to_string(route.caller.action));
  }
  EXPECT_THAT(kip::testing::read_file(KIP_DOCS "/formats/staff.md"), HasSubstr(table));
}

TEST_F(PeopleApi, WhatChangesSomethingIsNoMatterOfReading) {
  for (const Route& route : all_routes(world.services)) {
    if (!route.caller.is_staff() || route.method == "GET") continue;
    EXPECT_NE(route.caller.action, StaffAction::read) << route.pattern;
  }
}

TEST(Tenants, AnotherVendorsCredentialsOpenNoRouteAndFindNothing) {
  const auto store = std::make_shared<MemoryStore>();
  World ours(store);
  World theirs(store, "binh-minh");
  ours.register_act_and_commitments();
  ours.import_customer();
  ASSERT_THAT(ours.publish({"1.0"}), is_ok());
  const TestInstall install = ours.enrol();
  const std::string before = json::to_compact(ours.staff_json("GET", at("/events")));
  theirs.register_act_and_commitments();
  theirs.import_customer();
  ASSERT_THAT(theirs.publish({"1.0"}), is_ok());
  const TestInstall stranger = theirs.enrol();
  for (const Route& route : all_routes(ours.services)) {
    const std::string method(route.method);
    const std::string path = path_of(route, "an-phat");
    if (route.caller.is_staff()) {
      EXPECT_EQ(ours.as(theirs.token, method, path, "{}").status, 401) << method << " " << path;
    } else if (route.caller.kind == Caller::Kind::install) {
      const Bytes body = method == "GET" ? "" : "{}";
      const auto headers =
          sign_request(stranger.id, stranger.key, method, path, body, ours.clock.now(), ours.random).value();
      EXPECT_EQ(ours.call(method, path, body, headers).status, 403) << method << " " << path;
    }
    const std::string foreign = path_of(route, "binh-minh");
    if (foreign != path) {
      EXPECT_EQ(ours.as(ours.token, method, foreign, "{}").status, 404) << foreign;
    }
  }
  EXPECT_EQ(json::to_compact(ours.staff_json("GET", at("/events"))), before);
  EXPECT_EQ(theirs.install_record(stranger.id).id, stranger.id);
  EXPECT_FALSE(store->begin(theirs.tenant, Access::read).value()->projection().installs.find(install.id).value());
}

TEST(Tenants, AReceiptOrCodeOfAnotherVendorIsNotTaken) {
  const auto store = std::make_shared<MemoryStore>();
  World ours(store);
  World theirs(store, "binh-minh");
  for (World* world : {&ours, &theirs}) {
    world->import_customer();
    ASSERT_THAT(world->publish({"1.0"}), is_ok());
  }
  const EnrolmentCode code = theirs.code();
  EXPECT_THAT(ours.enrolment.enrol(ours.enrolment_envelope(code, PrivateKey::generate(KeyType::ed25519).value())),
              fails_with(ErrorCode::denied));
  const TestInstall stranger = theirs.enrol();
  const Bytes receipt = theirs.signed_receipt(stranger, theirs.receipt(stranger, 1, InstallState::installed, "1.0"));
  EXPECT_FALSE(ours.receipts.import("staff:an", stranger.id, {receipt}).has_value());
}

TEST_F(PeopleApi, APersonSetsAPasswordByInvitationAndSignsIn) {
  const std::string invitation = add("binh", R"("approver")");
  EXPECT_EQ(sign_in("binh", kPassword).status, 403);
  EXPECT_EQ(set_password("binh", "kipi_wrong", kPassword).status, 403);
  EXPECT_EQ(set_password("binh", invitation, "short").status, 400);
  for (const std::string& blank :
       {std::string(20, ' '), std::string(" \u00a0\u3000\u2003\u200b \u00a0\u3000\u2003\u200b   ")})
    EXPECT_THAT(set_password("binh", invitation, blank).body, HasSubstr("blanks"));
  EXPECT_EQ(set_password("binh", invitation, kPassword).status, 200);
  EXPECT_EQ(set_password("binh", invitation, kPassword).status, 403) << "an invitation is used up";
  const std::string session = text(sign_in("binh", kPassword), "session");
  const Response me = world.as(session, "GET", at("/me"));
  EXPECT_EQ(text(me, "person"), "binh");
  EXPECT_THAT(text(me, "credential"), HasSubstr("session:"));
  EXPECT_EQ(post(session, "/people", R"({"name":"chi","roles":["auditor"]})").status, 403);
  EXPECT_EQ(post(session, "/sessions/end", "{}").status, 200);
  EXPECT_EQ(world.as(session, "GET", at("/me")).status, 401);
}

TEST_F(PeopleApi, AnInvitationAndASessionExpire) {
  const std::string invitation = add("binh", R"("approver")");
  const std::string session = session_of("chi", R"("auditor")");
  world.clock.advance(std::chrono::hours(11));
  EXPECT_EQ(world.as(session, "GET", at("/me")).status, 200);
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(world.as(session, "GET", at("/me")).status, 401);
  world.clock.advance(std::chrono::days(7));
  EXPECT_EQ(set_password("binh", invitation, kPassword).status, 403);
}

TEST_F(PeopleApi, NoSecretStandsInAnyEventOrLine) {
  const std::string invitation = add("binh", R"("approver")");
  ASSERT_EQ(set_password("binh", invitation, kPassword).status, 200);
  const std::string session = text(sign_in("binh", kPassword), "session");
  const std::string token = text(post(session, "/tokens", R"({"label":"job","hours":24})"), "secret");
  ASSERT_NE(token, "");
  EXPECT_EQ(sign_in("binh", "not that one at all").status, 403);
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  for (const StoredEvent& event : unit->events().after(0, 100).value()) {
    const std::string body = json::to_compact(read_event(event).value().body);
    for (const std::string& secret : {invitation, session, token, std::string(kPassword), std::string("scrypt")})
      EXPECT_EQ(body.find(secret), std::string::npos) << body;
  }
  for (const std::string& line : world.log.lines()) {
    for (const std::string& secret : {invitation, session, token, std::string(kPassword), std::string("not that")})
      EXPECT_EQ(line.find(secret), std::string::npos) << line;
  }
}

TEST_F(PeopleApi, WhoGuessesHasToWaitLongerAndLongerAlsoForANameThatIsNone) {
  session_of("binh", R"("approver")");
  session_of("chi", R"("auditor")");
  for (const std::string name : {"binh", "nobody"}) {
    world.clock.advance(std::chrono::minutes(1));
    EXPECT_EQ(sign_in("chi", kPassword).status, 201) << "so that the address need not wait";
    for (int i = 0; i < LoginThrottle::kFree; ++i)
      EXPECT_EQ(sign_in(name, "wrong wrong wrong").status, 403) << name;
    const Response locked = sign_in(name, kPassword);
    EXPECT_EQ(locked.status, 429) << name;
    EXPECT_EQ(header(locked, "Retry-After"), "1");
    world.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(sign_in(name, "wrong wrong wrong").status, 403);
    EXPECT_EQ(header(sign_in(name, kPassword), "Retry-After"), "2");
    for (int i = 0; i < 20; ++i) {
      world.clock.advance(LoginThrottle::kLongest);
      EXPECT_EQ(sign_in(name, "wrong wrong wrong").status, 403);
    }
    EXPECT_EQ(header(sign_in(name, kPassword), "Retry-After"), "900");
  }
  // An administrator's new invitation lifts it, but for the address.
  world.clock.advance(std::chrono::minutes(1));
  const std::string invitation = text(post(world.token, "/people/binh/invitation", "{}"), "invitation");
  EXPECT_EQ(set_password("binh", invitation, kPassword).status, 200);
  EXPECT_EQ(sign_in("binh", kPassword).status, 201);
}

TEST_F(PeopleApi, AnAddressFromWhichManyGuessWaitsALittleWhateverTheName) {
  session_of("binh", R"("approver")");
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(sign_in(fmt::format("name{}", i), "wrong wrong wrong").status, 403);
  EXPECT_EQ(header(sign_in("binh", kPassword), "Retry-After"), "1");
  for (int i = 0; i < 10; ++i) {
    world.clock.advance(std::chrono::minutes(1));
    EXPECT_EQ(sign_in(fmt::format("other{}", i), "wrong wrong wrong").status, 403);
  }
  EXPECT_EQ(header(sign_in("binh", kPassword), "Retry-After"), "60");
  world.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(sign_in("binh", kPassword).status, 201);
  EXPECT_EQ(sign_in("name0", "wrong wrong wrong").status, 403) << "who is right makes up for the address";
  EXPECT_EQ(sign_in("binh", kPassword).status, 201);
}

TEST_F(PeopleApi, ANewInvitationEndsPasswordAndSessions) {
  const std::string session = session_of("binh", R"("approver")");
  ASSERT_EQ(post(world.token, "/people/binh/invitation", "{}").status, 201);
  EXPECT_EQ(world.as(session, "GET", at("/me")).status, 401);
  EXPECT_EQ(sign_in("binh", kPassword).status, 403);
}

TEST_F(PeopleApi, ATokenHasScopesAndAnEnd) {
  const std::string session = session_of("binh", R"("compliance","approver")");
  const Response made =
      post(session, "/tokens", R"({"label":"nightly","scopes":["read","own","acts.register"],"hours":2})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string token = text(made, "secret");
  EXPECT_EQ(world.as(token, "GET", at("/acts")).status, 200);
  EXPECT_EQ(post(token, "/acts", "{}").status, 400) << "may, and says nothing";
  EXPECT_EQ(post(token, "/act-date-confirmations", "{}").status, 403) << "the person may, the token not";
  EXPECT_EQ(post(token, "/publications", "{}").status, 403) << "nor the person";
  world.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(world.as(token, "GET", at("/acts")).status, 401);
}

TEST_F(PeopleApi, ATokenThatOnlyReadsIsToldWhoseItIs) {
  const std::string session = session_of("binh", R"("compliance")");
  const std::string token = text(post(session, "/tokens", R"({"scopes":["read"],"hours":24})"), "secret");
  const Response me = world.as(token, "GET", at("/me"));
  EXPECT_EQ(me.status, 200);
  EXPECT_EQ(text(me, "person"), "binh");
  EXPECT_EQ(world.as(token, "GET", at("/tokens")).status, 403) << "and no more of what is one's own";
}

TEST_F(PeopleApi, NobodyIsNamedAsTheServerNamesItself) {
  EXPECT_THAT(post(world.token, "/people", R"({"name":"server","roles":["auditor"]})").body,
              HasSubstr("names the server itself"));
  EXPECT_THAT(world.access.provide_token(kServerActor, "server", {StaffRole::auditor}), fails_with(ErrorCode::usage));
}

TEST_F(PeopleApi, ATokenMakesNoneThatMayMoreOrOutlivesIt) {
  const std::string session = session_of("binh", R"("compliance")");
  const std::string token = text(post(session, "/tokens", R"({"scopes":["own","read"],"hours":24})"), "secret");
  EXPECT_EQ(post(token, "/tokens", R"({"scopes":["read"],"hours":24})").status, 201);
  EXPECT_EQ(post(token, "/tokens", R"({"scopes":["read"],"hours":25})").status, 403);
  EXPECT_EQ(post(token, "/tokens", R"({"scopes":["acts.register"],"hours":1})").status, 403);
  EXPECT_EQ(post(token, "/tokens", R"({"hours":1})").status, 403);
  EXPECT_EQ(post(session, "/tokens", R"({"scopes":[]})").status, 400);
  const Response more = post(session, "/tokens", R"({"scopes":["read","people.manage"]})");
  EXPECT_EQ(more.status, 403) << "compliance may not";
  EXPECT_NE(more.body.find("people.manage"), std::string::npos);
  EXPECT_EQ(post(session, "/tokens", R"({"hours":17521})").status, 400);
}

TEST_F(PeopleApi, ATokenIsEndedByItsOwnerOrAnAdministratorAndByNobodyElse) {
  const std::string binh = session_of("binh", R"("support")");
  const std::string chi = session_of("chi", R"("support")");
  const Response made = post(binh, "/tokens", "{}");
  const std::string route = fmt::format("/tokens/{}/revocation", text(made, "token"));
  EXPECT_EQ(post(chi, route, "{}").status, 404);
  EXPECT_EQ(post(binh, route, "{}").status, 200);
  EXPECT_EQ(post(binh, route, "{}").status, 409);
  EXPECT_EQ(world.as(text(made, "secret"), "GET", at("/acts")).status, 401);
  const Response another = post(chi, "/tokens", "{}");
  EXPECT_EQ(post(world.token, fmt::format("/tokens/{}/revocation", text(another, "token")), "{}").status, 200);
}

TEST_F(PeopleApi, NobodyGivesThemselvesARoleAndSomebodyStaysAdministrator) {
  const std::string binh = session_of("binh", R"("administrator")");
  const auto put = [&](const std::string& token, const std::string& name, const std::string& roles) {
    return world.as(token, "PUT", at("/people/" + name), fmt::format(R"({{"roles":[{}]}})", roles)).status;
  };
  EXPECT_EQ(put(binh, "binh", R"("administrator","approver")"), 403);
  EXPECT_EQ(put(world.token, "binh", R"("administrator","approver")"), 200);
  EXPECT_EQ(put(binh, "binh", R"("approver")"), 200) << "less is nobody's gain";
  EXPECT_EQ(put(world.token, "binh", R"("administrator","auditor")"), 200);
  EXPECT_EQ(put(binh, "an", R"("auditor")"), 200);
  EXPECT_EQ(put(binh, "binh", R"("auditor")"), 409);
  EXPECT_EQ(post(binh, "/people/an/removal", R"({"reason":"left"})").status, 200);
  EXPECT_EQ(post(binh, "/people/binh/removal", R"({"reason":"left"})").status, 403);
  EXPECT_EQ(put(binh, "an", R"("auditor")"), 404);
  EXPECT_EQ(put(binh, "binh", ""), 400);
}

TEST_F(PeopleApi, ARoleThatIsTakenAwayIsGoneAtTheNextRequest) {
  const std::string session = session_of("binh", R"("compliance","support")");
  EXPECT_EQ(post(session, "/acts", "{}").status, 400);
  ASSERT_EQ(world.as(world.token, "PUT", at("/people/binh"), R"({"roles":["support"]})").status, 200);
  EXPECT_EQ(post(session, "/acts", "{}").status, 403);
}

TEST_F(PeopleApi, EveryChangeSaysWhoByWhatAndFromWhere) {
  const std::string session = session_of("binh", R"("compliance")");
  const Response made =
      post(session, "/acts",
           R"({"format":"kip.act/1","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,"kind":"circular",)"
           R"("signed_on":"2025-10-27","changes":["report-form"]})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  const auto events = unit->events().after(0, 100).value();
  const Event last = read_event(events.back()).value();
  EXPECT_EQ(last.type, "act.registered");
  EXPECT_EQ(last.actor, "staff:binh");
  EXPECT_EQ(last.credential, "session:" + sha256(session).hex().substr(0, 12));
  EXPECT_EQ(last.from, "192.0.2.7");
}

TEST_F(PeopleApi, WhoIsRemovedIsOutAndTheirMattersAreTheSuccessors) {
  world.register_act_and_commitments();
  const std::string binh = session_of("binh", R"("compliance")");
  const std::string chi = session_of("chi", R"("compliance","approver")");
  const std::string token = text(post(binh, "/tokens", "{}"), "secret");
  ASSERT_EQ(post(binh, "/obligations/1/waivers", R"({"reason":"flood","expires":"2026-01-01T00:00:00Z"})").status, 200);
  const Response hung = world.as(world.token, "GET", at("/people/binh/dependents"));
  EXPECT_THAT(hung.body, HasSubstr("obligation 1 waiver 1"));
  EXPECT_EQ(post(world.token, "/people/binh/removal", R"({"reason":"left"})").status, 400) << "who takes it over?";
  EXPECT_EQ(post(world.token, "/people/binh/removal", R"({"reason":"left","successor":"binh"})").status, 400);
  EXPECT_EQ(post(world.token, "/people/binh/removal", R"({"reason":"left","successor":"nobody"})").status, 404);
  session_of("dung", R"("auditor")");
  EXPECT_EQ(post(world.token, "/people/binh/removal", R"({"reason":"left","successor":"dung"})").status, 400);
  ASSERT_EQ(post(world.token, "/people/binh/removal", R"({"reason":"left","successor":"chi"})").status, 200);
  EXPECT_EQ(world.as(token, "GET", at("/acts")).status, 401);
  EXPECT_EQ(world.as(binh, "GET", at("/acts")).status, 401);
  EXPECT_EQ(sign_in("binh", kPassword).status, 403);
  EXPECT_THAT(world.as(chi, "GET", at("/me")).body, HasSubstr("obligation 1 waiver 1"));
  const Response own = post(chi, "/obligations/1/waivers/1/approval", "{}");
  EXPECT_EQ(own.status, 403);
  EXPECT_THAT(own.body, HasSubstr("taken over"));
  EXPECT_EQ(post(world.token, "/obligations/1/waivers/1/approval", "{}").status, 200);
  EXPECT_EQ(post(world.token, "/people", R"({"name":"binh","roles":["auditor"]})").status, 409)
      << "names are not reused";
}

TEST_F(PeopleApi, TwoTokensOfOnePersonAreNotTwoPeople) {
  world.register_act_and_commitments();
  const std::string session = session_of("chi", R"("compliance","approver")");
  const std::string token = text(post(session, "/tokens", "{}"), "secret");
  ASSERT_EQ(post(session, "/obligations/1/waivers", R"({"reason":"flood","expires":"2026-01-01T00:00:00Z"})").status,
            200);
  EXPECT_EQ(post(token, "/obligations/1/waivers/1/approval", "{}").status, 403);
}

}  // namespace
}  // namespace kip::server::testing
