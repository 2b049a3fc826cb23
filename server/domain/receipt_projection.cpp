#include <fmt/format.h>

#include <server/domain/receipt_projection.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/install_events.hpp>

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

/// How far the install has come with the version. A failure that was tried again is forgotten once it has succeeded.
Result<void> take_progress(const InstallRecord& install, const Receipt& receipt, Instant received, Projection& to) {
  ProgressRecord progress{install.product, receipt.version, install.id, receipt.state, received};
  KIP_TRY(const auto before, to.progress.find(key_of(progress)));
  if (before && !progress.is_done()) progress.failed_at = before->failed_at;
  if (speaks_against(receipt.state)) progress.failed_at = received;
  return to.progress.put(progress);
}

Result<void> take_deferral(const Receipt& receipt, Instant received, Projection& to) {
  const DeferralRecord deferral{receipt.install, receipt.version, received};
  KIP_TRY(const auto earlier, to.deferrals.find(key_of(deferral)));
  return earlier ? Result<void>() : to.deferrals.put(deferral);
}

}  // namespace

Result<ReceivedReceipt> read_received(const Event& event) {
  KIP_TRY(const Bytes bytes, read_receipt_recorded(event.body));
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(bytes));
  KIP_TRY(Receipt receipt, parse_receipt(envelope.payload));
  return ReceivedReceipt{std::move(receipt), sha256(bytes)};
}

Result<void> project_receipt(const Event& event, const ReceivedReceipt& received, std::int64_t index, Projection& to) {
  const Receipt& receipt = received.receipt;
  KIP_TRY(auto install, to.installs.find(receipt.install));
  if (!install) {
    return fail(ErrorCode::malformed,
                fmt::format("an event names the install {}, which is not known", receipt.install.str()));
  }
  KIP_TRY(const auto same_number, to.receipts.at(receipt.install, receipt.incarnation, receipt.sequence));
  KIP_TRY_VOID(to.receipts.put({{receipt.install, receipt.incarnation, receipt.sequence, received.digest},
                                receipt.previous,
                                receipt.state,
                                receipt.version,
                                index,
                                event.claimed_time}));
  if (same_number.empty()) {
    count_receipt(*install, receipt, event.claimed_time);
    KIP_TRY_VOID(take_progress(*install, receipt, event.claimed_time, to));
  }
  KIP_TRY_VOID(to.installs.put(*install));
  if (receipt.state == InstallState::deferred) return take_deferral(receipt, event.claimed_time, to);
  if (receipt.state != InstallState::installed && receipt.state != InstallState::already_installed) return {};
  const InstallationRecord installation{receipt.install, receipt.version, event.claimed_time};
  KIP_TRY(const auto earlier, to.installations.find(key_of(installation)));
  if (earlier) return {};
  return to.installations.put(installation);
}

}  // namespace kip::server
