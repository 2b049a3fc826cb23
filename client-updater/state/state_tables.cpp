#include "state_tables.hpp"

#include <algorithm>
#include <array>

#include <client-updater/update/machine.hpp>
#include <manifests/codec/choice.hpp>
#include <manifests/model/package_upkeep.hpp>

#include "log_tables.hpp"
#include "sql.hpp"

namespace kip::updater::sql {
namespace {

constexpr Choices<Move, 2> kMoves = {{{Move::install, "install"}, {Move::rollback, "rollback"}}};
constexpr Choices<Phase, 9> kPhases = {{{Phase::idle, "idle"},
                                        {Phase::downloaded, "downloaded"},
                                        {Phase::staged, "staged"},
                                        {Phase::applying, "applying"},
                                        {Phase::committed, "committed"},
                                        {Phase::confirmed, "confirmed"},
                                        {Phase::reverting, "reverting"},
                                        {Phase::reverted, "reverted"},
                                        {Phase::held, "held"}}};

std::optional<Target> read_target(Row& row) {
  auto version = row.optional_parsed(Version::parse);
  const auto manifest = row.optional_parsed(Sha256Digest::parse);
  if (!version || !manifest) return std::nullopt;
  return Target{*std::move(version), *manifest};
}

void bind_target(Binder& to, const std::optional<Target>& target) {
  if (target) {
    to.text(target->version.str()).text(target->manifest.hex());
  } else {
    to.null().null();
  }
}

Result<void> load_enrolment(SQLite::Database& database, State& state) {
  SQLite::Statement statement(database,
                              "SELECT code, url, tenant, product, root, log_key, install, incarnation, customer, "
                              "label, enrolled_at, layout, app_folder FROM enrolment");
  if (!statement.executeStep()) return {};
  Row row(statement);
  const auto code = row.parsed(Sha256Digest::parse);
  std::string url = row.text();
  auto tenant = row.parsed(TenantId::parse);
  auto product = row.parsed(ProductId::parse);
  const auto root = row.parsed(Sha256Digest::parse);
  Bytes log_key = row.text();
  auto install = row.parsed(InstallId::parse);
  std::string incarnation = row.text();
  std::string customer = row.text();
  std::string label = row.text();
  const Instant enrolled_at = row.instant();
  const auto layout = row.parsed(parse_layout_kind);
  std::string app_folder = row.text();
  KIP_TRY_VOID(row.finish());
  state.enrolment = Enrolment{*code,
                              std::move(url),
                              *std::move(tenant),
                              *std::move(product),
                              *root,
                              std::move(log_key),
                              *std::move(install),
                              std::move(incarnation),
                              std::move(customer),
                              std::move(label),
                              enrolled_at,
                              *layout,
                              std::move(app_folder)};
  return {};
}

Result<void> load_policy(SQLite::Database& database, State& state) {
  SQLite::Statement floor(database, "SELECT version FROM floor");
  if (floor.executeStep()) {
    Row row(floor);
    state.policy.floor = row.parsed(Version::parse);
    KIP_TRY_VOID(row.finish());
  }
  SQLite::Statement revocations(database, "SELECT version, reason FROM revocation");
  while (revocations.executeStep()) {
    Row row(revocations);
    std::string version = row.text();
    state.policy.revoked[std::move(version)] = row.text();
  }
  SQLite::Statement downgrades(database, "SELECT version, from_version FROM downgrade");
  while (downgrades.executeStep()) {
    Row row(downgrades);
    auto version = row.parsed(Version::parse);
    auto from = row.parsed(Version::parse);
    KIP_TRY_VOID(row.finish());
    state.policy.downgrades[*std::move(version)].insert(*std::move(from));
  }
  return {};
}

Result<void> load_versions(SQLite::Database& database, State& state) {
  SQLite::Statement statement(
      database, "SELECT version, manifest, committed_at, confirmed_at, current FROM version ORDER BY committed_at");
  while (statement.executeStep()) {
    Row row(statement);
    auto target = read_target(row);
    const Instant committed_at = row.instant();
    const auto confirmed_at = row.optional_instant();
    const bool current = row.integer() != 0;
    KIP_TRY_VOID(row.finish());
    if (!target) return fail(ErrorCode::storage, "the state database holds a version without a name");
    state.versions.push_back({*std::move(target), committed_at, confirmed_at, current});
  }
  return {};
}

Result<void> load_attempt(SQLite::Database& database, State& state) {
  SQLite::Statement statement(database,
                              "SELECT move, phase, target_version, target_manifest, from_version, from_manifest, "
                              "failure_state, failure_detail, trials FROM attempt");
  if (!statement.executeStep()) return {};
  Row row(statement);
  const auto move = row.parsed([](std::string_view text) { return parse_choice(kMoves, "a move", text); });
  const auto phase = row.parsed([](std::string_view text) { return parse_choice(kPhases, "a phase", text); });
  Attempt attempt;
  attempt.target = read_target(row);
  attempt.from = read_target(row);
  const auto failure = row.optional_parsed(parse_install_state);
  const auto detail = row.optional_text();
  const std::int64_t trials = row.integer();
  KIP_TRY_VOID(row.finish());
  attempt.move = *move;
  attempt.phase = *phase;
  attempt.trials = static_cast<int>(std::min<std::int64_t>(trials, kTrials));
  if (failure) attempt.failure = ReportedFailure{*failure, detail.value_or("")};
  state.attempt = std::move(attempt);
  return {};
}

Result<void> load_memory(SQLite::Database& database, State& state) {
  SQLite::Statement statement(
      database, "SELECT skipped_version, skipped_manifest, last_check, delivery_failures, next_try FROM memory");
  if (!statement.executeStep()) return {};
  Row row(statement);
  state.skipped = read_target(row);
  state.last_check = row.optional_instant();
  state.delivery.failures = row.integer();
  state.delivery.next_try = row.optional_instant();
  return row.finish();
}

Result<void> load_databases(SQLite::Database& database, State& state) {
  SQLite::Statement statement(database,
                              "SELECT kind, location, attached_at, make FROM customer_database ORDER BY place");
  while (statement.executeStep()) {
    Row row(statement);
    auto kind = row.parsed(parse_database_kind);
    std::string location = row.text();
    const Instant attached_at = row.instant();
    const auto make = row.parsed(parse_database_make);
    KIP_TRY_VOID(row.finish());
    state.databases.push_back({*std::move(kind), std::move(location), attached_at, *make});
  }
  return {};
}

Result<void> load_wishes(SQLite::Database& database, State& state) {
  SQLite::Statement deferral(database, "SELECT version, until, reason FROM deferral");
  if (deferral.executeStep()) {
    Row row(deferral);
    auto version = row.parsed(Version::parse);
    const Instant until = row.instant();
    std::string reason = row.text();
    KIP_TRY_VOID(row.finish());
    state.deferral = Deferral{*std::move(version), until, std::move(reason)};
  }
  SQLite::Statement waiting(database, "SELECT version, what FROM waiting");
  if (!waiting.executeStep()) return {};
  Row row(waiting);
  auto version = row.parsed(Version::parse);
  const auto what = row.parsed(parse_waiting);
  KIP_TRY_VOID(row.finish());
  state.waiting = WaitingVersion{*std::move(version), *what};
  return {};
}

Result<Labels> parse_labels(std::string_view text) {
  KIP_TRY(const json::Value value, json::parse(text));
  if (value.as_array() == nullptr) return fail(ErrorCode::malformed, "labels are a list");
  return read_labels(*value.as_array());
}

Result<void> load_postponement(SQLite::Database& database, State& state) {
  SQLite::Statement statement(database, "SELECT allowed, force_allowed, said_at, labels FROM postponement");
  if (!statement.executeStep()) return {};
  Row row(statement);
  const bool allowed = row.integer() != 0;
  const bool force_allowed = row.integer() != 0;
  const Instant said_at = row.instant();
  auto labels = row.parsed(parse_labels);
  KIP_TRY_VOID(row.finish());
  state.postponement = Postponement{allowed, force_allowed, said_at, *std::move(labels)};
  return {};
}

// Columns are named throughout: a later program may have added some, and this one still writes to that file.

void save_wishes(SQLite::Database& database, const State& state) {
  database.exec("DELETE FROM deferral");
  database.exec("DELETE FROM waiting");
  if (state.deferral) {
    SQLite::Statement statement(database, "INSERT INTO deferral (one, version, until, reason) VALUES (1, ?, ?, ?)");
    Binder(statement).text(state.deferral->version.str()).instant(state.deferral->until).text(state.deferral->reason);
    statement.exec();
  }
  if (state.waiting) {
    SQLite::Statement statement(database, "INSERT INTO waiting (one, version, what) VALUES (1, ?, ?)");
    Binder(statement).text(state.waiting->version.str()).text(std::string(to_string(state.waiting->what)));
    statement.exec();
  }
}

void save_postponement(SQLite::Database& database, const std::optional<Postponement>& postponement) {
  database.exec("DELETE FROM postponement");
  if (!postponement) return;
  SQLite::Statement statement(
      database, "INSERT INTO postponement (one, allowed, force_allowed, said_at, labels) VALUES (1, ?, ?, ?, ?)");
  Binder(statement)
      .integer(postponement->allowed ? 1 : 0)
      .integer(postponement->force_allowed ? 1 : 0)
      .instant(postponement->said_at)
      .text(json::to_compact(to_json(postponement->labels)));
  statement.exec();
}

void save_enrolment(SQLite::Database& database, const Enrolment& enrolment) {
  SQLite::Statement statement(
      database,
      "INSERT INTO enrolment (one, code, url, tenant, product, root, log_key, install, incarnation, "
      "customer, label, enrolled_at, layout, app_folder) "
      "VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Binder(statement)
      .text(enrolment.code.hex())
      .text(enrolment.url)
      .text(enrolment.tenant.str())
      .text(enrolment.product.str())
      .text(enrolment.root.hex())
      .blob(enrolment.log_key)
      .text(enrolment.install.str())
      .text(enrolment.incarnation)
      .text(enrolment.customer)
      .text(enrolment.label)
      .instant(enrolment.enrolled_at)
      .text(std::string(to_string(enrolment.layout)))
      .text(enrolment.app_folder);
  statement.exec();
}

/// What binds is only added to, whatever the caller holds in memory.
void save_policy(SQLite::Database& database, const ProductPolicy& policy) {
  database.exec("DELETE FROM downgrade");
  for (const auto& [version, from_versions] : policy.downgrades) {
    for (const Version& from : from_versions) {
      SQLite::Statement statement(database, "INSERT INTO downgrade (version, from_version) VALUES (?, ?)");
      Binder(statement).text(version.str()).text(from.str());
      statement.exec();
    }
  }
  for (const auto& [version, reason] : policy.revoked) {
    SQLite::Statement statement(database,
                                "INSERT INTO revocation (version, reason) VALUES (?, ?) ON CONFLICT DO NOTHING");
    Binder(statement).text(version).text(reason);
    statement.exec();
  }
  if (!policy.floor) return;
  SQLite::Statement stored(database, "SELECT version FROM floor");
  if (stored.executeStep()) {
    const auto floor = Version::parse(stored.getColumn(0).getString());
    if (floor && *policy.floor <= *floor) return;
  }
  SQLite::Statement statement(database, "INSERT OR REPLACE INTO floor (one, version) VALUES (1, ?)");
  Binder(statement).text(policy.floor->str());
  statement.exec();
}

void save_versions(SQLite::Database& database, const std::vector<InstalledVersion>& versions) {
  database.exec("DELETE FROM version");
  for (const InstalledVersion& version : versions) {
    SQLite::Statement statement(
        database,
        "INSERT INTO version (version, manifest, committed_at, confirmed_at, current) VALUES (?, ?, ?, ?, ?)");
    Binder to(statement);
    bind_target(to, version.target);
    to.instant(version.committed_at).optional_instant(version.confirmed_at).integer(version.current ? 1 : 0);
    statement.exec();
  }
}

void save_attempt(SQLite::Database& database, const Attempt& attempt) {
  SQLite::Statement statement(
      database,
      "INSERT OR REPLACE INTO attempt (one, move, phase, target_version, target_manifest, from_version, "
      "from_manifest, failure_state, failure_detail, trials) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Binder to(statement);
  to.text(std::string(choice_text(kMoves, attempt.move))).text(std::string(choice_text(kPhases, attempt.phase)));
  bind_target(to, attempt.target);
  bind_target(to, attempt.from);
  if (attempt.failure) {
    to.text(std::string(to_string(attempt.failure->state))).text(attempt.failure->detail);
  } else {
    to.null().null();
  }
  to.integer(attempt.trials);
  statement.exec();
}

void save_memory(SQLite::Database& database, const State& state) {
  SQLite::Statement statement(
      database,
      "INSERT OR REPLACE INTO memory (one, skipped_version, skipped_manifest, last_check, delivery_failures, "
      "next_try) VALUES (1, ?, ?, ?, ?, ?)");
  Binder to(statement);
  bind_target(to, state.skipped);
  to.optional_instant(state.last_check).integer(state.delivery.failures).optional_instant(state.delivery.next_try);
  statement.exec();
}

void save_databases(SQLite::Database& database, const std::vector<AttachedDatabase>& attached) {
  database.exec("DELETE FROM customer_database");
  for (const AttachedDatabase& one : attached) {
    SQLite::Statement statement(
        database, "INSERT INTO customer_database (kind, location, attached_at, make) VALUES (?, ?, ?, ?)");
    Binder(statement).text(one.kind).text(one.location).instant(one.attached_at).text(std::string(to_string(one.make)));
    statement.exec();
  }
}

}  // namespace

Result<State> load_state(SQLite::Database& database) {
  State state;
  KIP_TRY_VOID(load_enrolment(database, state));
  KIP_TRY_VOID(load_policy(database, state));
  KIP_TRY_VOID(load_versions(database, state));
  KIP_TRY_VOID(load_attempt(database, state));
  KIP_TRY_VOID(load_memory(database, state));
  KIP_TRY_VOID(load_databases(database, state));
  KIP_TRY_VOID(load_wishes(database, state));
  KIP_TRY_VOID(load_postponement(database, state));
  KIP_TRY_VOID(load_log(database, state));
  return state;
}

void save_state(SQLite::Database& database, const State& state) {
  database.exec("DELETE FROM enrolment");
  if (state.enrolment) save_enrolment(database, *state.enrolment);
  save_policy(database, state.policy);
  save_versions(database, state.versions);
  save_attempt(database, state.attempt);
  save_memory(database, state);
  save_databases(database, state.databases);
  save_wishes(database, state);
  save_postponement(database, state.postponement);
  save_log(database, state);
}

}  // namespace kip::updater::sql
