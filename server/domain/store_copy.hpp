#pragma once

#include <server/domain/unit_of_work.hpp>
#include <signing/crypto/public_key.hpp>

namespace kip::server {

/// Copies a tenant's state into a store that has nothing of it, in one unit of work: events, the leaves of the logs,
/// what is asked of authorities and issuers; the projection is made from the events, whose envelopes must be signed by
/// one of the given entry keys. One-time values of requests are left behind. Returns the number of events. Errors:
/// conflict where something is recorded there; not_found where nothing is to be copied; those of rebuild().
Result<std::int64_t> copy_state(Store& from, Store& to, const TenantId& tenant,
                                const std::vector<PublicKey>& entry_keys);

}  // namespace kip::server
