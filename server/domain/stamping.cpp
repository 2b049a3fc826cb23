#include <set>

#include <server/domain/stamping.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/evidence/log_events.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kBatch = 200;
constexpr std::chrono::hours kLookAgain(1);
constexpr std::chrono::days kLimitsAround(2);
constexpr std::chrono::days kWarnAhead(366);

/// The queue's store: the stamps' table, each change durable by itself.
class StampRows final : public tsp::StampStore {
 public:
  StampRows(Store& store, const TenantId& tenant) : store_(store), tenant_(tenant) {}

  Result<std::vector<tsp::Stamp>> load() override {
    KIP_TRY(const auto unit, store_.begin(tenant_, Access::read));
    return unit->stamps().all();
  }

  Result<void> save(const tsp::Stamp& stamp) override {
    KIP_TRY(const auto unit, store_.begin(tenant_, Access::write));
    KIP_TRY_VOID(unit->stamps().put(stamp));
    return unit->commit();
  }

 private:
  Store& store_;
  const TenantId& tenant_;
};

}  // namespace

Result<void> Stamper::turn() {
  if (authorities_.empty()) return {};
  KIP_TRY(const bool due, is_due());
  if (due) KIP_TRY_VOID(want());
  KIP_TRY_VOID(ask());
  return record_tokens();  // those too that came before an interruption
}

Result<bool> Stamper::is_due() {
  const Instant now = ports_.clock.now();
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
  KIP_TRY_VOID(look_at_limits(*unit, now));
  StampSituation situation{.dues = dues_};
  KIP_TRY(const auto last, unit->stamps().last_subject());
  if (last) {
    situation.last = last->wanted;
    KIP_TRY(situation.news, has_news(*unit, *last));
  }
  return is_stamp_due(situation, now);
}

Result<bool> Stamper::has_news(UnitOfWork& unit, const StampSubject& last) const {
  KIP_TRY(const std::int64_t size, unit.leaves().size(LogName::o));
  KIP_TRY(const auto lives, unit.leaves().lives(LogName::o));
  const auto checkpoint = tlog::Checkpoint::parse(last.checkpoint);
  const bool same_life = !lives.empty() && checkpoint && checkpoint->origin == lives.back().origin;
  if (!same_life || size < last.size) return true;
  for (std::int64_t from = last.size; from < size;) {
    KIP_TRY(const auto leaves, unit.leaves().from(LogName::o, from, kBatch));
    for (const Leaf& leaf : leaves) {
      KIP_TRY(const auto events, unit.events().after(leaf.event_index - 1, 1));
      if (entry_rule(events.at(0).type).is_news) return true;
    }
    from += static_cast<std::int64_t>(leaves.size());
  }
  return false;
}

/// Limits change only with what is recorded in O, and come near with time.
Result<void> Stamper::look_at_limits(UnitOfWork& unit, Instant now) {
  KIP_TRY(const std::int64_t size, unit.leaves().size(LogName::o));
  const bool is_fresh =
      looked_ && looked_->second == size && now >= looked_->first && now - looked_->first < kLookAgain;
  if (is_fresh) return {};
  KIP_TRY(const auto entries, ports_.board.judge_all(unit.projection(), now, Detail::tallies));
  dues_.clear();
  for (const BoardEntry& entry : entries) {
    if (!entry.view.due) continue;
    const Instant due = entry.view.due->due;
    if (due > now - kLimitsAround && due < now + kLimitsAround) dues_.push_back(due);
  }
  looked_ = {now, size};
  return {};
}

