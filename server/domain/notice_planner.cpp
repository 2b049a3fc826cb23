#include <algorithm>
#include <array>
#include <set>

#include <manifests/codec/reader.hpp>
#include <manifests/model/act_events.hpp>
#include <manifests/model/release_published.hpp>
#include <server/domain/entitlements.hpp>
#include <server/domain/notice_planner.hpp>
#include <server/domain/recorder.hpp>
#include <signing/evidence/receipts_recorded.hpp>

namespace kip::server {
namespace {

constexpr std::array kCauses = {event_type::kActDateConfirmed, event_type::kActDevelopmentConfirmed,
                                event_type::kObligationOpened, event_type::kReleasePublished,
                                event_type::kReceiptsRecorded};

/// An obligation with what decides whom it concerns.
struct Promise {
  BoardEntry entry;
  std::vector<LegalDate> rises;

  bool concerns(const Customer& customer) const {
    return customer.product == entry.commitment.product &&
           make_row(entry.act, entry.commitment, {customer, {}}, rises).applicability == Applicability::applicable;
  }
};

/// Whether something is still to be done about it, by a day on which two people have agreed.
bool is_ahead(const ObligationView& view, Instant now) {
  if (!view.confirmed || view.completed_at || view.state == ObligationState::waived) return false;
  if (view.due) return now < view.due->due;
  return !view.target || std::chrono::floor<std::chrono::days>(now) <= *view.target;
}

/// The promises about an act, unless it is not asked for any more.
Result<std::vector<Promise>> promises_of(const ActKey& key, Projection& from, const Board& board, Instant now) {
  std::vector<Promise> out;
  KIP_TRY(const auto history, from.histories.find(key.str()));
  if (!history) return out;
  const auto of_act = [&key](const ObligationRecord& record) { return record.act == key; };
  KIP_TRY(auto entries, board.judge(from, now, Detail::tallies, of_act));
  for (BoardEntry& entry : entries) {
    auto rises = days_of_rise(entry.act, *history, entry.commitment.trigger);
    if (entry.view.state != ObligationState::not_applicable) out.push_back({std::move(entry), std::move(rises)});
  }
  return out;
}

void keep_earlier(std::optional<LegalDate>& kept, LegalDate day) {
  if (!kept || day < *kept) kept = day;
}

/// The earliest last day, still to come, of the promises of a milestone to this customer; none where there is none.
std::optional<LegalDate> promised_day(const std::vector<Promise>& promises, const Customer& customer,
                                      Milestone milestone, Instant now) {
  std::optional<LegalDate> out;
  for (const Promise& promise : promises) {
    const ObligationView& view = promise.entry.view;
    if (view.milestone == milestone && view.due && is_ahead(view, now) && promise.concerns(customer))
      keep_earlier(out, view.due->last_day);
  }
  return out;
}

bool any_concerns(const std::vector<Promise>& promises, const Customer& customer) {
  return std::any_of(promises.begin(), promises.end(), [&](const Promise& one) { return one.concerns(customer); });
}

WantedNotice wanted(const Customer& customer, decltype(Notice::content) content) {
  return {customer.tax_code, {customer.product, std::move(content)}, customer.language};
}

/// The act that an event is about; none where it is another kind of event.
Result<std::optional<ActKey>> act_of(const Event& event) {
  std::optional<ActKey> out;
  if (event.type == event_type::kObligationOpened) {
    KIP_TRY(const ObligationOpened opened, read_obligation_opened(event.body));
    out = opened.act;
  } else if (event.type == event_type::kActDateConfirmed) {
    KIP_TRY(const DateConfirmed confirmed, read_date_confirmed(event.body, event.actor, event.claimed_time));
    out = confirmed.act;
  } else if (event.type == event_type::kActDevelopmentConfirmed) {
    KIP_TRY(const DevelopmentConfirmed confirmed, read_development_confirmed(event.body));
    out = confirmed.act;
  }
  return out;
}

/// How many of a customer's computers have said that they have it.
Result<int> computers_with(const Customer& customer, const Version& version, Projection& from) {
  int out = 0;
  KIP_TRY(const auto installs, from.installs.of(key_of(customer)));
  for (const InstallRecord& install : installs) {
    if (!install.counts()) continue;
    KIP_TRY(const auto installation, from.installations.find({install.id, version.str()}));
    if (installation) ++out;
  }
  return out;
}

Result<void> about_receipt(const Receipt& receipt, Projection& from, std::vector<WantedNotice>& to) {
  const bool applied = stops_clock(receipt.state);
  if (!applied && !is_failure(receipt.state)) return {};
  KIP_TRY(const auto install, from.installs.find(receipt.install));
  if (!install || !install->counts()) return {};
  KIP_TRY(const auto published, from.publications.find({install->product, receipt.version.str()}));
  KIP_TRY(const auto customer, from.customers.find({install->customer, install->product}));
  if (!published || !customer) return {};
  if (!applied) {
    to.push_back(wanted(*customer, FailedNotice{receipt.version, receipt.state}));
    return {};
  }
  KIP_TRY(const int computers, computers_with(*customer, receipt.version, from));
  if (computers > 0) to.push_back(wanted(*customer, AppliedNotice{receipt.version, computers, customer->seats}));
  return {};
}

Result<std::vector<WantedNotice>> about_receipts(const Event& event, Projection& from) {
  std::vector<WantedNotice> out;
  KIP_TRY(const auto received, read_receipts_recorded(event.body));
  for (const ReceivedReceipt& one : received)
    KIP_TRY_VOID(about_receipt(one.receipt, from, out));
  return out;
}

}  // namespace

bool NoticePlanner::is_cause(std::string_view type) {
  return std::find(kCauses.begin(), kCauses.end(), type) != kCauses.end();
}

Result<std::vector<WantedNotice>> NoticePlanner::caused_by(const Event& event, Projection& from, Instant now) const {
  if (event.type == event_type::kReceiptsRecorded) return about_receipts(event, from);
  if (event.type == event_type::kReleasePublished) return about_release(event, from, now);
  KIP_TRY(const auto act, act_of(event));
  if (act) return about_act(*act, from, now);
  return std::vector<WantedNotice>();
}

Result<std::vector<WantedNotice>> NoticePlanner::about_act(const ActKey& key, Projection& from, Instant now) const {
  std::vector<WantedNotice> out;
  KIP_TRY(auto promises, promises_of(key, from, board_, now));
  KIP_TRY(const auto history, from.histories.find(key.str()));
  std::erase_if(promises, [now](const Promise& one) { return !is_ahead(one.entry.view, now); });
  if (promises.empty() || !history || history->confirmations().empty()) return out;
  const Act& act = promises.front().entry.act;
  ActNotice notice{act.key, act.title, history->standing(Trigger::act_signed).in_force.value_or(act.signed_on)};
  notice.effective_on = history->standing(Trigger::act_effective).in_force;
  KIP_TRY(const auto customers, from.customers.all());
  for (const Customer& customer : customers) {
    if (!any_concerns(promises, customer)) continue;
    notice.published_by = promised_day(promises, customer, Milestone::published, now);
    notice.installed_by = promised_day(promises, customer, Milestone::installed, now);
    out.push_back(wanted(customer, notice));
  }
  return out;
}

Result<std::vector<WantedNotice>> NoticePlanner::about_release(const Event& event, Projection& from,
                                                               Instant now) const {
  KIP_TRY(const ReleasePublished release, read_release_published(event.body));
  std::set<ActKey> served;
  for (const std::string& text : release.acts) {
    if (const auto act = ServedAct::parse(text)) served.insert(act->key);
  }
  std::vector<std::pair<ActKey, std::vector<Promise>>> promises;
  for (const ActKey& key : served) {
    KIP_TRY(auto found, promises_of(key, from, board_, now));
    if (!found.empty()) promises.emplace_back(key, std::move(found));
  }
  std::vector<WantedNotice> out;
  KIP_TRY(const auto customers, from.customers.all());
  for (const Customer& customer : customers) {
    if (customer.product != release.product) continue;
    ReleaseNotice notice{release.version, {}};
    for (const auto& [key, about] : promises) {
      if (!any_concerns(about, customer) || notice.acts.size() == ReleaseNotice::kMaxActs) continue;
      notice.acts.push_back(key);
      if (const auto day = promised_day(about, customer, Milestone::installed, now))
        keep_earlier(notice.installed_by, *day);
    }
    if (!notice.acts.empty()) out.push_back(wanted(customer, std::move(notice)));
  }
  return out;
}

Result<std::vector<WantedNotice>> NoticePlanner::endings(Projection& from, LegalDate today) const {
  std::vector<WantedNotice> out;
  EntitlementFilter filter;
  filter.only_ending = true;
  KIP_TRY(const auto found, find_entitlements(from, board_, filter, today));
  for (const CustomerEntitlement& one : found) {
    if (one.view.last_day && one.view.ends_within)
      out.push_back(wanted(one.customer, EndingNotice{*one.view.last_day, *one.view.ends_within}));
  }
  return out;
}

}  // namespace kip::server
