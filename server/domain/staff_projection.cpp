#include <array>

#include <fmt/format.h>

#include <server/domain/recorder.hpp>
#include <server/domain/staff_events.hpp>
#include <server/domain/staff_projection.hpp>

namespace kip::server {
namespace {

Result<void> on_added(const Event& event, Projection& to) {
  KIP_TRY(const StaffMember person, read_person(event.body, event.claimed_time));
  KIP_TRY(const auto before, to.people.find(person.name));
  if (before) return fail(ErrorCode::conflict, fmt::format("the name {} is taken", person.name.str()));
  return to.people.put(person);
}

Result<void> on_changed(const Event& event, Projection& to) {
  KIP_TRY(StaffMember changed, read_person(event.body, event.claimed_time));
  KIP_TRY(const StaffMember before, require_person(to, changed.name));
  changed.since = before.since;
  return to.people.put(changed);
}

Result<void> revoke(TokenRecord token, Projection& to) {
  token.revoked = true;
  return to.tokens.put(token);
}

Result<void> on_removed(const Event& event, Projection& to) {
  KIP_TRY(const PersonRemoved removed, read_person_removed(event.body));
  KIP_TRY(StaffMember person, require_person(to, removed.name));
  person.removed = true;
  person.successor = removed.successor;
  KIP_TRY_VOID(to.people.put(person));
  KIP_TRY(const auto tokens, to.tokens.all());
  for (const TokenRecord& token : tokens) {
    if (token.person == removed.name) KIP_TRY_VOID(revoke(token, to));
  }
  return {};
}

/// Before people were told from their tokens, each token was a person, who could do everything.
Result<void> add_person_of(const TokenRecord& token, Projection& to) {
  KIP_TRY(const auto before, to.people.find(token.person));
  if (before) return {};
  return to.people.put({token.person, every_role(), {}, token.created});
}

Result<void> on_token_created(const Event& event, Projection& to) {
  KIP_TRY(const TokenRecord token, read_token_created(event.body, event.claimed_time));
  if (is_token_of_before(event.body)) KIP_TRY_VOID(add_person_of(token, to));
  KIP_TRY_VOID(require_person(to, token.person));
  return to.tokens.put(token);
}

Result<void> on_token_revoked(const Event& event, Projection& to) {
  KIP_TRY(const Sha256Digest hash, read_token_revoked(event.body));
  KIP_TRY(const auto token, to.tokens.find(hash));
  if (!token) return fail(ErrorCode::not_found, "there is no such token");
  return revoke(*token, to);
}

struct Row {
  std::string_view type;
  Result<void> (*apply)(const Event&, Projection&);
};

constexpr std::array<Row, 5> kRows = {{
    {event_type::kPersonAdded, on_added},
    {event_type::kPersonChanged, on_changed},
    {event_type::kPersonRemoved, on_removed},
    {event_type::kTokenCreated, on_token_created},
    {event_type::kTokenRevoked, on_token_revoked},
}};

}  // namespace

Result<void> expect_name_of_person(const PersonName& name) {
  if (name.str() != kServerActor) return {};
  return fail(
      ErrorCode::usage,
      fmt::format("\"{}\" is how the record of events names the server itself; choose another name", name.str()));
}

Result<StaffMember> require_person(Projection& from, const PersonName& name) {
  KIP_TRY(auto found, from.people.find(name));
  if (found && !found->removed) return *std::move(found);
  return fail(ErrorCode::not_found,
              fmt::format("there is no {} among the staff; kip person list shows them all", name.str()));
}

Result<void> project_staff(const Event& event, Projection& to) {
  for (const Row& row : kRows) {
    if (row.type == event.type) return row.apply(event, to);
  }
  return {};
}

}  // namespace kip::server
