#pragma once

#include <string>
#include <vector>

#include <signing/ceremony/repository_folder.hpp>

namespace kip {

/// Keys and threshold by which a role is judged.
struct Authority {
  tuf::KeyMap keys;
  tuf::Role role;
};

/// Who has signed a staged document and who may still.
struct SigningState {
  std::string role;
  std::vector<std::string> signed_by;  ///< names of officers
  std::vector<std::string> missing;    ///< of those who may sign
  std::int64_t threshold = 0;
  bool complete = false;
};

/// By the newest root or delegation; for root itself those of the published version, too. Errors: not_found.
Result<std::vector<Authority>> authorities(const RepositoryFolder& folder, std::string_view role);

/// Whether the key may sign the role.
Result<bool> may_sign(const RepositoryFolder& folder, std::string_view role, const std::string& key_id);

/// The state of each staged role.
Result<std::vector<SigningState>> signing_states(const RepositoryFolder& folder);

/// Adds a signature over `shown`, the canonical bytes that the signer has seen. Errors: denied where the key may not
/// sign the role; conflict where something else is staged meanwhile; not_found.
Result<void> sign_staged(RepositoryFolder& folder, std::string_view role, BytesView shown, const Signer& signer);

/// The complete staged documents. Errors: signature where one is incomplete, naming who is missing.
Result<tuf::Publication> publication_of(const RepositoryFolder& folder);

}  // namespace kip
