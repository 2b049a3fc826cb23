#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <signing/timestamp/stamp_queue.hpp>

namespace kip::tsp {

Result<std::vector<Stamp>> MemoryStampStore::load() {
  std::vector<Stamp> out;
  for (const auto& [key, stamp] : stamps_)
    out.push_back(stamp);
  return out;
}

Result<void> MemoryStampStore::save(const Stamp& stamp) {
  stamps_.insert_or_assign({stamp.subject, stamp.authority}, stamp);
  return {};
}

Result<StampQueue> StampQueue::open(StampQueuePorts ports, std::vector<Authority> authorities, Patience patience) {
  std::set<std::string> names;
  for (const Authority& authority : authorities) {
    if (!names.insert(authority.name).second) {
      return fail(ErrorCode::usage, fmt::format("two authorities are called \"{}\"", authority.name));
    }
  }
  StampQueue out(std::move(ports), std::move(authorities), patience);
  KIP_TRY(const auto stamps, out.ports_.store.load());
  for (const Stamp& stamp : stamps)
    out.stamps_.emplace(std::pair(stamp.subject, stamp.authority), stamp);
  return out;
}

Result<void> StampQueue::keep(Stamp stamp) {
  KIP_TRY_VOID(ports_.store.save(stamp));
  const std::pair key(stamp.subject, stamp.authority);
  stamps_.insert_or_assign(key, std::move(stamp));
  return {};
}

Result<void> StampQueue::want(const Sha256Digest& subject) {
  for (const Authority& authority : authorities_) {
    if (stamps_.contains({subject, authority.name})) continue;
    KIP_TRY_VOID(keep({.subject = subject, .authority = authority.name, .next_at = ports_.clock.now()}));
  }
  return {};
}

Result<void> StampQueue::again(const Sha256Digest& subject, const std::string& authority) {
  const auto found = stamps_.find({subject, authority});
  if (found == stamps_.end()) {
    return fail(ErrorCode::not_found, fmt::format("{} was never asked for that time stamp", authority));
  }
  return keep(ask_again(found->second, ports_.clock.now()));
}

Result<Stamp> StampQueue::ask(const Authority& authority, const Stamp& stamp) {
  const std::string policy = authority.trust.policies.size() == 1 ? authority.trust.policies.front() : std::string();
  KIP_TRY(const Stamp prepared, prepare(stamp, policy, ports_.random));
  if (prepared != stamp) KIP_TRY_VOID(keep(prepared));
  const Outcome outcome = ports_.ask(authority, *prepared.request);
  Stamp settled = settle(prepared, outcome, ports_.clock.now(), patience_, ports_.random);
  KIP_TRY_VOID(keep(settled));
  return settled;
}

std::vector<Stamp> StampQueue::due_at(const std::string& authority, Instant now) const {
  std::vector<Stamp> due;
  for (const auto& [key, stamp] : stamps_) {
    if (key.second != authority || stamp.state != StampState::pending) continue;
    if (is_due(stamp, now)) {
      due.push_back(stamp);
    } else if (stamp.failures > 0) {
      return {};
    }
  }
  return due;
}

Result<StampQueue::Round> StampQueue::work() {
  Round round;
  for (const Authority& authority : authorities_) {
    for (const Stamp& stamp : due_at(authority.name, ports_.clock.now())) {
      KIP_TRY(Stamp settled, ask(authority, stamp));
      const StampState state = settled.state;
      auto& list = state == StampState::stamped ? round.stamped
                   : state == StampState::bad   ? round.bad
                                                : round.unreachable;
      list.push_back(std::move(settled));
      if (state == StampState::pending) break;
    }
  }
  return round;
}

std::optional<Instant> StampQueue::next_at() const {
  const Instant now = ports_.clock.now();
  std::optional<Instant> out;
  for (const Authority& authority : authorities_) {
    std::optional<Instant> first;
    std::optional<Instant> back;
    for (const auto& [key, stamp] : stamps_) {
      if (key.second != authority.name || stamp.state != StampState::pending) continue;
      const Instant at = is_due(stamp, now) ? std::min(now, stamp.next_at) : stamp.next_at;
      if (!first || at < *first) first = at;
      if (stamp.failures > 0 && (!back || *back < at)) back = at;
    }
    const auto next = back ? back : first;
    if (next && (!out || *next < *out)) out = next;
  }
  return out;
}

std::vector<Stamp> StampQueue::of(const Sha256Digest& subject) const {
  std::vector<Stamp> out;
  for (const auto& [key, stamp] : stamps_) {
    if (key.first == subject) out.push_back(stamp);
  }
  return out;
}

}  // namespace kip::tsp
