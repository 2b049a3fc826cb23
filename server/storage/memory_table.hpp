#pragma once

// Inside server/storage only: a table of the port in memory, and those that are no part of the projection.

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include <server/domain/tables.hpp>

namespace kip::server {

template <class Port, class Key, class Record>
class MemoryTable : public Port {
 public:
  Result<std::optional<Record>> find(const Key& key) override {
    const auto found = rows_.find(key);
    return found == rows_.end() ? std::optional<Record>() : std::optional<Record>(found->second);
  }

  Result<void> put(const Record& record) override {
    rows_.insert_or_assign(key_of(record), record);
    return {};
  }

  Result<std::vector<Record>> all() override {
    return matching([](const Record&) { return true; });
  }

  void clear() { rows_.clear(); }

 protected:
  template <class Condition>
  void remove(Condition&& condition) {
    std::erase_if(rows_, [&](const auto& row) { return condition(row.second); });
  }

  template <class Condition>
  std::vector<Record> matching(Condition&& condition) const {
    std::vector<Record> out;
    for (const auto& [key, record] : rows_) {
      if (condition(record)) out.push_back(record);
    }
    return out;
  }

 private:
  std::map<Key, Record> rows_;
};

template <class Key, class Record>
using Plain = MemoryTable<Table<Key, Record>, Key, Record>;

/// The last ones first.
template <class Record>
std::vector<Record> newest(std::vector<Record> records, std::size_t limit) {
  std::reverse(records.begin(), records.end());
  if (records.size() > limit) records.erase(records.begin() + static_cast<std::ptrdiff_t>(limit), records.end());
  return records;
}

class MemorySessions final : public MemoryTable<SessionTable, Sha256Digest, SessionRecord> {
 public:
  Result<void> end(const Sha256Digest& session) override {
    remove([&](const SessionRecord& one) { return one.hash == session; });
    return {};
  }
  Result<void> end_of(const PersonName& person) override {
    remove([&](const SessionRecord& one) { return one.person == person; });
    return {};
  }
  Result<void> end_expired(Instant now) override {
    remove([&](const SessionRecord& one) { return one.expires <= now; });
    return {};
  }
};

class MemoryAlerts final : public MemoryTable<AlertTable, AlertId, AlertRecord> {
 public:
  Result<std::vector<AlertRecord>> open() override {
    return matching([](const AlertRecord& record) { return record.is_open(); });
  }

  Result<std::vector<AlertRecord>> page(bool only_open, const std::optional<AlertId>& before,
                                        std::size_t limit) override {
    return newest(matching([&](const AlertRecord& record) {
                    return (!only_open || record.is_open()) && (!before || record.id < *before);
                  }),
                  limit);
  }
};

class MemoryAlertDeliveries final : public MemoryTable<AlertDeliveryTable, DeliveryId, AlertDelivery> {
 public:
  Result<std::vector<AlertDelivery>> due(Instant now, std::size_t limit) override {
    auto out = matching([&](const AlertDelivery& one) { return is_waiting(one) && one.next <= now; });
    if (out.size() > limit) out.erase(out.begin() + static_cast<std::ptrdiff_t>(limit), out.end());
    return out;
  }

  Result<std::vector<AlertDelivery>> page(const std::optional<DeliveryState>& state,
                                          const std::optional<DeliveryId>& before, std::size_t limit) override {
    return newest(matching([&](const AlertDelivery& one) {
                    return (!state || one.state == *state) && (!before || one.id < *before);
                  }),
                  limit);
  }

  Result<std::int64_t> count(DeliveryState state) override {
    return static_cast<std::int64_t>(matching([&](const AlertDelivery& one) { return one.state == state; }).size());
  }

 private:
  static bool is_waiting(const AlertDelivery& one) { return one.state == DeliveryState::waiting; }
};

}  // namespace kip::server
