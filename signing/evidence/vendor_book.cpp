#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/model/act_events.hpp>
#include <signing/evidence/vendor_book.hpp>

namespace kip {
namespace {

Result<Act> act_in(const json::Value& body) {
  json::ObjectReader in(body, event_type::kActRegistered);
  const json::Value& act = in.object("act");
  KIP_TRY_VOID(in.finish());
  return read_act(act);
}

/// What one more event about an act does to what was said of it.
Result<void> apply(const Event& event, ActHistory& history) {
  if (event.type == event_type::kActDateStated) {
    KIP_TRY(DateStated stated, read_date_stated(event.body, event.actor, event.claimed_time));
    return history.state(std::move(stated.statement));
  }
  if (event.type == event_type::kActDateConfirmed) {
    KIP_TRY(DateConfirmed confirmed, read_date_confirmed(event.body, event.actor, event.claimed_time));
    return history.confirm(std::move(confirmed.confirmation));
  }
  if (event.type == event_type::kActDevelopmentStated) {
    KIP_TRY(DevelopmentStated stated, read_development_stated(event.body, event.actor, event.claimed_time));
    return history.develop(std::move(stated.development));
  }
  if (event.type == event_type::kActDevelopmentConfirmed) {
    KIP_TRY(const DevelopmentConfirmed confirmed, read_development_confirmed(event.body));
    return history.confirm_development(confirmed.number, event.actor, event.claimed_time);
  }
  return fail(ErrorCode::malformed, fmt::format("{} is not known to this program; use a newer one", event.type));
}

bool serves_any(const ReleasePublished& release, const std::vector<ActKey>& acts) {
  return std::any_of(release.acts.begin(), release.acts.end(), [&](const std::string& text) {
    const auto served = ServedAct::parse(text);
    return served && std::find(acts.begin(), acts.end(), served->key) != acts.end();
  });
}

}  // namespace

bool is_about_act(std::string_view type) {
  return type.starts_with("act.");
}

Result<ActKey> act_of(const LogEntry& entry) {
  if (entry.type == event_type::kActRegistered) {
    KIP_TRY(const Act act, act_in(entry.body));
    return act.key;
  }
  json::ObjectReader in(entry.body, entry.type);
  auto key = in.parsed("act", ActKey::parse);
  KIP_TRY_VOID(in.finish());
  return *std::move(key);
}

Result<VendorBook> VendorBook::read(const OpenLog& log) {
  VendorBook out;
  for (const OpenEntry& entry : log.entries()) {
    if (auto taken = out.take(entry); !taken)
      return fail_while(fmt::format("entry {} of O, {}", entry.place, entry.entry.type), taken.error());
  }
  return out;
}

Result<void> VendorBook::take(const OpenEntry& entry) {
  const std::string& type = entry.entry.type;
  if (is_about_act(type)) return take_act(entry);
  if (type == event_type::kCommitmentRegistered) {
    json::ObjectReader in(entry.entry.body, type);
    const json::Value& value = in.object("commitment");
    KIP_TRY_VOID(in.finish());
    KIP_TRY(Commitment commitment, read_commitment(value));
    const CommitmentId id = commitment.id;
    if (commitments_.emplace(id, std::move(commitment)).second) return {};
    return fail(ErrorCode::integrity, fmt::format("the promise {} was registered before: it cannot change", id.str()));
  }
  if (type == event_type::kObligationOpened) return take_obligation(entry);
  if (type == event_type::kReleasePublished) return take_release(entry);
  if (type == event_type::kRolloutChanged) {
    KIP_TRY(Rollout rollout, read_rollout_changed(entry.entry.body));
    rollouts_.push_back({std::move(rollout), entry.place});
  }
  return {};
}

Result<void> VendorBook::take_act(const OpenEntry& entry) {
  if (entry.entry.type != event_type::kActRegistered) return take_word(entry);
  KIP_TRY(Act act, act_in(entry.event ? entry.event->body : entry.entry.body));
  const std::string key = act.key.str();
  // Without the event nobody knows who registered it: then no confirmation can be that of a second person.
  const std::string by = entry.event ? entry.event->actor : std::string();
  ActHistory history = ActHistory::begin(act, by, entry.entry.claimed_time);
  std::string problem = entry.event ? "" : "the bundle does not show who registered it";
  LoggedAct logged{std::move(act), std::move(history), entry.place, std::move(problem)};
  if (acts_.emplace(key, std::move(logged)).second) return {};
  return fail(ErrorCode::integrity, fmt::format("{} was registered before: what was said of it stays", key));
}

/// What people said about an act later.
Result<void> VendorBook::take_word(const OpenEntry& entry) {
  KIP_TRY(const ActKey key, act_of(entry.entry));
  const auto act = acts_.find(key.str());
  if (act == acts_.end()) return fail(ErrorCode::integrity, fmt::format("{} was not registered before", key.str()));
  if (!entry.event) {
    act->second.hidden = true;
    return {};
  }
  if (auto applied = apply(*entry.event, act->second.history); !applied) act->second.problem = applied.error().message;
  return {};
}

Result<void> VendorBook::take_obligation(const OpenEntry& entry) {
  KIP_TRY(ObligationOpened opened, read_obligation_opened(entry.entry.body));
  const std::int64_t expected = obligations_.empty() ? opened.number : obligations_.rbegin()->first + 1;
  if (opened.number != expected) {
    return fail(ErrorCode::integrity, fmt::format("obligation {} follows after {}: a number was left out or used twice",
                                                  opened.number, expected - 1));
  }
  obligations_.emplace(
      opened.number, LoggedObligation{opened.number, std::move(opened.act), std::move(opened.commitment), entry.place});
  return {};
}

Result<void> VendorBook::take_release(const OpenEntry& entry) {
  KIP_TRY(ReleasePublished release, read_release_published(entry.entry.body));
  releases_.push_back({std::move(release), entry.place, entry.entry.claimed_time});
  return {};
}

std::size_t VendorBook::check_releases(const std::vector<ActKey>& acts, const OfficerWord& officers) {
  std::size_t count = 0;
  for (LoggedRelease& release : releases_) {
    if (!serves_any(release.release, acts)) continue;
    ++count;
    release.is_judged = true;
    if (auto checked = officers.check_release(release.release, release.claimed); !checked)
      release.problem = checked.error().message;
  }
  return count;
}

}  // namespace kip
