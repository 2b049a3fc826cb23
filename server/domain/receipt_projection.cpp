#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include <server/domain/obligation_rows.hpp>
#include <server/domain/receipt_projection.hpp>

namespace kip::server {
namespace {

/// Counts where the install stands. A new incarnation begins at 1; what still comes of an old one moves nothing.
void count_receipt(InstallRecord& install, const Receipt& receipt, Instant received) {
  if (install.incarnation != receipt.incarnation) {
    if (!install.incarnation.empty() && receipt.sequence != 1) return;
    install.incarnation = receipt.incarnation;
    install.last_sequence = 0;
    install.missing = 0;
  }
  if (receipt.sequence > install.last_sequence) {
    install.missing += receipt.sequence - install.last_sequence - 1;
    install.last_sequence = receipt.sequence;
    install.report = LastReport{receipt.state, receipt.version, received};
  } else if (install.missing > 0) {
    --install.missing;
  }
}

/// What the receipts of one event make of one install and its versions: each record is read once and written once.
class Fold {
 public:
  Fold(InstallRecord install, Instant received, Projection& to)
      : install_(std::move(install)), received_(received), to_(to) {}

  /// The first receipt with its number counts.
  Result<void> count(const Receipt& receipt) {
    count_receipt(install_, receipt, received_);
    return take_progress(receipt);
  }

  /// Any receipt may be the first one by which a version was installed or put off.
  void note(const Receipt& receipt) {
    if (receipt.state == InstallState::deferred) deferred_.emplace(receipt.version.str(), &receipt);
    if (stops_clock(receipt.state)) installed_.emplace(receipt.version.str(), &receipt);
  }

  Result<void> write() const {
    KIP_TRY_VOID(to_.installs.put(install_));
    for (const auto& [version, progress] : progress_)
      KIP_TRY_VOID(to_.progress.put(progress));
    for (const auto& [version, receipt] : deferred_)
      KIP_TRY_VOID(put_first(to_.deferrals, DeferralRecord{install_.id, receipt->version, received_}));
    for (const auto& [version, receipt] : installed_)
      KIP_TRY_VOID(put_first(to_.installations, InstallationRecord{install_.id, receipt->version, received_}));
    return write_rows();
  }

 private:
  /// How far the install has come with the version. A failure that was tried again is forgotten once it has succeeded.
  Result<void> take_progress(const Receipt& receipt) {
    ProgressRecord progress{install_.product, receipt.version, install_.id, receipt.state, received_};
    const auto found = progress_.find(receipt.version.str());
    if (found != progress_.end()) {
      progress.failed_at = found->second.failed_at;
    } else {
      KIP_TRY(const auto before, to_.progress.find(key_of(progress)));
      if (before) progress.failed_at = before->failed_at;
    }
    if (progress.is_done()) progress.failed_at.reset();
    if (speaks_against(receipt.state)) progress.failed_at = received_;
    progress_.insert_or_assign(receipt.version.str(), std::move(progress));
    return {};
  }

  template <class Table, class Record>
  static Result<void> put_first(Table& table, const Record& record) {
    KIP_TRY(const auto earlier, table.find(key_of(record)));
    return earlier ? Result<void>() : table.put(record);
  }

  /// They follow what the other tables say in the end.
  Result<void> write_rows() const {
    auto versions = installed_;
    versions.insert(deferred_.begin(), deferred_.end());
    for (const auto& [version, receipt] : versions)
      KIP_TRY_VOID(project_rows(*receipt, to_));
    return {};
  }

  InstallRecord install_;
  Instant received_;
  Projection& to_;
  std::map<std::string, ProgressRecord> progress_;  ///< by version
  std::map<std::string_view, const Receipt*> deferred_;
  std::map<std::string_view, const Receipt*> installed_;
};

/// Number by number, without those far from any.
Result<void> read_around(ReceiptTable& table, const Receipt& like, const std::vector<std::int64_t>& ascending,
                         std::vector<ReceiptRecord>& to) {
  for (std::size_t begin = 0; begin < ascending.size();) {
    std::size_t end = begin + 1;
    while (end < ascending.size() && ascending[end] - ascending[end - 1] <= 3)
      ++end;
    const std::int64_t last = ascending[end - 1];
    KIP_TRY(auto found,
            table.between(like.install, like.incarnation, ascending[begin] - 1, last < INT64_MAX ? last + 1 : last));
    std::move(found.begin(), found.end(), std::back_inserter(to));
    begin = end;
  }
  return {};
}

}  // namespace

Result<std::vector<ReceiptRecord>> receipts_around(ReceiptTable& table, const ReceivedReceipts& received) {
  std::map<std::string_view, std::vector<std::int64_t>> numbers;
  for (const ReceivedReceipt* one : received)
    numbers[one->receipt.incarnation].push_back(one->receipt.sequence);
  std::vector<ReceiptRecord> out;
  for (const ReceivedReceipt* one : received) {
    auto& own = numbers[one->receipt.incarnation];
    if (own.empty()) continue;
    std::sort(own.begin(), own.end());
    KIP_TRY_VOID(read_around(table, one->receipt, own, out));
    own.clear();
  }
  return out;
}

Result<void> project_receipts(const Event& event, const ReceivedReceipts& received, std::int64_t index,
                              Projection& to) {
  const InstallId& id = received.front()->receipt.install;
  KIP_TRY(auto install, to.installs.find(id));
  if (!install)
    return fail(ErrorCode::malformed, fmt::format("an event names the install {}, which is not known", id.str()));
  KIP_TRY(const auto around, receipts_around(to.receipts, received));
  std::set<std::pair<std::string_view, std::int64_t>> numbers;
  for (const ReceiptRecord& one : around)
    numbers.emplace(one.key.incarnation, one.key.sequence);
  Fold fold(*std::move(install), event.claimed_time, to);
  std::int64_t place = 0;
  for (const ReceivedReceipt* one : received) {
    const Receipt& receipt = one->receipt;
    KIP_TRY_VOID(to.receipts.put({{id, receipt.incarnation, receipt.sequence, one->digest},
                                  receipt.previous,
                                  receipt.state,
                                  receipt.version,
                                  index,
                                  ++place,
                                  event.claimed_time}));
    if (numbers.emplace(receipt.incarnation, receipt.sequence).second) KIP_TRY_VOID(fold.count(receipt));
    fold.note(receipt);
  }
  return fold.write();
}

}  // namespace kip::server
