#pragma once

#include <vector>

#include <client-updater/update/install.hpp>

namespace kip::updater {

/// A metadata file that this install has accepted.
struct MetadataStatus {
  std::string role;
  std::int64_t version = 0;
  Instant expires;
};

struct Status {
  State state;  ///< enrolled
  OutboxCounts outbox;
  std::vector<KeptRequest> requests;     ///< not answered, or not resolved as far as is known
  std::vector<MetadataStatus> metadata;  ///< by role name
  std::filesystem::path app_folder;      ///< where programs read
  std::vector<std::string> kept_edited;  ///< the customer's files that stayed, with the vendor's new ones beside them
  bool pointer_as_recorded = true;       ///< false where a crash or another hand has left it elsewhere
};

/// What this install knows, without asking anybody and without changing anything. Errors: not_found where nothing is
/// enrolled here; those of store and file system.
Result<Status> read_status(FileSystem& files, StateStore& store, const Layout& layout);

}  // namespace kip::updater
