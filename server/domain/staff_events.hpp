#pragma once

#include <optional>
#include <string>

#include <manifests/codec/json.hpp>
#include <server/domain/staff_records.hpp>

namespace kip::server {

// The bodies of events about staff (docs/formats/event.md) and how staff lie in tables. Every reader's error is
// malformed.

/// Of person.added and person.changed.
json::Value person_body(const StaffMember& person);
Result<StaffMember> read_person(const json::Value& body, Instant since);

/// With what has become of the person besides.
json::Value to_json(const StaffMember& person);
Result<StaffMember> parse_person(BytesView text);

struct PersonRemoved {
  PersonName name;
  std::string reason;
  std::optional<PersonName> successor = {};
};
json::Value person_removed_body(const PersonRemoved& removed);
Result<PersonRemoved> read_person_removed(const json::Value& body);

json::Value person_invited_body(const PersonName& name, Instant expires);
json::Value password_set_body(const PersonName& name);

json::Value token_created_body(const TokenRecord& token);
/// Also of those from before people were told from their tokens: `name` was then the person's.
Result<TokenRecord> read_token_created(const json::Value& body, Instant created);
/// Whether a body is one of those.
bool is_token_of_before(const json::Value& body);

json::Value token_revoked_body(const TokenRecord& token);
/// Of which token.
Result<Sha256Digest> read_token_revoked(const json::Value& body);

/// Names of actions as a list.
json::Array scopes_json(const StaffActions& scopes);
Result<StaffActions> read_scopes(const json::Value& list);

}  // namespace kip::server
