#pragma once

#include <server/domain/receipts.hpp>

namespace kip::server {

/// The bytes of a signed "kip.postponement/1": what the contract of the install's customer says now about putting
/// updates off. Errors: denied for an install that was retired and a nonce used before; not_found where the customer
/// does not have the product any more; those of the store. Thread-safe.
Result<Bytes> state_postponement(Store& store, const Recorder& recorder, const InstallCaller& caller);

}  // namespace kip::server