Result<void> Stamper::want() {
  KIP_TRY_VOID(ports_.logs.flush());
  KIP_TRY_VOID(ports_.logs.record_private_head());
  KIP_TRY_VOID(ports_.logs.flush());
  KIP_TRY(const tlog::Note note, ports_.logs.published(LogName::o));
  KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(note.text));
  const StampSubject subject{sha256(note.text), note.text, static_cast<std::int64_t>(checkpoint.head.size),
                             ports_.clock.now()};
  KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
  // What was refused before has been told; the same checkpoint may be asked for anew.
  KIP_TRY(const auto stamps, unit->stamps().all());
  std::set<std::string> asked;
  for (const tsp::Stamp& stamp : stamps) {
    if (stamp.state == tsp::StampState::bad) {
      KIP_TRY_VOID(unit->stamps().remove(stamp.subject, stamp.authority));
    } else if (stamp.subject == subject.digest) {
      asked.insert(stamp.authority);
    }
  }
  // With the subject, or an interruption would leave it looking as if it had been asked for.
  KIP_TRY_VOID(unit->stamps().put_subject(subject));
  for (const tsp::Authority& authority : authorities_) {
    if (asked.contains(authority.name)) continue;
    KIP_TRY_VOID(
        unit->stamps().put({.subject = subject.digest, .authority = authority.name, .next_at = subject.wanted}));
  }
  KIP_TRY_VOID(unit->commit());
  ports_.log.write("stamp.wanted", {{"entries", std::to_string(subject.size)}});
  return {};
}

Result<void> Stamper::ask() {
  StampRows rows(ports_.store, ports_.recorder.tenant());
  KIP_TRY(auto queue, tsp::StampQueue::open({rows, ports_.ask, ports_.clock, ports_.recorder.random()}, authorities_));
  KIP_TRY(const tsp::StampQueue::Round round, queue.work());
  tell(round);
  return {};
}

void Stamper::tell(const tsp::StampQueue::Round& round) {
  for (const tsp::Stamp& stamp : round.stamped) {
    if (silent_.erase(stamp.authority) > 0) ports_.log.write("stamp.authority_back", {{"authority", stamp.authority}});
  }
  for (const tsp::Stamp& stamp : round.bad) {
    ports_.log.write("stamp.refused", {{"authority", stamp.authority},
                                       {"reason", std::string(stamp.refusal ? tsp::to_string(*stamp.refusal) : "")},
                                       {"error", stamp.problem}});
  }
  for (const tsp::Stamp& stamp : round.unreachable) {
    std::string& told = silent_[stamp.authority];
    if (told == stamp.problem) continue;
    told = stamp.problem;
    ports_.log.write("stamp.authority_silent", {{"authority", stamp.authority}, {"error", stamp.problem}});
  }
}

Result<void> Stamper::record_tokens() {
  std::vector<tsp::Stamp> stamps;
  {
    KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::read));
    KIP_TRY(stamps, unit->stamps().all());
  }
  for (const tsp::Stamp& stamp : stamps) {
    if (!stamp.facts) continue;
    KIP_TRY(const auto unit, ports_.store.begin(ports_.recorder.tenant(), Access::write));
    KIP_TRY_VOID(record(*unit, stamp));
    KIP_TRY_VOID(unit->commit());
    ports_.log.write("stamp.recorded", {{"authority", stamp.authority},
                                        {"time", tsp::format_gen_time(stamp.facts->gen_time)},
                                        {"independent", stamp.facts->independent ? "yes" : "no"}});
    if (stamp.facts->not_after - ports_.clock.now() < kWarnAhead) {
      ports_.log.write("stamp.signer_expires",
                       {{"authority", stamp.authority}, {"expires", format_instant(stamp.facts->not_after)}});
    }
  }
  return {};
}

Result<void> Stamper::record(UnitOfWork& unit, const tsp::Stamp& stamp) {
  KIP_TRY(const auto subject, unit.stamps().subject(stamp.subject));
  KIP_CHECK(subject.has_value());
  const TimestampRecorded body{subject->checkpoint, stamp.authority, stamp.facts->token, stamp.facts->accuracy,
                               stamp.facts->independent};
  KIP_TRY_VOID(
      ports_.recorder.record(unit, event_type::kTimestampRecorded, kServerActor, timestamp_recorded_body(body)));
  if (ports_.archive != nullptr) KIP_TRY_VOID(ports_.archive->expect(unit, stamp.authority, stamp.facts->token));
  return unit.stamps().remove(stamp.subject, stamp.authority);
}

}  // namespace kip::server
