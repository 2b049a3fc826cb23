#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <server/domain/leaf_table.hpp>
#include <server/domain/revocation_record.hpp>
#include <server/domain/stamp_table.hpp>
#include <server/domain/tables.hpp>

namespace kip::server {

/// The signed events of one tenant. Only ever added to.
class EventLog {
 public:
  virtual ~EventLog() = default;
  /// Gives the event its index, one more than the last. Errors: conflict where the id is there already.
  virtual Result<std::int64_t> append(const EventId& id, std::string_view type, BytesView envelope,
                                      Instant recorded) = 0;
  /// Of so many octets are the envelopes that are read at once, unless a single one has more.
  static constexpr std::size_t kMaxOctets = 4U << 20U;
  /// At most `limit` events with an index above `after`, ascending; fewer where they are large, and none only where
  /// there is none.
  virtual Result<std::vector<StoredEvent>> after(std::int64_t after, std::size_t limit) = 0;
  /// 0 before the first.
  virtual Result<std::int64_t> last_index() = 0;
  /// Destroys an event's envelope; its place, id and type stay.
  virtual Result<void> erase(std::int64_t index) = 0;
};

struct RowCache;

/// What the events of one tenant amount to. Written by project() and nothing else.
struct Projection {
  Table<std::string, Act>& acts;
  Table<std::string, ActHistory>& histories;
  Table<std::string, Coverage>& coverages;
  Table<CommitmentId, Commitment>& commitments;
  Table<CustomerKey, Customer>& customers;
  Table<Sha256Digest, EnrolmentCodeRecord>& codes;
  Table<InstallId, WaitingInstall>& waiting;
  InstallTable& installs;
  ReceiptTable& receipts;
  InstallationTable& installations;
  DeferralTable& deferrals;
  Table<PublicationKey, PublicationRecord>& publications;
  Table<ProductId, RolloutRecord>& rollouts;
  ProgressTable& progress;
  Table<ProposalId, Proposal>& proposals;
  ObligationTable& obligations;
  RowTable& rows;
  Table<std::int64_t, TallyRecord>& tallies;
  Table<PersonName, StaffMember>& people;
  Table<Sha256Digest, TokenRecord>& tokens;
  NoticeTable& notices;
  Table<NoticeKind, NoticeSwitch>& notice_switches;
  Table<PromiseId, ServicePromise>& promises;
  ServiceTable& services;
  InspectionTable& inspections;
  RowCache& cache;  ///< of project_rows(); a unit of work begins with an empty one
};

/// The form of what project() makes of the events. It grows with every change by which the same events amount to other
/// tables.
inline constexpr std::int64_t kProjectionForm = 9;

/// Everything that happens to one tenant's state together or not at all. Errors of all calls: busy where another writer
/// keeps the store for too long; disk_full; storage. After an error nothing but destroying it makes sense. Not
/// thread-safe.
class UnitOfWork {
 public:
  /// Without commit() before, all is undone.
  virtual ~UnitOfWork() = default;
  virtual EventLog& events() = 0;
  virtual LeafTable& leaves() = 0;
  virtual StampTable& stamps() = 0;
  virtual Table<Sha256Digest, RevocationRecord>& revocations() = 0;  ///< by the certificates behind the stamps in O
  /// What people are recognised by; never in an event.
  virtual Table<PersonName, CredentialRecord>& credentials() = 0;
  virtual SessionTable& sessions() = 0;
  virtual AlertTable& alerts() = 0;
  virtual AlertDeliveryTable& alert_deliveries() = 0;
  virtual Projection& projection() = 0;
  /// Empties the tenant's projection, which is to become one of kProjectionForm; the events stay.
  virtual Result<void> clear_projection() = 0;
  /// Of what the tables hold; 0 where they were never emptied.
  virtual Result<std::int64_t> projection_form() = 0;
  /// Remembers a one-time value of a request until `expires` and forgets those that expired before `now`. False where
  /// it was used already.
  virtual Result<bool> use_nonce(std::string_view nonce, Instant now, Instant expires) = 0;
  /// On return everything is durable. No call may follow.
  virtual Result<void> commit() = 0;
};

enum class Access { read, write };

/// Where tenants' states are kept. Thread-safe: readers see the last committed state and are not in each other's way;
/// there is one writer at a time and the others wait.
class Store {
 public:
  virtual ~Store() = default;
  /// Writing in a unit that was begun with Access::read is a defect. Errors: those of UnitOfWork.
  virtual Result<std::unique_ptr<UnitOfWork>> begin(const TenantId& tenant, Access access) = 0;
  /// From now on somebody waits for all that is asked: a unit of work fails with busy where the store gives no sign of
  /// life for seconds, and is lost then. Before, whatever it takes is waited for.
  virtual void expect_prompt_answers() {}
  /// Overwrites what was destroyed, where the store's own files still have it. May take as long as copying them.
  /// Errors: those of UnitOfWork; busy where somebody else uses the store.
  virtual Result<void> overwrite_destroyed() { return {}; }
};

}  // namespace kip::server
