#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <server/domain/staff_events.hpp>
#include <server/http/api.hpp>
#include <server/http/conditional.hpp>
#include <server/http/page.hpp>

namespace kip::server {
namespace {

constexpr json::ObjectReader::Unknown kStrict = json::ObjectReader::Unknown::refuse;
constexpr std::size_t kMaxSecret = 2048;
constexpr std::size_t kMaxLabel = 200;
constexpr int kTooManyRequests = 429;

json::Object person_json(const StaffMember& person) {
  json::Value out = to_json(person);
  return *out.as_object();
}

json::Object token_json(const TokenRecord& token, Instant now) {
  json::Object out{{"token", token.id()},        {"person", token.person.str()},
                   {"label", token.label},       {"created", format_instant(token.created)},
                   {"good", token.is_good(now)}, {"ended", token.revoked}};
  if (token.scopes) out.emplace("scopes", scopes_json(*token.scopes));
  if (token.expires) out.emplace("expires", format_instant(*token.expires));
  return out;
}

json::Array tokens_json(const std::vector<TokenRecord>& tokens, Instant now) {
  json::Array out;
  for (const TokenRecord& token : tokens)
    out.emplace_back(token_json(token, now));
  return out;
}

json::Array pending_json(const std::vector<PendingMatter>& pending) {
  json::Array out;
  for (const PendingMatter& one : pending) {
    out.emplace_back(
        json::Object{{"kind", to_string(one.kind)}, {"subject", one.subject}, {"since", format_instant(one.since)}});
  }
  return out;
}

Response dependents_response(const Dependents& hung, Instant now) {
  json::Array duties;
  for (const OfficerDuty& duty : hung.duties) {
    duties.emplace_back(json::Object{{"key", duty.key_id},
                                     {"role", duty.role},
                                     {"threshold", duty.threshold},
                                     {"keys", static_cast<std::int64_t>(duty.keys)}});
  }
  return json_response(200, json::Object{{"tokens", tokens_json(hung.tokens, now)},
                                         {"sessions", static_cast<std::int64_t>(hung.sessions)},
                                         {"officer_duties", std::move(duties)},
                                         {"pending", pending_json(hung.pending)}});
}

Result<PersonName> person_of(const Call& call) {
  return PersonName::parse(call.params.at("person"));
}

/// A body without a member.
Result<void> expect_nothing(const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "request");
  return in.finish(kStrict);
}

Result<Response> show_me(const Services& services, const Call& call) {
  KIP_TRY(const auto unit, services.store.begin(call.tenant, Access::read));
  KIP_TRY(const auto voices, voices_of(unit->projection(), call.staff->person));
  KIP_TRY(const auto pending, pending_of(unit->projection(), voices));
  return json_response(200, json::Object{{"person", call.staff->person.str()},
                                         {"credential", call.staff->credential},
                                         {"actions", scopes_json(call.staff->actions)},
                                         {"pending", pending_json(pending)}});
}

Result<Response> list_people(const Services& services, const Call& call) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto people, services.people.all());
  return json_response(200, page_json("people", people, page, person_json));
}

Result<StaffMember> find_person(const Services& services, const Call& call) {
  KIP_TRY(const PersonName name, person_of(call));
  KIP_TRY(auto person, services.people.find(name));
  if (!person) return fail(ErrorCode::not_found, fmt::format("there is nobody called {}", name.str()));
  return *std::move(person);
}

Result<Response> show_person(const Services& services, const Call& call) {
  KIP_TRY(const StaffMember person, find_person(services, call));
  return json_response(200, person_json(person));
}

/// The members of a body that say what a person may do; `name` where the path does not say it.
Result<StaffMember> read_body(const Call& call, const std::optional<PersonName>& name) {
  KIP_TRY(json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "person");
  in.array("roles");
  in.array_or_empty("officer_keys");
  if (!name) in.text("name");
  KIP_TRY_VOID(in.finish(kStrict));
  if (name) body.as_object()->insert_or_assign("name", name->str());
  return read_person(body, {});
}

