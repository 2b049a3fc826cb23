#pragma once

#include <server/domain/log_sequencer.hpp>

namespace kip::server {

/// Reads every log of a server through: that its tree has the root under its checkpoint, and that the database knows
/// each of its entries in that place. Lives whose files are gone are left out, but for the newest. Returns how many
/// entries there are. Errors: not_found where the files of a newest life are gone; integrity, rollback where log and
/// database do not agree; those of the store and the file system.
Result<std::int64_t> check_logs_agree(FileSystem& files, Store& store, const TenantId& tenant,
                                      const LogKeeping& keeping);

/// Whether the newest lives can be taken up as a server does: by the writer of logs, which also publishes the
/// checkpoint of the state. Errors: those of LogWriter::open().
Result<void> check_logs_open(FileSystem& files, Store& store, const TenantId& tenant, const LogKeeping& keeping);

}  // namespace kip::server
