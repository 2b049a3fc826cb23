#pragma once

#include <algorithm>
#include <functional>
#include <map>

#include <client-updater/update/state_store.hpp>

namespace kip::updater {

/// The state in memory, for tests that open it hundreds of times. `before_commit` runs before anything is changed:
/// where it fails, so does the call, and nothing has changed.
class MemoryStateStore final : public StateStore {
 public:
  std::function<Result<void>()> before_commit = [] { return Result<void>(); };

  Result<State> load() override { return state_; }

  Result<void> save(const State& state, const std::vector<OutboxEntry>& receipts) override {
    KIP_TRY_VOID(before_commit());
    for (const OutboxEntry& receipt : receipts) {
      if (receipts_.contains({receipt.incarnation, receipt.sequence})) {
        return fail(ErrorCode::conflict, "the receipt's place is taken");
      }
    }
    const ProductPolicy before = state_.policy;
    state_ = state;
    std::sort(state_.versions.begin(), state_.versions.end(),
              [](const auto& a, const auto& b) { return a.committed_at < b.committed_at; });
    if (before.floor && (!state_.policy.floor || *state_.policy.floor < *before.floor)) {
      state_.policy.floor = before.floor;
    }
    for (const auto& [version, reason] : before.revoked)
      state_.policy.revoked.insert_or_assign(version, reason);
    for (const OutboxEntry& receipt : receipts)
      receipts_[{receipt.incarnation, receipt.sequence}].entry = receipt;
    return {};
  }

  Result<ChainHead> head(const std::string& incarnation) override {
    ChainHead head;
    for (const auto& [place, receipt] : receipts_) {
      if (place.first == incarnation) head = {place.second, receipt.entry->digest};
    }
    return head;
  }

  Result<std::optional<Sha256Digest>> receipt_at(const std::string& incarnation, std::int64_t sequence) override {
    const auto found = receipts_.find({incarnation, sequence});
    return found == receipts_.end() ? std::nullopt : std::optional(found->second.entry->digest);
  }

  Result<std::vector<OutboxEntry>> pending(std::size_t limit) override {
    std::vector<OutboxEntry> out;
    for (const auto& [place, receipt] : receipts_) {
      if (is_pending(place.first, receipt) && out.size() < limit) out.push_back(*receipt.entry);
    }
    return out;
  }

  Result<std::int64_t> acknowledge(const Acknowledgement& said, const Bytes&) override {
    KIP_TRY_VOID(before_commit());
    auto next = receipts_;
    std::int64_t count = 0;
    for (const AcknowledgedReceipt& one : said.receipts) {
      const auto found = next.find({one.incarnation, one.sequence});
      if (found == next.end()) return fail(ErrorCode::not_found, "there is no such receipt");
      if (found->second.event_index != 0) continue;
      std::size_t beside = 0;
      for (const auto& [place, receipt] : next) {
        if (receipt.event_index != one.event_index) continue;
        const bool is_same_event = place.first == one.incarnation && receipt.recorded == one.recorded_time;
        if (!is_same_event || ++beside == kMaxReceiptsAtOnce) return fail(ErrorCode::conflict, "of another event");
      }
      found->second.event_index = one.event_index;
      found->second.recorded = one.recorded_time;
      ++count;
    }
    receipts_ = std::move(next);
    return count;
  }

  Result<std::int64_t> send_again(const std::string& incarnation, std::int64_t from, std::int64_t below) override {
    KIP_TRY_VOID(before_commit());
    std::int64_t out = 0;
    for (auto& [place, receipt] : receipts_) {
      if (place.first != incarnation || place.second < from || place.second >= below) continue;
      out += receipt.event_index == 0 ? 0 : 1;
      receipt.event_index = 0;
    }
    return out;
  }

  Result<OutboxCounts> counts() override {
    OutboxCounts counts;
    for (const auto& [place, receipt] : receipts_) {
      counts.pending += is_pending(place.first, receipt) ? 1 : 0;
      counts.acknowledged += receipt.event_index == 0 ? 0 : 1;
    }
    return counts;
  }

  Result<void> put_request(const KeptRequest& request) override {
    KIP_TRY_VOID(before_commit());
    requests_.insert_or_assign(request.id, request);
    return {};
  }

  Result<std::vector<KeptRequest>> requests() override {
    std::vector<KeptRequest> out;
    for (const auto& [id, request] : requests_)
      out.push_back(request);
    return out;
  }

  Result<void> forget_request(const RequestId& id) override {
    KIP_TRY_VOID(before_commit());
    requests_.erase(id);
    return {};
  }

 private:
  struct Stored {
    std::optional<OutboxEntry> entry;
    std::int64_t event_index = 0;
    Instant recorded = {};
  };

  bool is_pending(const std::string& incarnation, const Stored& receipt) const {
    return receipt.event_index == 0 && state_.enrolment && state_.enrolment->incarnation == incarnation;
  }

  State state_;
  std::map<RequestId, KeptRequest> requests_;
  std::map<std::pair<std::string, std::int64_t>, Stored> receipts_;
};

}  // namespace kip::updater
