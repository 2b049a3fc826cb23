#pragma once

#include <optional>
#include <vector>

#include <server/domain/alert_records.hpp>
#include <server/domain/notice_records.hpp>
#include <server/domain/obligation_records.hpp>
#include <server/domain/records.hpp>
#include <server/domain/service_records.hpp>
#include <server/domain/staff_records.hpp>

namespace kip::server {

/// One table of the projection.
template <class Key, class Record>
class Table {
 public:
  virtual ~Table() = default;
  virtual Result<std::optional<Record>> find(const Key& key) = 0;
  /// Adds the record or takes the place of the one with the same key.
  virtual Result<void> put(const Record& record) = 0;
  /// Ascending by key.
  virtual Result<std::vector<Record>> all() = 0;
};

class InstallTable : public Table<InstallId, InstallRecord> {
 public:
  /// Every install that the code with this secret admitted, ascending by id.
  virtual Result<std::vector<InstallRecord>> admitted_by(const Sha256Digest& secret) = 0;
  virtual Result<std::vector<InstallRecord>> of(const CustomerKey& customer) = 0;  ///< ascending by id
  /// Whose present key this Ed25519 key is, ascending by id.
  virtual Result<std::vector<InstallRecord>> bearing(const PublicKey& key) = 0;
  virtual Result<std::vector<InstallRecord>> with(const ProductId& product) = 0;  ///< ascending by id
  /// Those that are held, and those that are or were disputed, ascending by id.
  virtual Result<std::vector<InstallRecord>> doubtful() = 0;
};

class InstallationTable : public Table<InstallationKey, InstallationRecord> {
 public:
  virtual Result<std::vector<InstallationRecord>> of(const InstallId& install) = 0;
  /// Whether any install of any product has said that it has a version of this name.
  virtual Result<bool> has_version(const Version& version) = 0;
};

class ProgressTable : public Table<ProgressKey, ProgressRecord> {
 public:
  /// Ascending by install.
  virtual Result<std::vector<ProgressRecord>> of(const ProductId& product, const Version& version) = 0;
};

class DeferralTable : public Table<InstallationKey, DeferralRecord> {
 public:
  virtual Result<std::vector<DeferralRecord>> of(const InstallId& install) = 0;
};

class ObligationTable : public Table<std::int64_t, ObligationRecord> {
 public:
  virtual Result<std::vector<ObligationRecord>> of(const ActKey& act) = 0;
};

class RowTable : public Table<RowKey, RowRecord> {
 public:
  struct Timed {
    std::int64_t late = 0;     ///< counted, complete, but not before `due`
    std::int64_t delayed = 0;  ///< counted, put off before `due`
    std::optional<Instant> last_completed = {};
  };
  /// What of an obligation's counted rows depends on its limit; without one nothing is late or delayed.
  virtual Result<Timed> timed(std::int64_t number, const std::optional<Instant>& due) = 0;
};

class ReceiptTable : public Table<ReceiptKey, ReceiptRecord> {
 public:
  /// All with a sequence from `first` to `last`, ascending by it; several with one number contradict each other.
  virtual Result<std::vector<ReceiptRecord>> between(const InstallId& install, std::string_view incarnation,
                                                     std::int64_t first, std::int64_t last) = 0;
  /// All of an install, in the order of the log.
  virtual Result<std::vector<ReceiptRecord>> of(const InstallId& install) = 0;
};

class NoticeTable : public Table<NoticeId, NoticeRecord> {
 public:
  virtual Result<std::optional<NoticeRecord>> about(const NoticeSubject& subject) = 0;
  /// At most `limit` of those that the filter lets through with an id above `after`, ascending by id.
  virtual Result<std::vector<NoticeRecord>> page(const NoticeFilter& filter, const std::optional<NoticeId>& after,
                                                 std::size_t limit) = 0;
  /// The highest index of an event that made a notice; 0 where none did.
  virtual Result<std::int64_t> last_cause() = 0;
};

class ServiceTable : public Table<std::int64_t, ServiceRecord> {
 public:
  virtual Result<std::optional<ServiceRecord>> by_id(const RequestId& id) = 0;
  /// Of that customer and product, ascending by number.
  virtual Result<std::vector<ServiceRecord>> of(const CustomerKey& customer) = 0;
  /// All that are not resolved, ascending by number.
  virtual Result<std::vector<ServiceRecord>> open() = 0;
  /// How many of an install's are not resolved.
  virtual Result<std::int64_t> open_of(const InstallId& install) = 0;
  /// 0 before the first.
  virtual Result<std::int64_t> last_number() = 0;
};

class InspectionTable : public Table<std::int64_t, InspectionRecord> {
 public:
  /// Of that customer and product, in the order of the log.
  virtual Result<std::vector<InspectionRecord>> of(const CustomerKey& customer) = 0;
};

/// What has to be looked after. No part of the projection.
class AlertTable : public Table<AlertId, AlertRecord> {
 public:
  /// All that are not over, ascending by id.
  virtual Result<std::vector<AlertRecord>> open() = 0;
  /// At most `limit` with an id below `before`, descending by id, which is by time.
  virtual Result<std::vector<AlertRecord>> page(bool only_open, const std::optional<AlertId>& before,
                                                std::size_t limit) = 0;
};

/// Who is being told of alerts. No part of the projection.
class AlertDeliveryTable : public Table<DeliveryId, AlertDelivery> {
 public:
  /// Those that wait and are to be tried by now, ascending by id, at most `limit`.
  virtual Result<std::vector<AlertDelivery>> due(Instant now, std::size_t limit) = 0;
  /// At most `limit` with an id below `before`, descending by id, which is by time.
  virtual Result<std::vector<AlertDelivery>> page(const std::optional<DeliveryState>& state,
                                                  const std::optional<DeliveryId>& before, std::size_t limit) = 0;
  virtual Result<std::int64_t> count(DeliveryState state) = 0;
};

/// What staff have proven by a password, until it expires. No part of the projection.
class SessionTable : public Table<Sha256Digest, SessionRecord> {
 public:
  virtual Result<void> end(const Sha256Digest& session) = 0;
  virtual Result<void> end_of(const PersonName& person) = 0;
  virtual Result<void> end_expired(Instant now) = 0;
};

}  // namespace kip::server
