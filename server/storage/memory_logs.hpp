#pragma once

// Inside server/storage only: the logs' leaves and stamps of one tenant in memory. Values.

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include <server/domain/leaf_table.hpp>
#include <server/domain/stamp_table.hpp>

namespace kip::server {

class MemoryLeaves final : public LeafTable {
 public:
  Result<std::vector<LogLife>> lives(LogName log) override {
    std::vector<LogLife> out;
    for (const Life& life : lives_[log])
      out.push_back(life.facts);
    return out;
  }

  Result<bool> has_begun(LogName log) override { return !lives_[log].empty(); }

  Result<void> begin(const LogLife& life) override {
    std::vector<Life>& lives = lives_[life.log];
    if (!lives.empty() && life.number <= lives.back().facts.number) {
      return fail(ErrorCode::conflict, "the log was begun meanwhile");
    }
    lives.push_back({life, {}});
    return {};
  }

  Result<std::int64_t> append(LogName log, std::int64_t event_index, BytesView entry, BytesView salt) override {
    KIP_CHECK(!lives_[log].empty());
    std::vector<Leaf>& leaves = lives_[log].back().leaves;
    const auto position = static_cast<std::int64_t>(leaves.size());
    leaves.push_back({position, event_index, Bytes(entry), Bytes(salt)});
    last_event_ = std::max(last_event_, event_index);
    return position;
  }

  Result<std::vector<Leaf>> from(LogName log, std::int64_t position, std::size_t limit) override {
    if (lives_[log].empty()) return std::vector<Leaf>();
    return of_life(log, lives_[log].back().facts.number, position, limit);
  }

  Result<std::vector<Leaf>> of_life(LogName log, std::int64_t life, std::int64_t position, std::size_t limit) override {
    std::vector<Leaf> out;
    for (const Life& one : lives_[log]) {
      if (one.facts.number != life) continue;
      for (const Leaf& leaf : one.leaves) {
        if (leaf.position >= position && out.size() < limit) out.push_back(leaf);
      }
    }
    return out;
  }

  Result<void> destroy_salts(std::int64_t event_index) override {
    for (auto& [log, lives] : lives_) {
      for (Life& life : lives) {
        for (Leaf& leaf : life.leaves) {
          if (leaf.event_index == event_index) leaf.salt.clear();
        }
      }
    }
    return {};
  }

  Result<std::int64_t> size(LogName log) override {
    return lives_[log].empty() ? 0 : static_cast<std::int64_t>(lives_[log].back().leaves.size());
  }

  Result<std::int64_t> last_event() override { return last_event_; }

 private:
  struct Life {
    LogLife facts;
    std::vector<Leaf> leaves;
  };
  std::map<LogName, std::vector<Life>> lives_;
  std::int64_t last_event_ = 0;
};

class MemoryStamps final : public StampTable {
 public:
  Result<void> put_subject(const StampSubject& subject) override {
    subjects_.insert_or_assign(subject.digest, subject);
    return {};
  }

  Result<std::optional<StampSubject>> subject(const Sha256Digest& digest) override {
    const auto found = subjects_.find(digest);
    return found == subjects_.end() ? std::optional<StampSubject>() : std::optional(found->second);
  }

  Result<std::optional<StampSubject>> last_subject() override {
    std::optional<StampSubject> out;
    for (const auto& [digest, subject] : subjects_) {
      if (!out || std::tie(out->wanted, out->size) < std::tie(subject.wanted, subject.size)) out = subject;
    }
    return out;
  }

  Result<void> put(const tsp::Stamp& stamp) override {
    stamps_.insert_or_assign({stamp.subject, stamp.authority}, stamp);
    return {};
  }

  Result<void> remove(const Sha256Digest& subject, const std::string& authority) override {
    stamps_.erase({subject, authority});
    return {};
  }

  Result<std::vector<tsp::Stamp>> all() override {
    std::vector<tsp::Stamp> out;
    for (const auto& [key, stamp] : stamps_)
      out.push_back(stamp);
    return out;
  }

 private:
  std::map<Sha256Digest, StampSubject> subjects_;
  std::map<std::pair<Sha256Digest, std::string>, tsp::Stamp> stamps_;
};

}  // namespace kip::server
