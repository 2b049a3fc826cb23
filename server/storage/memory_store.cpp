#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include <server/domain/obligation_rows.hpp>
#include <server/storage/memory_store.hpp>

#include "memory_logs.hpp"
#include "memory_projection.hpp"

namespace kip::server {
namespace {

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
    std::size_t octets = 0;
    for (const StoredEvent& event : events_) {
      if (event.index <= after) continue;
      octets += event.envelope.size();
      if (out.size() == limit || (!out.empty() && octets > kMaxOctets)) break;
      out.push_back(event);
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
  MemoryAlerts alerts;
  MemoryAlertDeliveries alert_deliveries;
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
  AlertTable& alerts() override { return content_.alerts; }
  AlertDeliveryTable& alert_deliveries() override { return content_.alert_deliveries; }
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
