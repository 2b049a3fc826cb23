#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <manifests/core/result.hpp>

namespace kip::updater {

/// What stands on the command line of `kip-updater tuf`.
struct TufArguments {
  std::filesystem::path metadata_folder;
  std::string metadata_url;
  std::filesystem::path root_file;  ///< of init
  std::string target_base_url;      ///< of download
  std::filesystem::path target_folder;
  std::vector<std::string> targets;
};

// A plain TUF client for any repository, without an install: what Kịp adds (floor, rollouts) is not known here.
// Metadata is kept in the metadata folder as ROLE.json, the exact bytes received.

/// Trusts a root, whose own keys must have signed it. Nothing is asked of the network. Errors: conflict where the
/// folder trusts another root already.
Result<void> run_tuf_init(const TufArguments& arguments);
Result<void> run_tuf_refresh(const TufArguments& arguments);
/// Refreshes, then brings each target into the target folder under its percent-encoded path.
Result<void> run_tuf_download(const TufArguments& arguments);

}  // namespace kip::updater
