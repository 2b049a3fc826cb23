#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <manifests/model/act_events.hpp>
#include <manifests/model/act_relations.hpp>
#include <server/domain/registry.hpp>

namespace kip::server {
namespace {

/// Opens obligations within one unit of work and hands out their numbers.
class Opener {
 public:
  static Result<Opener> create(UnitOfWork& unit, const Recorder& recorder, const Actor& actor) {
    KIP_TRY(const auto present, unit.projection().obligations.all());
    return Opener(unit, recorder, actor, present.empty() ? 1 : present.back().number + 1);
  }

  Result<void> open_where_covered(const Act& act, const Commitment& commitment) {
    if (!commitment.matches(act)) return {};
    const ObligationOpened obligation{next_, act.key, commitment.id};
    KIP_TRY_VOID(recorder_.record(unit_, event_type::kObligationOpened, actor_, obligation_opened_body(obligation)));
    ++next_;
    ++opened_;
    return {};
  }

  std::int64_t opened() const { return opened_; }

 private:
  Opener(UnitOfWork& unit, const Recorder& recorder, const Actor& actor, std::int64_t next)
      : unit_(unit), recorder_(recorder), actor_(actor), next_(next) {}

  UnitOfWork& unit_;
  const Recorder& recorder_;
  const Actor& actor_;
  std::int64_t next_;
  std::int64_t opened_ = 0;
};

Unexpected already_different(std::string_view noun, const std::string& names) {
  return fail(ErrorCode::conflict, fmt::format("registered already with other content: {} {}", noun, names));
}

void add_name(std::string& names, const std::string& name) {
  constexpr std::size_t kEnough = 1000;
  if (names.size() < kEnough) names += (names.empty() ? "" : ", ") + name;
}

/// Whether a promise of the other kind has that id: a customer's list of promises names both by it.
template <class Key, class Record, class Id>
Result<bool> is_registered(Table<Key, Record>& table, const Id& id) {
  KIP_TRY(const Key key, Key::parse(id.str()));
  KIP_TRY(const auto present, table.find(key));
  return present.has_value();
}

/// Of both kinds: a customer's list of promises names either.
Result<std::map<std::string, ProductId>> promised_products(Projection& from) {
  std::map<std::string, ProductId> out;
  KIP_TRY(const auto commitments, from.commitments.all());
  for (const Commitment& one : commitments)
    out.emplace(one.id.str(), one.product);
  KIP_TRY(const auto promises, from.promises.all());
  for (const ServicePromise& one : promises)
    out.emplace(one.id.str(), one.product);
  return out;
}

std::vector<Warning> warnings_about(const Act& act, const std::vector<Commitment>& commitments,
                                    const std::vector<Act>& registered, LegalDate today) {
  std::vector<Warning> out = check_act(act);
  for (const auto& more : {check_history(ActHistory::begin(act, {}, {}), today), check_issuer(act, commitments),
                           check_triggers(act, commitments), check_relations(act, registered)})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<Warning> warnings_about(const Customer& customer, const std::optional<Customer>& present,
                                    const std::map<std::string, ProductId>& promises) {
  std::vector<Warning> out = check_customer(customer);
  if (present) {
    for (Warning& warning : check_change(*present, customer))
      out.push_back(std::move(warning));
  }
  const bool any = std::any_of(promises.begin(), promises.end(),
                               [&](const auto& promise) { return promise.second == customer.product; });
  if (!promises.empty() && !any) {
    out.push_back(
        {"product-without-promise", fmt::format("no promise is about the product \"{}\"", customer.product.str())});
  }
  for (const std::string& id : customer.commitments) {
    if (const auto promise = promises.find(id); promise != promises.end()) {
      if (promise->second == customer.product) continue;
      out.push_back({"promise-of-another-product", fmt::format("the promise \"{}\" is about the product \"{}\", not "
                                                               "\"{}\": nothing is promised by it",
                                                               id, promise->second.str(), customer.product.str())});
      continue;
    }
    out.push_back({"promise-unknown", fmt::format("there is no promise \"{}\": nothing is promised by it until one is "
                                                  "registered (kip commitment list)",
                                                  id)});
  }
  return out;
}

/// An act with the day on which the vendor learned of it: what was said, else that of its registration.
Result<Act> with_awareness(Act act, const std::optional<Act>& present, const Board& board, Instant now) {
  KIP_TRY(const LegalDate today, board.day_in(act.country, now));
  if (!act.aware_on) act.aware_on = present ? present->aware_on : today;
  if (act.aware_on && today < *act.aware_on) {
    return fail(ErrorCode::usage, fmt::format("{}: the vendor cannot have learned of it on {}, which is still to come",
                                              act.key.str(), format_date(*act.aware_on)));
  }
  return act;
}

}  // namespace

Result<std::vector<RegisteredAct>> Registry::register_acts(const Actor& actor, const std::vector<Act>& acts,
                                                           bool dry_run) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  Projection& projection = unit->projection();
  KIP_TRY(const auto commitments, projection.commitments.all());
  KIP_TRY(Opener opener, Opener::create(*unit, recorder_, actor));
  KIP_TRY(std::vector<Act> known, projection.acts.all());
  known.insert(known.end(), acts.begin(), acts.end());
  std::vector<RegisteredAct> out;
  std::string different;
  for (const Act& given : acts) {
    KIP_TRY(const auto present, projection.acts.find(key_of(given)));
    KIP_TRY(const Act act, with_awareness(given, present, board_, recorder_.now()));
    KIP_TRY(const LegalDate today, board_.day_in(act.country, recorder_.now()));
    out.push_back({act, !present, {}, warnings_about(act, commitments, known, today)});
    if (present && *present != act) add_name(different, act.key.str());
    if (present) continue;
    KIP_TRY_VOID(recorder_.record(*unit, event_type::kActRegistered, actor, json::Object{{"act", to_json(act)}}));
    for (const Commitment& commitment : commitments)
      KIP_TRY_VOID(opener.open_where_covered(act, commitment));
  }
  if (!different.empty()) {
    return fail(
        ErrorCode::conflict,
        fmt::format("registered already with other content: act {}; nothing of this list was taken. Another date "
                    "is stated with \"kip act date\", a correction, suspension or withdrawal with \"kip act "
                    "develop\"; leave such rows out of the list",
                    different));
  }
  KIP_TRY(auto board, board_.judge_all(projection, recorder_.now(), Detail::tallies));
  for (RegisteredAct& registered : out) {
    for (const BoardEntry& entry : board) {
      if (entry.act.key == registered.act.key) registered.obligations.push_back(entry);
    }
  }
  if (!dry_run) KIP_TRY_VOID(unit->commit());
  return out;
}

Result<ImportedCommitments> Registry::take_commitments(UnitOfWork& unit, const Actor& actor,
                                                       const std::vector<Commitment>& commitments,
                                                       std::string& different) {
  Projection& projection = unit.projection();
  KIP_TRY(const auto acts, projection.acts.all());
  KIP_TRY(Opener opener, Opener::create(unit, recorder_, actor));
  ImportedCommitments out;
  for (const Commitment& commitment : commitments) {
    KIP_TRY_VOID(board_.calendars().find(commitment.calendar));
    KIP_TRY(const auto present, projection.commitments.find(commitment.id));
    KIP_TRY(const bool other_kind, is_registered(projection.promises, commitment.id));
    if (other_kind || (present && *present != commitment)) add_name(different, commitment.id.str());
    ++(present ? out.unchanged : out.added);
    if (present) continue;
    KIP_TRY_VOID(recorder_.record(unit, event_type::kCommitmentRegistered, actor,
                                  json::Object{{"commitment", to_json(commitment)}}));
    for (const Act& act : acts)
      KIP_TRY_VOID(opener.open_where_covered(act, commitment));
  }
  out.obligations_opened = opener.opened();
  return out;
}

Result<ImportedCommitments> Registry::import_commitments(const Actor& actor,
                                                         const std::vector<Commitment>& commitments) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  std::string different;
  KIP_TRY(const ImportedCommitments out, take_commitments(*unit, actor, commitments, different));
  if (!different.empty()) return already_different("commitment", different);
  KIP_TRY_VOID(unit->commit());
  return out;
}

