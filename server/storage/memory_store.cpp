#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include <server/domain/obligation_rows.hpp>
#include <server/storage/memory_store.hpp>

#include "memory_logs.hpp"

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

class MemoryInstallations final : public MemoryTable<InstallationTable, InstallationKey, InstallationRecord> {
 public:
  Result<std::vector<InstallationRecord>> of(const InstallId& install) override {
    return matching([&](const InstallationRecord& installation) { return installation.install == install; });
  }

  Result<bool> has_version(const Version& version) override {
    return !matching([&](const InstallationRecord& one) { return one.version.str() == version.str(); }).empty();
  }
};

class MemoryProgress final : public MemoryTable<ProgressTable, ProgressKey, ProgressRecord> {
 public:
  Result<std::vector<ProgressRecord>> of(const ProductId& product, const Version& version) override {
    return matching([&](const ProgressRecord& one) { return one.product == product && one.version == version; });
  }
};

class MemoryDeferrals final : public MemoryTable<DeferralTable, InstallationKey, DeferralRecord> {
 public:
  Result<std::vector<DeferralRecord>> of(const InstallId& install) override {
    return matching([&](const DeferralRecord& deferral) { return deferral.install == install; });
  }
};

class MemoryObligations final : public MemoryTable<ObligationTable, std::int64_t, ObligationRecord> {
 public:
  Result<std::vector<ObligationRecord>> of(const ActKey& act) override {
    return matching([&](const ObligationRecord& obligation) { return obligation.act == act; });
  }
};

class MemoryRows final : public MemoryTable<RowTable, RowKey, RowRecord> {
 public:
  Result<Timed> timed(std::int64_t number, const std::optional<Instant>& due) override {
    Timed out;
    for (const RowRecord& row : matching([&](const RowRecord& one) { return one.number == number && one.counts(); })) {
      if (row.completed_at) {
        out.last_completed = out.last_completed ? std::max(*out.last_completed, *row.completed_at) : *row.completed_at;
        if (due && *row.completed_at >= *due) ++out.late;
      }
      if (due && row.deferred_at && *row.deferred_at < *due) ++out.delayed;
    }
    return out;
  }
};

class MemoryInstalls final : public MemoryTable<InstallTable, InstallId, InstallRecord> {
 public:
  Result<std::vector<InstallRecord>> admitted_by(const Sha256Digest& secret) override {
    return matching([&](const InstallRecord& install) { return install.code == secret; });
  }

  Result<std::vector<InstallRecord>> of(const CustomerKey& customer) override {
    return matching([&](const InstallRecord& install) {
      return CustomerKey{install.customer, install.product} == customer;
    });
  }

  Result<std::vector<InstallRecord>> with(const ProductId& product) override {
    return matching([&](const InstallRecord& install) { return install.product == product; });
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

  Result<std::vector<ReceiptRecord>> around(const InstallId& install, std::string_view incarnation,
                                            std::int64_t sequence) override {
    return matching([&](const ReceiptRecord& receipt) {
      return receipt.key.install == install && receipt.key.incarnation == incarnation &&
             receipt.key.sequence >= sequence - 1 && receipt.key.sequence - 1 <= sequence;
    });
  }

  Result<std::vector<ReceiptRecord>> of(const InstallId& install) override {
    auto out = matching([&](const ReceiptRecord& receipt) { return receipt.key.install == install; });
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.event_index < b.event_index; });
    return out;
  }
};

class MemoryNotices final : public MemoryTable<NoticeTable, NoticeId, NoticeRecord> {
 public:
  Result<std::optional<NoticeRecord>> about(const NoticeSubject& subject) override {
    const auto found = matching([&](const NoticeRecord& record) { return subject_of(record) == subject; });
    return found.empty() ? std::optional<NoticeRecord>() : std::optional<NoticeRecord>(found.front());
  }

  Result<std::vector<NoticeRecord>> page(const NoticeFilter& filter, const std::optional<NoticeId>& after,
                                         std::size_t limit) override {
    auto out =
        matching([&](const NoticeRecord& record) { return (!after || *after < record.id) && matches(filter, record); });
    if (out.size() > limit) out.erase(out.begin() + static_cast<std::ptrdiff_t>(limit), out.end());
    return out;
  }

  Result<std::int64_t> last_cause() override {
    std::int64_t out = 0;
    for (const NoticeRecord& record : matching([](const NoticeRecord&) { return true; }))
      out = std::max(out, record.cause);
    return out;
  }
};

class MemoryServices final : public MemoryTable<ServiceTable, std::int64_t, ServiceRecord> {
 public:
  Result<std::optional<ServiceRecord>> by_id(const RequestId& id) override {
    auto found = matching([&](const ServiceRecord& record) { return record.request.facts().id == id; });
    return found.empty() ? std::optional<ServiceRecord>() : std::optional(std::move(found.front()));
  }

  Result<std::vector<ServiceRecord>> of(const CustomerKey& customer) override {
    return matching([&](const ServiceRecord& record) {
      const ServiceFacts& facts = record.request.facts();
      return CustomerKey{facts.customer, facts.product} == customer;
    });
  }

