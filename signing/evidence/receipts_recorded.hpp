#pragma once

#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/model/receipt.hpp>
#include <signing/dsse/envelope.hpp>

namespace kip {

/// A receipt as it came. Whether its signature holds is not said.
struct ReceivedReceipt {
  Receipt receipt;
  Sha256Digest digest;  ///< of the envelope's bytes
  dsse::Envelope envelope;
};

/// Errors: malformed.
Result<ReceivedReceipt> read_receipt(BytesView envelope);

/// The most octets that the envelopes of one event have together, so that the event can be read again.
inline constexpr std::size_t kMaxRecordedOctets = 2U << 20U;

/// The body of an event receipts.recorded: 1 to kMaxReceiptsAtOnce receipts of one install, none twice, in the order in
/// which they were sent. Format: docs/formats/event.md.
json::Value receipts_recorded_body(const std::vector<BytesView>& envelopes);
/// The receipts, of which only the form is checked. Errors: malformed; too_large for more than kMaxReceiptsAtOnce.
Result<std::vector<ReceivedReceipt>> read_receipts_recorded(const json::Value& body);

}  // namespace kip