Result<ImportedTerms> Registry::import_terms(const Actor& actor, const Terms& terms) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  ImportedTerms out;
  std::string different;
  KIP_TRY(out.commitments, take_commitments(*unit, actor, terms.commitments, different));
  Projection& projection = unit->projection();
  for (const ServicePromise& promise : terms.service_promises) {
    KIP_TRY_VOID(board_.calendars().find(promise.calendar));
    KIP_TRY(const auto present, projection.promises.find(promise.id));
    KIP_TRY(const bool other_kind, is_registered(projection.commitments, promise.id));
    if (other_kind || (present && *present != promise)) add_name(different, promise.id.str());
    ++(present ? out.promises_unchanged : out.promises_added);
    if (present) continue;
    KIP_TRY_VOID(
        recorder_.record(*unit, event_type::kPromiseRegistered, actor, json::Object{{"promise", to_json(promise)}}));
  }
  if (!different.empty()) return already_different("promise", different);
  KIP_TRY_VOID(unit->commit());
  return out;
}

Result<ImportedCustomers> Registry::import_customers(const Actor& actor, const std::vector<Customer>& customers,
                                                     bool dry_run) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  ImportedCustomers out;
  KIP_TRY(const auto promises, promised_products(unit->projection()));
  for (const Customer& customer : customers) {
    KIP_TRY(const auto present, unit->projection().customers.find(key_of(customer)));
    for (Warning& warning : warnings_about(customer, present, promises))
      out.warnings.emplace_back(customer.tax_code, std::move(warning));
    if (present && *present == customer) {
      ++out.unchanged;
      continue;
    }
    ++(present ? out.changed : out.added);
    KIP_TRY_VOID(
        recorder_.record(*unit, event_type::kCustomerImported, actor, json::Object{{"customer", to_json(customer)}}));
  }
  if (!dry_run) KIP_TRY_VOID(unit->commit());
  return out;
}

}  // namespace kip::server