  Result<std::vector<ServiceRecord>> open() override {
    return matching([](const ServiceRecord& record) { return record.request.is_open(); });
  }

  Result<std::int64_t> open_of(const InstallId& install) override {
    return static_cast<std::int64_t>(matching([&](const ServiceRecord& record) {
                                       return record.request.is_open() && record.request.facts().install == install;
                                     }).size());
  }

  Result<std::int64_t> last_number() override {
    const auto all = matching([](const ServiceRecord&) { return true; });
    return all.empty() ? 0 : all.back().number();
  }
};

class MemoryInspections final : public MemoryTable<InspectionTable, std::int64_t, InspectionRecord> {
 public:
  Result<std::vector<InspectionRecord>> of(const CustomerKey& customer) override {
    return matching([&](const InspectionRecord& record) {
      return CustomerKey{record.customer, record.product} == customer;
    });
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

  Result<void> erase(std::int64_t index) override {
    events_.at(static_cast<std::size_t>(index - 1)).envelope.clear();
    return {};
  }

 private:
  std::vector<StoredEvent> events_;
  std::set<EventId> ids_;
};

/// All that is kept of one tenant; a value.
struct Content {
  MemoryStamps stamps;
  Plain<Sha256Digest, RevocationRecord> revocations;
  Plain<PersonName, CredentialRecord> credentials;
  MemorySessions sessions;
  MemoryEvents events;
  MemoryLeaves leaves;
  Plain<std::string, Act> acts;
  Plain<std::string, ActHistory> histories;
  Plain<std::string, Coverage> coverages;
  Plain<CommitmentId, Commitment> commitments;
  Plain<CustomerKey, Customer> customers;
  Plain<Sha256Digest, EnrolmentCodeRecord> codes;
  Plain<InstallId, WaitingInstall> waiting;
  MemoryInstalls installs;
  MemoryReceipts receipts;
  MemoryInstallations installations;
  MemoryDeferrals deferrals;
  Plain<PublicationKey, PublicationRecord> publications;
  Plain<ProductId, RolloutRecord> rollouts;
  MemoryProgress progress;
  Plain<ProposalId, Proposal> proposals;
  MemoryObligations obligations;
  MemoryRows rows;
  Plain<std::int64_t, TallyRecord> tallies;
  Plain<PersonName, StaffMember> people;
  Plain<Sha256Digest, TokenRecord> tokens;
  MemoryNotices notices;
  Plain<NoticeKind, NoticeSwitch> notice_switches;
  Plain<PromiseId, ServicePromise> promises;
  MemoryServices services;
  MemoryInspections inspections;
  std::int64_t form = 0;
  std::map<std::string, Instant, std::less<>> nonces;

  void clear_projection() {
    acts.clear();
    histories.clear();
    coverages.clear();
    commitments.clear();
    customers.clear();
    codes.clear();
    waiting.clear();
    installs.clear();
    receipts.clear();
    installations.clear();
    deferrals.clear();
    publications.clear();
    rollouts.clear();
    progress.clear();
    proposals.clear();
    obligations.clear();
    rows.clear();
    tallies.clear();
    people.clear();
    tokens.clear();
    notices.clear();
    notice_switches.clear();
    promises.clear();
    services.clear();
    inspections.clear();
    form = kProjectionForm;
  }
};

/// Works on a copy of its own, which takes the place of the original at commit.
class MemoryUnit final : public UnitOfWork {
 public:
  using Publish = std::function<void(Content)>;

  MemoryUnit(Content content, std::unique_lock<std::mutex> writer, Publish publish)
      : content_(std::move(content)), writer_(std::move(writer)), publish_(std::move(publish)) {}

  EventLog& events() override { return content_.events; }
  LeafTable& leaves() override { return content_.leaves; }
  StampTable& stamps() override { return content_.stamps; }
  Table<Sha256Digest, RevocationRecord>& revocations() override { return content_.revocations; }
  Table<PersonName, CredentialRecord>& credentials() override { return content_.credentials; }
  SessionTable& sessions() override { return content_.sessions; }
  Projection& projection() override { return projection_; }

  Result<void> clear_projection() override {
    KIP_CHECK(writer_.owns_lock());
    content_.clear_projection();
    return {};
  }

  Result<std::int64_t> projection_form() override { return content_.form; }

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
  RowCache cache_;
  Projection projection_{content_.acts,        content_.histories,
                         content_.coverages,   content_.commitments,
                         content_.customers,   content_.codes,
                         content_.waiting,     content_.installs,
                         content_.receipts,    content_.installations,
                         content_.deferrals,   content_.publications,
                         content_.rollouts,    content_.progress,
                         content_.proposals,   content_.obligations,
                         content_.rows,        content_.tallies,
                         content_.people,      content_.tokens,
                         content_.notices,     content_.notice_switches,
                         content_.promises,    content_.services,
                         content_.inspections, cache_};
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
