#pragma once

#include <server/domain/recorder.hpp>
#include <signing/crypto/public_key.hpp>

namespace kip::server {

/// Destroys what is known of a customer: the envelopes and salts of every event about it, its computers, their
/// receipts, its requests and notices. Their places in the event table and in the logs stay, so that everything else
/// verifies as before; what stood there nobody can tell any more. That it was done, by whom and why is an event. The
/// state is made anew from the events that are left, in the same transaction. Returns how many were destroyed.
/// Errors: not_found where there is no such customer; usage without a reason; those of rebuild() and the store.
Result<std::int64_t> erase_customer(Store& store, const Recorder& recorder, const Actor& actor, const TaxCode& customer,
                                    std::string_view reason);

}  // namespace kip::server
