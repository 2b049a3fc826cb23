#pragma once

#include <vector>

#include <manifests/model/event.hpp>
#include <server/domain/unit_of_work.hpp>
#include <signing/evidence/receipts_recorded.hpp>

namespace kip::server {

/// The receipts of one event, of one install, in its order.
using ReceivedReceipts = std::vector<const ReceivedReceipt*>;

/// Takes an event receipts.recorded into the tables of installs. The tables are afterwards as if each receipt had come
/// by itself, one after the other, at the time of the event. Errors: as project().
Result<void> project_receipts(const Event& event, const ReceivedReceipts& received, std::int64_t index, Projection& to);

/// The recorded receipts of one install with those numbers, the ones before them and the ones after them, ascending
/// within an incarnation. Read in as few pieces as there are gaps between the numbers. Errors: those of the table.
Result<std::vector<ReceiptRecord>> receipts_around(ReceiptTable& table, const ReceivedReceipts& received);

}  // namespace kip::server
