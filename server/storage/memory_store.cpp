#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include <server/storage/memory_store.hpp>

namespace kip::server {
namespace {

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

class MemoryInstalls final : public MemoryTable<InstallTable, InstallId, InstallRecord> {
 public:
  Result<std::vector<InstallRecord>> admitted_by(const Sha256Digest& secret) override {
    return matching([&](const InstallRecord& install) { return install.code == secret; });
  }
};

class MemoryReceipts final : public MemoryTable<ReceiptTable, ReceiptKey, ReceiptRecord> {
 public:
  Result<std::vector<ReceiptRecord>> at(const InstallId& install, std::string_view incarnation,
                                        std::int64_t sequence) override {
    return matching([&](const ReceiptRecord& receipt) {
      return receipt.key.install == install && receipt.key.incarnation == incarnation &&
             receipt.key.sequence == sequence;
    });
  }

  Result<std::vector<ReceiptRecord>> of(const InstallId& install) override {
    auto out = matching([&](const ReceiptRecord& receipt) { return receipt.key.install == install; });
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.event_index < b.event_index; });
    return out;
  }
};

class MemoryEvents final : public EventLog {
 public:
  Result<std::int64_t> append(const EventId& id, std::string_view type, BytesView envelope, Instant recorded) override {
    if (!ids_.insert(id).second) return fail(ErrorCode::conflict, "the event is recorded already");
    const auto index = static_cast<std::int64_t>(events_.size()) + 1;
    events_.push_back({index, id, std::string(type), Bytes(envelope), recorded});
    return index;
  }

  Result<std::vector<StoredEvent>> after(std::int64_t after, std::size_t limit) override {
    std::vector<StoredEvent> out;
    for (const StoredEvent& event : events_) {
      if (event.index > after && out.size() < limit) out.push_back(event);
    }
    return out;
  }

  Result<std::int64_t> last_index() override { return static_cast<std::int64_t>(events_.size()); }

 private:
  std::vector<StoredEvent> events_;
  std::set<EventId> ids_;
};

/// All that is kept of one tenant; a value.
struct Content {
  MemoryEvents events;
  Plain<std::string, Act> acts;
  Plain<CommitmentId, Commitment> commitments;
  Plain<CustomerKey, Customer> customers;
  Plain<Sha256Digest, EnrolmentCodeRecord> codes;
  MemoryInstalls installs;
  MemoryReceipts receipts;
  Plain<InstallationKey, InstallationRecord> installations;
  Plain<PublicationKey, PublicationRecord> publications;
  Plain<std::int64_t, ObligationRecord> obligations;
  Plain<Sha256Digest, TokenRecord> tokens;
  std::map<std::string, Instant, std::less<>> nonces;

  void clear_projection() {
    acts.clear();
    commitments.clear();
    customers.clear();
    codes.clear();
    installs.clear();
    receipts.clear();
    installations.clear();
    publications.clear();
    obligations.clear();
    tokens.clear();
  }
};

/// Works on a copy of its own, which takes the place of the original at commit.
class MemoryUnit final : public UnitOfWork {
 public:
  using Publish = std::function<void(Content)>;

  MemoryUnit(Content content, std::unique_lock<std::mutex> writer, Publish publish)
      : content_(std::move(content)), writer_(std::move(writer)), publish_(std::move(publish)) {}

  EventLog& events() override { return content_.events; }
  Projection& projection() override { return projection_; }

  Result<void> clear_projection() override {
    KIP_CHECK(writer_.owns_lock());
    content_.clear_projection();
    return {};
  }

  Result<bool> use_nonce(std::string_view nonce, Instant now, Instant expires) override {
    KIP_CHECK(writer_.owns_lock());
    std::erase_if(content_.nonces, [now](const auto& entry) { return entry.second < now; });
    return content_.nonces.emplace(nonce, expires).second;
  }

  Result<void> commit() override {
    KIP_CHECK(writer_.owns_lock());
    publish_(std::move(content_));
    return {};
  }

 private:
  Content content_;
  Projection projection_{content_.acts,        content_.commitments, content_.customers,     content_.codes,
                         content_.installs,    content_.receipts,    content_.installations, content_.publications,
                         content_.obligations, content_.tokens};
  std::unique_lock<std::mutex> writer_;
  Publish publish_;
};

}  // namespace

struct MemoryStore::State {
  std::mutex writer;
  std::mutex mutex;  ///< guards `tenants`
  std::map<TenantId, Content> tenants;
};

MemoryStore::MemoryStore() : state_(std::make_unique<State>()) {}
MemoryStore::~MemoryStore() = default;

Result<std::unique_ptr<UnitOfWork>> MemoryStore::begin(const TenantId& tenant, Access access) {
  std::unique_lock<std::mutex> writer(state_->writer, std::defer_lock);
  if (access == Access::write) writer.lock();
  const std::lock_guard lock(state_->mutex);
  auto publish = [state = state_.get(), tenant](Content content) {
    const std::lock_guard guard(state->mutex);
    state->tenants.insert_or_assign(tenant, std::move(content));
  };
  return std::unique_ptr<UnitOfWork>(
      std::make_unique<MemoryUnit>(state_->tenants[tenant], std::move(writer), std::move(publish)));
}

}  // namespace kip::server
