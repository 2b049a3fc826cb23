#pragma once

#include <manifests/model/event.hpp>
#include <manifests/model/receipt.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// The receipt of an event receipt.recorded, read once for all that follows it.
struct ReceivedReceipt {
  Receipt receipt;
  Sha256Digest digest;  ///< of its envelope
};

/// Errors: malformed.
Result<ReceivedReceipt> read_received(const Event& event);

/// Takes an event receipt.recorded into the tables of installs. Errors: as project().
Result<void> project_receipt(const Event& event, const ReceivedReceipt& received, std::int64_t index, Projection& to);

}  // namespace kip::server
