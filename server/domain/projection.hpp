#pragma once

#include <manifests/model/event.hpp>
#include <server/domain/receipt_projection.hpp>
#include <server/domain/unit_of_work.hpp>
#include <signing/crypto/public_key.hpp>

namespace kip::server {

/// Takes one event into the projection. A function of the event, its index and what the events before it left, and of
/// nothing else, so that replaying the log gives the same state again. An event of a type that is not known here
/// changes nothing: a newer program may have written it. Errors: malformed for a body that is not what its type asks
/// for; those of the tables.
/// `received` is what an event receipts.recorded holds, where it was read before.
Result<void> project(const Event& event, std::int64_t index, Projection& to,
                     const ReceivedReceipts* received = nullptr);

/// Empties a tenant's projection and replays the whole log into it, but for events that were erased, in one unit of
/// work. Each envelope must be signed
/// by one of the given entry keys. Returns the number of events. Errors: signature, malformed; those of the store.
Result<std::int64_t> rebuild(Store& store, const TenantId& tenant, const std::vector<PublicKey>& entry_keys);

/// The same in a unit of work that its caller commits.
Result<std::int64_t> rebuild_in(UnitOfWork& unit, const TenantId& tenant, const std::vector<PublicKey>& entry_keys);

}  // namespace kip::server
