#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include <manifests/model/act_events.hpp>
#include <manifests/model/obligation_clock.hpp>
#include <manifests/model/release_published.hpp>
#include <server/domain/install_facts.hpp>
#include <server/domain/obligation_rows.hpp>
#include <server/domain/recorder.hpp>
#include <signing/evidence/install_events.hpp>

namespace kip::server {
namespace {

/// None where customers are not what it counts.
Result<std::optional<CountedObligation>> read_counted(const ObligationRecord& obligation, Projection& from) {
  KIP_TRY(auto commitment, from.commitments.find(obligation.commitment));
  KIP_TRY(auto act, from.acts.find(obligation.act.str()));
  KIP_TRY(const auto history, from.histories.find(obligation.act.str()));
  if (!act || !commitment || !history) return fail(ErrorCode::internal, "an obligation without its act or commitment");
  if (commitment->milestone != Milestone::installed) return std::optional<CountedObligation>();
  KIP_TRY(const auto publications, from.publications.all());
  ServingReleases releases = ServingReleases::of(publications, commitment->product, *act);
  auto rises = days_of_rise(*act, *history, commitment->trigger);
  return std::optional(CountedObligation{obligation.number, *std::move(act), *std::move(commitment),
                                         std::move(releases), std::move(rises)});
}

/// The same, read once in a unit of work.
Result<const std::optional<CountedObligation>*> find_counted(const ObligationRecord& obligation, Projection& from) {
  auto& cache = from.cache.counted;
  auto found = cache.find(obligation.number);
  if (found == cache.end()) {
    KIP_TRY(auto counted, read_counted(obligation, from));
    found = cache.emplace(obligation.number, std::move(counted)).first;
  }
  return &found->second;
}

Result<const std::vector<ObligationRecord>*> all_obligations(Projection& from) {
  auto& cache = from.cache.all;
  if (!cache) {
    KIP_TRY(cache, from.obligations.all());
  }
  return &*cache;
}

RowRecord count(const CountedObligation& obligation, const Customer& customer,
                const std::vector<InstallHistory>& installs) {
  const CustomerFacts facts = facts_of(customer, installs, obligation.releases);
  const CustomerRow row = make_row(obligation.act, obligation.commitment, facts, obligation.rises);
  return RowRecord{.number = obligation.number,
                   .customer = customer.tax_code,
                   .applicability = row.applicability,
                   .installed = row.installed,
                   .seats = row.seats,
                   .never_enrolled = row.never_enrolled,
                   .completed_at = row.completed_at,
                   .deferred_at = row.deferred_at};
}

/// Adds a row to the sums, or with -1 takes it out.
void add(Tally& tally, const RowRecord& row, std::int64_t sign) {
  if (row.applicability == Applicability::not_applicable) tally.not_applicable += sign;
  if (row.applicability == Applicability::not_entitled) tally.not_entitled += sign;
  if (row.applicability == Applicability::unknown_attribute) tally.unknown += sign;
  if (!row.counts()) return;
  tally.counted += sign;
  if (row.completed_at) tally.complete += sign;
  tally.installed += sign * row.installed;
  tally.seats += sign * row.seats;
  tally.never_enrolled += sign * row.never_enrolled;
}

Result<void> recount(const ObligationRecord& obligation, Projection& to) {
  KIP_TRY(const auto rows, rows_of(obligation, to));
  for (const RowRecord& row : rows)
    KIP_TRY_VOID(to.rows.put(row));
  return to.tallies.put({obligation.number, sum_of(rows)});
}

Result<void> replace_row(const RowRecord& row, Projection& to) {
  KIP_TRY(const auto before, to.rows.find(key_of(row)));
  if (before && *before == row) return {};
  KIP_TRY(const auto kept, to.tallies.find(row.number));
  TallyRecord sums = kept.value_or(TallyRecord{row.number});
  if (before) add(sums.tally, *before, -1);
  add(sums.tally, row, 1);
  KIP_TRY_VOID(to.rows.put(row));
  return to.tallies.put(sums);
}

Result<void> recount_customer(const std::vector<ObligationRecord>& obligations, const CustomerKey& key,
                              Projection& to) {
  KIP_TRY(const auto customer, to.customers.find(key));
  if (!customer || obligations.empty()) return {};
  KIP_TRY(const auto installs, histories_of(key, to));
  for (const ObligationRecord& obligation : obligations) {
    KIP_TRY(const auto* counted, find_counted(obligation, to));
    if (*counted && (*counted)->commitment.product == customer->product)
      KIP_TRY_VOID(replace_row(count(**counted, *customer, installs), to));
  }
  return {};
}

Result<void> recount_install(const InstallId& id, Projection& to) {
  KIP_TRY(const auto install, to.installs.find(id));
  if (!install) return {};
  KIP_TRY(const auto* obligations, all_obligations(to));
  return recount_customer(*obligations, {install->customer, install->product}, to);
}

/// Those whose acts the release lists.
Result<std::vector<ObligationRecord>> served_by(const std::vector<std::string>& acts, Projection& from) {
  std::set<ActKey> keys;
  for (const std::string& text : acts) {
    if (const auto served = ServedAct::parse(text)) keys.insert(served->key);
  }
  std::vector<ObligationRecord> out;
  for (const ActKey& key : keys) {
    KIP_TRY(auto obligations, from.obligations.of(key));
    std::move(obligations.begin(), obligations.end(), std::back_inserter(out));
  }
  return out;
}

Result<void> on_release(const Event& event, Projection& to) {
  KIP_TRY(const ReleasePublished release, read_release_published(event.body));
  KIP_TRY(const bool is_installed, to.installations.has_version(release.version));
  if (!is_installed) return {};
  KIP_TRY(const auto obligations, served_by(release.acts, to));
  for (const ObligationRecord& obligation : obligations)
    KIP_TRY_VOID(recount(obligation, to));
  return {};
}

Result<void> recount_act(const ActKey& act, Projection& to) {
  KIP_TRY(const auto obligations, to.obligations.of(act));
  for (const ObligationRecord& obligation : obligations)
    KIP_TRY_VOID(recount(obligation, to));
  return {};
}

Result<void> on_date(const Event& event, Projection& to) {
  if (event.type == event_type::kActDateStated) {
    KIP_TRY(const DateStated stated, read_date_stated(event.body, event.actor, event.claimed_time));
    return recount_act(stated.act, to);
  }
  KIP_TRY(const DateConfirmed confirmed, read_date_confirmed(event.body, event.actor, event.claimed_time));
  return recount_act(confirmed.act, to);
}

Result<void> on_development(const Event& event, Projection& to) {
  KIP_TRY(const DevelopmentConfirmed confirmed, read_development_confirmed(event.body));
  return recount_act(confirmed.act, to);
}

Result<void> on_opened(const Event& event, Projection& to) {
  KIP_TRY(const ObligationOpened opened, read_obligation_opened(event.body));
  return recount({opened.number, opened.act, opened.commitment}, to);
}

Result<void> on_customer(const Event& event, Projection& to) {
  KIP_TRY(const Customer customer, read_customer(*event.body.find("customer")));
  KIP_TRY(const auto* obligations, all_obligations(to));
  return recount_customer(*obligations, key_of(customer), to);
}

Result<void> on_enrolled(const Event& event, Projection& to) {
  KIP_TRY(const EnrolledInstall install, read_install_enrolled(event.body));
  return recount_install(install.id, to);
}

Result<void> on_replaced(const Event& event, Projection& to) {
  KIP_TRY(const Replacement replacement, read_install_replaced(event.body));
  return recount_install(replacement.replaced, to);
}

Result<void> on_retired(const Event& event, Projection& to) {
  KIP_TRY(const InstallEnd end, read_install_end(event.body));
  return recount_install(end.install, to);
}

Result<void> on_alarm(const Event& event, Projection& to) {
  KIP_TRY(const Alarm alarm, read_install_alarm(event.body));
  for (const InstallId& id : alarm.installs)
    KIP_TRY_VOID(recount_install(id, to));
  return {};
}

/// Whether what the cache has read may be something else now.
bool changes_obligations(std::string_view type) {
  return type.starts_with("act.") || type.starts_with("commitment.") || type.starts_with("obligation.") ||
         type.starts_with("release.");
}

struct Follower {
  std::string_view type;
  Result<void> (*follow)(const Event&, Projection&);
};

constexpr std::array<Follower, 10> kFollowers = {{{event_type::kReleasePublished, on_release},
                                                  {event_type::kObligationOpened, on_opened},
                                                  {event_type::kCustomerImported, on_customer},
                                                  {event_type::kInstallEnrolled, on_enrolled},
                                                  {event_type::kInstallReplaced, on_replaced},
                                                  {event_type::kInstallRetired, on_retired},
                                                  {event_type::kInstallAlarm, on_alarm},
                                                  {event_type::kActDateStated, on_date},
                                                  {event_type::kActDateConfirmed, on_date},
                                                  {event_type::kActDevelopmentConfirmed, on_development}}};

}  // namespace

Result<std::vector<RowRecord>> rows_of(const ObligationRecord& obligation, Projection& from) {
  std::vector<RowRecord> out;
  KIP_TRY(const auto counted, read_counted(obligation, from));
  if (!counted) return out;
  KIP_TRY(const auto customers, from.customers.all());
  for (const Customer& customer : customers) {
    if (customer.product != counted->commitment.product) continue;
    KIP_TRY(const auto installs, histories_of(key_of(customer), from));
    out.push_back(count(*counted, customer, installs));
  }
  return out;
}

Tally sum_of(const std::vector<RowRecord>& rows) {
  Tally out;
  for (const RowRecord& row : rows)
    add(out, row, 1);
  return out;
}

Result<void> project_rows(const Event& event, Projection& to) {
  if (changes_obligations(event.type)) to.cache = {};
  for (const Follower& follower : kFollowers) {
    if (follower.type == event.type) return follower.follow(event, to);
  }
  return {};
}

Result<void> project_rows(const Receipt& receipt, Projection& to) {
  if (!stops_clock(receipt.state) && receipt.state != InstallState::deferred) return {};
  KIP_TRY(const auto install, to.installs.find(receipt.install));
  KIP_TRY(const auto publication, to.publications.find({receipt.product, receipt.version.str()}));
  if (!install || !publication) return {};
  KIP_TRY(const auto obligations, served_by(publication->acts, to));
  return recount_customer(obligations, {install->customer, install->product}, to);
}

Result<std::vector<std::int64_t>> find_wrong_rows(Projection& from) {
  std::vector<std::int64_t> out;
  KIP_TRY(const auto obligations, from.obligations.all());
  for (const ObligationRecord& obligation : obligations) {
    KIP_TRY(const auto rows, rows_of(obligation, from));
    KIP_TRY(const auto kept, from.tallies.find(obligation.number));
    bool right = kept && kept->tally == sum_of(rows);
    for (const RowRecord& row : rows) {
      KIP_TRY(const auto present, from.rows.find(key_of(row)));
      right = right && present == row;
    }
    if (!right) out.push_back(obligation.number);
  }
  return out;
}

}  // namespace kip::server
