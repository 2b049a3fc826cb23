#pragma once

#include <string>
#include <vector>

#include <signing/ceremony/signing_state.hpp>

namespace kip {

// For signers whose machine has no network: what is to be signed travels to them and their signatures travel back, on
// a stick or by any other way that need not be trusted.

/// Makes a folder with all that a signer needs to see and sign what is staged: metadata, staged documents, the packages
/// that are new in them and those before these. It is itself a repository folder for kip sign. Errors: conflict where
/// there is one already; not_found where nothing is staged.
Result<void> export_staged(FileSystem& files, const RepositoryFolder& folder, const std::filesystem::path& to);

/// Adds the signatures that officers made elsewhere to what is staged here; returns "NAME on ROLE" for each that is
/// new. Signatures that are not valid, or not by an officer of the role, are left behind. Errors: usage where it is
/// another tenant's; conflict where what was signed is not what is staged here, and then nothing is added.
Result<std::vector<std::string>> import_signatures(RepositoryFolder& folder, const RepositoryFolder& from);

}  // namespace kip
