#pragma once

#include <server/domain/recorder.hpp>

namespace kip::server {

/// Gives an event its leaves in the transparency logs, in the transaction that makes it durable: in O its open part,
/// signed, and in R a commitment. Nothing happens before the logs have begun; catch_up_logs() does it then.
/// Errors: those of the unit of work.
Result<void> enter_logs(const Recorder& recorder, UnitOfWork& unit, const Event& event, std::int64_t index,
                        BytesView envelope);

/// The same for every event that has no leaf: those from before the logs. Tells how many there were.
/// Errors: those of the store; malformed for an event that is none.
Result<std::int64_t> catch_up_logs(const Recorder& recorder, Store& store);

}  // namespace kip::server
