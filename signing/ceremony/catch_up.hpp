#pragma once

#include <string>
#include <vector>

#include <signing/ceremony/repository_folder.hpp>

namespace kip {

/// What came of taking over what is published, by role.
struct CaughtUp {
  std::vector<std::string> taken = {};     ///< of which a later version was published than the folder knew
  std::vector<std::string> settled = {};   ///< whose staged content is what is published: it is staged no more
  std::vector<std::string> restaged = {};  ///< whose number was given away meanwhile: staged anew, without signatures
};

/// Takes over what a server has published. `published` is unverified: it must follow by signatures from the root that
/// the folder knows. Expiry does not count, for whoever renews needs the newest version all the more. Nothing changes
/// on errors, which are: those of tuf::accept(); rollback where the folder knows later versions; conflict where what is
/// staged lacks something that was published since the version that it was made from, or the repository is another one.
Result<CaughtUp> catch_up(RepositoryFolder& folder, const tuf::Publication& published, Instant now);

/// What the folder knows as published, signatures included, and the server no longer does, since it was restored from a
/// backup; empty where it has all. Errors: conflict where a version of root in between is missing from the folder.
Result<tuf::Publication> lost_by(const RepositoryFolder& folder, const tuf::Publication& published);

/// Takes back what is staged, with the signatures on it; returns its roles. Errors: conflict where nothing was
/// published yet, for then what is staged is the repository itself.
Result<std::vector<std::string>> unstage(RepositoryFolder& folder);

}  // namespace kip
