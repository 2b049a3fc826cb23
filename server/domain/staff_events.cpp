#include <manifests/codec/reader.hpp>
#include <server/domain/staff_events.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kMaxRoles = 16;
constexpr std::size_t kMaxKeys = 16;
constexpr std::size_t kMaxScopes = 64;
constexpr std::size_t kMaxLabel = 200;
constexpr std::size_t kMaxReason = 1000;

template <class Value>
json::Array names_of(const std::set<Value>& values) {
  json::Array out;
  for (const Value& value : values)
    out.emplace_back(std::string(to_string(value)));
  return out;
}

/// The members that events and tables share.
StaffMember read_members(json::ObjectReader& in, Instant since) {
  auto name = in.parsed("name", PersonName::parse);
  StaffRoles roles;
  for (const std::string& text : in.texts_or_empty("roles", kMaxRoles)) {
    const auto role = parse_staff_role(text);
    if (!role) in.refuse("roles", role.error().message);
    if (role) roles.insert(*role);
  }
  std::set<std::string> keys;
  for (const std::string& text : in.texts_or_empty("officer_keys", kMaxKeys)) {
    const auto id = Sha256Digest::parse(text);
    if (!id) in.refuse("officer_keys", id.error().message);
    if (id) keys.insert(id->hex());
  }
  static const PersonName kNobody = PersonName::parse("nobody").value();  // finish() has the fault then
  return {name.value_or(kNobody), std::move(roles), std::move(keys), since};
}

}  // namespace

json::Value person_body(const StaffMember& person) {
  return json::Object{{"name", person.name.str()},
                      {"roles", names_of(person.roles)},
                      {"officer_keys", json::Array(person.officer_keys.begin(), person.officer_keys.end())}};
}

Result<StaffMember> read_person(const json::Value& body, Instant since) {
  json::ObjectReader in(body, "person");
  StaffMember out = read_members(in, since);
  KIP_TRY_VOID(in.finish());
  return out;
}

json::Value to_json(const StaffMember& person) {
  json::Value out = person_body(person);
  json::Object& members = *out.as_object();
  members["since"] = format_instant(person.since);
  if (person.removed) members["removed"] = true;
  if (person.successor) members["successor"] = person.successor->str();
  return out;
}

Result<StaffMember> parse_person(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text));
  json::ObjectReader in(value, "person");
  const auto since = in.parsed("since", parse_instant);
  StaffMember out = read_members(in, since.value_or(Instant()));
  out.removed = in.boolean_or("removed", false);
  out.successor = in.optional_parsed("successor", PersonName::parse);
  KIP_TRY_VOID(in.finish());
  return out;
}

json::Value person_removed_body(const PersonRemoved& removed) {
  json::Object out{{"name", removed.name.str()}, {"reason", removed.reason}};
  if (removed.successor) out.emplace("successor", removed.successor->str());
  return out;
}

Result<PersonRemoved> read_person_removed(const json::Value& body) {
  json::ObjectReader in(body, "person.removed");
  auto name = in.parsed("name", PersonName::parse);
  std::string reason = in.text("reason", kMaxReason);
  auto successor = in.optional_parsed("successor", PersonName::parse);
  KIP_TRY_VOID(in.finish());
  return PersonRemoved{*std::move(name), std::move(reason), std::move(successor)};
}

json::Value person_invited_body(const PersonName& name, Instant expires) {
  return json::Object{{"name", name.str()}, {"expires", format_instant(expires)}};
}

json::Value password_set_body(const PersonName& name) {
  return json::Object{{"name", name.str()}};
}

json::Array scopes_json(const StaffActions& scopes) {
  return names_of(scopes);
}

Result<StaffActions> read_scopes(const json::Value& list) {
  const json::Array* items = list.as_array();
  if (items == nullptr || items->size() > kMaxScopes) return fail(ErrorCode::malformed, "scopes are a list of actions");
  StaffActions out;
  for (const json::Value& item : *items) {
    if (item.as_text() == nullptr) return fail(ErrorCode::malformed, "a scope is the name of an action");
    KIP_TRY(const StaffAction action, parse_staff_action(*item.as_text()));
    out.insert(action);
  }
  return out;
}

json::Value token_created_body(const TokenRecord& token) {
  json::Object out{{"token_sha256", token.hash.hex()}, {"person", token.person.str()}, {"label", token.label}};
  if (token.scopes) out.emplace("scopes", scopes_json(*token.scopes));
  if (token.expires) out.emplace("expires", format_instant(*token.expires));
  return out;
}

bool is_token_of_before(const json::Value& body) {
  return body.find("person") == nullptr;
}

Result<TokenRecord> read_token_created(const json::Value& body, Instant created) {
  json::ObjectReader in(body, "token.created");
  const auto hash = in.parsed("token_sha256", Sha256Digest::parse);
  auto person = in.parsed(is_token_of_before(body) ? "name" : "person", PersonName::parse);
  std::string label = in.optional_text("label", kMaxLabel).value_or("");
  const auto expires = in.optional_parsed("expires", parse_instant);
  KIP_TRY_VOID(in.finish());
  TokenRecord out{*hash, *std::move(person), std::move(label), {}, created, expires};
  if (const json::Value* scopes = body.find("scopes")) {
    KIP_TRY(out.scopes, read_scopes(*scopes));
  }
  return out;
}

json::Value token_revoked_body(const TokenRecord& token) {
  return json::Object{{"token_sha256", token.hash.hex()}};
}

Result<Sha256Digest> read_token_revoked(const json::Value& body) {
  json::ObjectReader in(body, "token.revoked");
  const auto hash = in.parsed("token_sha256", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return *hash;
}

}  // namespace kip::server