Response invitation_response(const PersonName& person, const NewInvitation& made) {
  return json_response(
      201, json::Object{
               {"person", person.str()}, {"invitation", made.invitation}, {"expires", format_instant(made.expires)}});
}

Result<Response> add_person(const Services& services, const Call& call) {
  KIP_TRY(const StaffMember person, read_body(call, {}));
  KIP_TRY(const NewInvitation made, services.people.add(call.actor, person));
  return invitation_response(person.name, made);
}

Result<Response> change_person(const Services& services, const Call& call) {
  KIP_TRY(const PersonName name, person_of(call));
  KIP_TRY(const StaffMember person, read_body(call, name));
  // Asked of what is there at the moment of the change.
  const auto still = [&request = call.request](const StaffMember& before) {
    return passes_if_match(request, body_etag(json_response(200, person_json(before)).body));
  };
  KIP_TRY_VOID(services.people.change(call.actor, person, still));
  return json_response(200, person_body(person));
}

Result<Response> invite(const Services& services, const Call& call) {
  KIP_TRY_VOID(expect_nothing(call));
  KIP_TRY(const PersonName name, person_of(call));
  KIP_TRY(const NewInvitation made, services.people.invite(call.actor, name));
  return invitation_response(name, made);
}

Result<Response> show_dependents(const Services& services, const Call& call) {
  KIP_TRY(const PersonName name, person_of(call));
  KIP_TRY(const Dependents hung, services.people.dependents(name));
  return dependents_response(hung, services.recorder.now());
}

Result<Response> remove_person(const Services& services, const Call& call) {
  KIP_TRY(const PersonName name, person_of(call));
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "removal");
  const std::string reason = in.text("reason");
  const auto successor = in.optional_parsed("successor", PersonName::parse);
  KIP_TRY_VOID(in.finish(kStrict));
  KIP_TRY(const Dependents hung, services.people.remove(call.actor, name, reason, successor));
  return dependents_response(hung, services.recorder.now());
}

/// Where the name or the address has to wait: 429.
std::optional<Response> refuse_locked(const Services& services, const Call& call, std::string_view name) {
  const auto until = services.sign_in.locked_until(name, call.request.from);
  if (!until) return std::nullopt;
  const auto wait = std::chrono::ceil<std::chrono::seconds>(*until - services.recorder.now());
  return problem({ErrorCode::busy,
                  "too many wrong passwords for this name or from this address; wait and try again, or ask an "
                  "administrator "
                  "for a new invitation"},
                 kTooManyRequests)
      .set("Retry-After", std::to_string(std::max<std::int64_t>(wait.count(), 1)));
}

Result<Response> begin_session(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "sign-in");
  const std::string name = in.text("person", 64);
  const SecretBytes password(in.text("password", kMaxSecret));
  KIP_TRY_VOID(in.finish(kStrict));
  if (auto refused = refuse_locked(services, call, name)) return *std::move(refused);
  KIP_TRY(const NewSession made, services.sign_in.begin(name, password, call.request.from));
  return json_response(201, json::Object{{"session", made.session}, {"expires", format_instant(made.expires)}});
}

Result<Response> end_session(const Services& services, const Call& call) {
  KIP_TRY_VOID(expect_nothing(call));
  KIP_TRY_VOID(services.sign_in.end(call.staff->proof));
  return json_response(200, json::Object{});
}

Result<Response> set_password(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "password");
  const std::string name = in.text("person", 64);
  const SecretBytes proof(in.text("proof", kMaxSecret));
  const SecretBytes password(in.text("password", kMaxSecret));
  KIP_TRY_VOID(in.finish(kStrict));
  if (auto refused = refuse_locked(services, call, name)) return *std::move(refused);
  KIP_TRY_VOID(services.sign_in.set_password(name, proof, password, call.request.from));
  return json_response(200, json::Object{});
}

Result<Response> tokens_of(const Services& services, const Call& call, const PersonName& person) {
  KIP_TRY(const Page page, read_page(call));
  KIP_TRY(const auto tokens, services.access.tokens(person));
  const auto now = services.recorder.now();
  return json_response(
      200, page_json("tokens", tokens, page, [now](const TokenRecord& token) { return token_json(token, now); }));
}

