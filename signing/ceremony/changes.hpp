#pragma once

#include <set>
#include <string>
#include <vector>

#include <manifests/model/delta.hpp>
#include <signing/ceremony/signing_state.hpp>

namespace kip {

// What officers may change of a repository. Each call stages the next version of every role that it touches, without
// signatures, and of every role whose published signatures would no longer do; nothing changes for installs before
// officers have signed and published it. All return the roles that are staged by it. Errors, besides those named:
// not_found for an unknown product or role; storage.
using StagedRoles = std::vector<std::string>;

/// How the names of hash bins begin.
inline constexpr std::string_view kBinRole = "bin-";

/// A delta to be listed, with the file that holds it.
struct DeltaFile {
  DeltaSubject subject;
  std::filesystem::path file;
};

/// Adds a release to its product's role, and deltas to it. Nothing is staged where it is listed just so already.
/// Errors: conflict where the version is listed with other bytes; as add_deltas().
Result<StagedRoles> add_release(RepositoryFolder& folder, const Release& release, const std::filesystem::path& package,
                                Instant now, const std::vector<DeltaFile>& deltas = {});

/// Adds deltas between releases that are listed. Each is applied first. Errors: usage where it leads from or to what is
/// not listed; conflict where another one is listed for it; integrity where it does not make the release.
Result<StagedRoles> add_deltas(RepositoryFolder& folder, const std::vector<DeltaFile>& deltas, Instant now);

/// A further product: a role of its own, by the keys and threshold of targets. Errors: conflict where it exists.
Result<StagedRoles> add_product(RepositoryFolder& folder, const ProductId& product, Instant now);

/// Hash bins for every path that no product and no rollout claims: `count` roles by the keys and threshold of targets.
/// Errors: usage unless the count is a power of two from 2 to 4096; conflict where there are bins already.
Result<StagedRoles> add_bins(RepositoryFolder& folder, int count, Instant now);

/// Lists a file that is no release, in the bin that its path belongs to; what had the path before is replaced.
/// Errors: usage where the path belongs to no bin.
Result<StagedRoles> add_file(RepositoryFolder& folder, const std::string& path, const std::filesystem::path& file,
                             Instant now);

struct KeyChange {
  std::set<std::string> roles;      ///< offline roles; empty means all of them
  std::vector<PublicKeyFile> add;   ///< officers who may sign from now on
  std::vector<std::string> remove;  ///< ids of the keys that may not any more
  std::optional<std::int64_t> threshold;
};

/// Errors: usage where a threshold could not be met any more, a key is there already, or a key to be removed is not.
Result<StagedRoles> change_keys(RepositoryFolder& folder, const KeyChange& change, Instant now);

/// Puts a server's keys in the place of the ones before; those of its logs come beside them. Errors: usage where they
/// are of another tenant.
Result<StagedRoles> replace_online_keys(RepositoryFolder& folder, const OnlineKeys& keys, Instant now);

/// Stages every offline role that expires before that instant anew, with nothing but version and expiry changed.
Result<StagedRoles> renew(RepositoryFolder& folder, Instant before, Instant now);

}  // namespace kip
