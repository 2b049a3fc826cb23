#pragma once

// Inside server/storage/sql only: how people, their tokens and by what they are recognised lie in their tables.

#include <server/domain/staff_events.hpp>

#include "sql_table.hpp"

namespace kip::server::sql {

struct PersonMapping {
  using Key = PersonName;
  using Record = StaffMember;
  static constexpr const char* kName = "staff_members";
  static constexpr const char* kColumns = "document";
  static constexpr const char* kKey = "name = ?";
  static constexpr const char* kOrder = "name";
  static constexpr const char* kWritten = "name, document";
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& person) {
    to.text(person.name.str()).text(json::to_compact(to_json(person)));
  }
  static Result<Record> read(RowReader& row) { return parse_person(row.text()); }
};

struct TokenMapping {
  using Key = Sha256Digest;
  using Record = TokenRecord;
  static constexpr const char* kName = "staff_tokens";
  static constexpr const char* kColumns = "hash, person, label, created, revoked, expires, scopes";
  static constexpr const char* kKey = "hash = ?";
  static constexpr const char* kOrder = "hash";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.digest(key); }
  static void bind(Binder& to, const Record& token) {
    to.digest(token.hash).text(token.person.str()).text(token.label).instant(token.created);
    to.integer(token.revoked ? 1 : 0).optional_instant(token.expires);
    token.scopes ? to.text(json::to_compact(scopes_json(*token.scopes))) : to.null();
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(const Sha256Digest hash, row.digest());
    KIP_TRY(PersonName person, parse_id<PersonName>(row));
    Record out{hash, std::move(person), row.text()};
    out.created = row.instant();
    out.revoked = row.integer() == 1;
    out.expires = row.optional_instant();
    if (row.next_is_null()) return out;
    KIP_TRY(const json::Value scopes, json::parse(row.text()));
    KIP_TRY(out.scopes, read_scopes(scopes));
    return out;
  }
};

struct CredentialMapping {
  using Key = PersonName;
  using Record = CredentialRecord;
  static constexpr const char* kName = "staff_credentials";
  static constexpr const char* kColumns = "person, password, invitation, invitation_expires";
  static constexpr const char* kKey = "person = ?";
  static constexpr const char* kOrder = "person";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.text(key.str()); }
  static void bind(Binder& to, const Record& record) {
    to.text(record.person.str());
    record.password ? to.text(record.password->str()) : to.null();
    if (record.invitation) {
      to.digest(record.invitation->secret).instant(record.invitation->expires);
    } else {
      to.null().null();
    }
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(PersonName person, parse_id<PersonName>(row));
    Record out{std::move(person)};
    if (row.next_is_null()) {
      row.skip();
    } else {
      KIP_TRY(out.password, row.parsed(PasswordHash::parse));
    }
    KIP_TRY(const auto secret, row.optional_digest());
    if (secret) out.invitation = Invitation{*secret, row.instant()};
    return out;
  }
};

struct SessionMapping {
  using Key = Sha256Digest;
  using Record = SessionRecord;
  static constexpr const char* kName = "staff_sessions";
  static constexpr const char* kColumns = "hash, person, begun, expires";
  static constexpr const char* kKey = "hash = ?";
  static constexpr const char* kOrder = "hash";
  static constexpr const char* kWritten = kColumns;
  static void bind_key(Binder& to, const Key& key) { to.digest(key); }
  static void bind(Binder& to, const Record& session) {
    to.digest(session.hash).text(session.person.str()).instant(session.begun).instant(session.expires);
  }
  static Result<Record> read(RowReader& row) {
    KIP_TRY(const Sha256Digest hash, row.digest());
    KIP_TRY(PersonName person, parse_id<PersonName>(row));
    const Instant begun = row.instant();
    return Record{hash, std::move(person), begun, row.instant()};
  }
};

class SqlSessions final : public SqlTable<SessionMapping, SessionTable> {
 public:
  using SqlTable::SqlTable;

  Result<void> end(const Sha256Digest& session) override {
    return remove("hash = ?", [&](Binder& to) { to.digest(session); });
  }
  Result<void> end_of(const PersonName& person) override {
    return remove("person = ?", [&](Binder& to) { to.text(person.str()); });
  }
  Result<void> end_expired(Instant now) override {
    return remove("expires <= ?", [&](Binder& to) { to.instant(now); });
  }

 private:
  template <class Bind>
  Result<void> remove(std::string_view condition, Bind&& bind) {
    Binder binder = with_tenant();
    bind(binder);
    KIP_TRY_VOID(connection_.change(
        SessionMapping::kName, fmt::format("DELETE FROM staff_sessions WHERE tenant = ? AND {}", condition), binder));
    return {};
  }
};

}  // namespace kip::server::sql