Result<Response> list_tokens(const Services& services, const Call& call) {
  return tokens_of(services, call, call.staff->person);
}

Result<Response> list_tokens_of(const Services& services, const Call& call) {
  KIP_TRY(const StaffMember person, find_person(services, call));
  return tokens_of(services, call, person.name);
}

Result<Response> create_token(const Services& services, const Call& call) {
  KIP_TRY(const json::Value body, json::parse(call.body));
  json::ObjectReader in(body, "token");
  TokenRequest request;
  request.label = in.optional_text("label", kMaxLabel).value_or("");
  in.array_or_empty("scopes");
  constexpr std::int64_t kMostHours =
      std::chrono::duration_cast<std::chrono::hours>(TokenRequest::kLongestLife).count();
  if (const auto hours = in.optional_integer("hours", 1, kMostHours)) request.life = std::chrono::hours(*hours);
  KIP_TRY_VOID(in.finish(kStrict));
  if (const json::Value* scopes = body.find("scopes")) {
    KIP_TRY(request.scopes, read_scopes(*scopes));
  }
  KIP_TRY_VOID(StaffAccess::expect_within(*call.staff, request, services.recorder.now()));
  KIP_TRY(const NewToken made, services.access.create_token(call.actor, call.staff->person, request));
  json::Object out = token_json(made.record, services.recorder.now());
  out.emplace("secret", made.token);
  return json_response(201, std::move(out));
}

Result<Response> revoke_token(const Services& services, const Call& call) {
  KIP_TRY_VOID(expect_nothing(call));
  const bool anybodys = call.staff->may(StaffAction::people_manage);
  const std::optional<PersonName> of = anybodys ? std::nullopt : std::optional(call.staff->person);
  KIP_TRY_VOID(services.access.revoke_token(call.actor, of, call.params.at("token")));
  return json_response(200, json::Object{});
}

}  // namespace

std::vector<Route> people_routes(const Services& services) {
  const auto with = [services](auto handler) {
    return [services, handler](const Call& call) { return handler(services, call); };
  };
  constexpr Caller kOwn = staff(StaffAction::own);
  constexpr Caller kManager = staff(StaffAction::people_manage);
  constexpr BodyKind kNone = BodyKind::none;
  constexpr BodyKind kWhole = BodyKind::whole;
  return {
      {"GET", "/v1/tenants/{tenant}/me", kReader, kNone, with(show_me)},
      {"GET", "/v1/tenants/{tenant}/people", kReader, kNone, with(list_people)},
      {"POST", "/v1/tenants/{tenant}/people", kManager, kWhole, with(add_person)},
      {"GET", "/v1/tenants/{tenant}/people/{person}", kReader, kNone, with(show_person)},
      {"PUT", "/v1/tenants/{tenant}/people/{person}", kManager, kWhole, with(change_person)},
      {"POST", "/v1/tenants/{tenant}/people/{person}/invitation", kManager, kWhole, with(invite)},
      {"GET", "/v1/tenants/{tenant}/people/{person}/dependents", kManager, kNone, with(show_dependents)},
      {"GET", "/v1/tenants/{tenant}/people/{person}/tokens", kManager, kNone, with(list_tokens_of)},
      {"POST", "/v1/tenants/{tenant}/people/{person}/removal", kManager, kWhole, with(remove_person)},
      {"POST", "/v1/tenants/{tenant}/sessions", kAnyone, kWhole, with(begin_session)},
      {"POST", "/v1/tenants/{tenant}/sessions/end", kOwn, kWhole, with(end_session)},
      {"POST", "/v1/tenants/{tenant}/password", kAnyone, kWhole, with(set_password)},
      {"GET", "/v1/tenants/{tenant}/tokens", kOwn, kNone, with(list_tokens)},
      {"POST", "/v1/tenants/{tenant}/tokens", kOwn, kWhole, with(create_token)},
      {"POST", "/v1/tenants/{tenant}/tokens/{token}/revocation", kOwn, kWhole, with(revoke_token)},
  };
}

}  // namespace kip::server
