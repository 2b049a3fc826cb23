#pragma once

#include <filesystem>
#include <vector>

#include <manifests/core/ids.hpp>
#include <signing/log/note.hpp>
#include <signing/storage/file_system.hpp>
#include <signing/timestamp/authority_client.hpp>

namespace kip {

/// Whom somebody who checks evidence believes. Nothing in a bundle can add to it.
/// Format: docs/formats/trust-policy.md
struct TrustPolicy {
  TenantId tenant;
  Bytes root;           ///< of the vendor's officers: root metadata from which the chain is followed
  unsigned quorum = 1;  ///< authorities that must agree on a time; at least 1
  std::vector<tsp::Authority> authorities = {};
  unsigned witness_quorum = 0;  ///< cosignatures that make one history of a log; 0: none are asked for
  std::vector<tlog::NoteKey> witnesses = {};
};

/// Reads a file in TOML with those that it names. Errors: malformed, usage; those of reading.
Result<TrustPolicy> read_trust_policy(FileSystem& files, const std::filesystem::path& path);

}  // namespace kip
