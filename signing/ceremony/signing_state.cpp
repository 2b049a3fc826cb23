#include <algorithm>

#include <fmt/format.h>

#include <signing/ceremony/signing_state.hpp>

namespace kip {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

Result<Authority> authority_of_root(const tuf::Document& document, std::string_view role) {
  KIP_TRY(tuf::Root root, tuf::read_root(document.body));
  tuf::Role found = root.role(role);
  return Authority{std::move(root.keys), std::move(found)};
}

Result<SigningState> state_of(const RepositoryFolder& folder, const std::string& role, const tuf::Document& document) {
  KIP_TRY(const std::vector<Authority> all, authorities(folder, role));
  SigningState state;
  state.role = role;
  state.complete = true;
  for (const Authority& authority : all) {
    const tuf::SignatureCount count = count_signatures(document, authority.keys, authority.role);
    state.complete = state.complete && count.enough();
    state.threshold = std::max(state.threshold, count.threshold);
    for (const std::string& id : authority.role.key_ids) {
      std::vector<std::string>& list = contains(count.valid_key_ids, id) ? state.signed_by : state.missing;
      if (!contains(list, folder.officer_name(id))) list.push_back(folder.officer_name(id));
    }
  }
  return state;
}

}  // namespace

Result<std::vector<Authority>> authorities(const RepositoryFolder& folder, std::string_view role) {
  std::vector<Authority> out;
  if (role == tuf::kRoot || role == tuf::kTargets) {
    KIP_TRY(const tuf::Document root, folder.newest(tuf::kRoot));
    KIP_TRY(Authority newest, authority_of_root(root, role));
    out.push_back(std::move(newest));
    if (role == tuf::kTargets) return out;
    KIP_TRY(const std::optional<tuf::Document> live, folder.published(tuf::kRoot));
    if (!live) return out;
    KIP_TRY(Authority before, authority_of_root(*live, role));
    out.push_back(std::move(before));
    return out;
  }
  KIP_TRY(const tuf::Document top, folder.newest(tuf::kTargets));
  KIP_TRY(tuf::Targets targets, tuf::read_targets(top.body));
  const tuf::Role* signers = targets.signers(role);
  if (signers == nullptr) return fail(ErrorCode::not_found, fmt::format("the repository has no role {}", role));
  out.push_back({std::move(targets.delegation_keys), *signers});
  return out;
}

Result<bool> may_sign(const RepositoryFolder& folder, std::string_view role, const std::string& key_id) {
  KIP_TRY(const std::vector<Authority> all, authorities(folder, role));
  return std::any_of(all.begin(), all.end(),
                     [&](const Authority& authority) { return contains(authority.role.key_ids, key_id); });
}

Result<std::vector<SigningState>> signing_states(const RepositoryFolder& folder) {
  std::vector<SigningState> out;
  KIP_TRY(const std::vector<std::string> roles, folder.roles());
  for (const std::string& role : roles) {
    KIP_TRY(const std::optional<tuf::Document> document, folder.staged(role));
    if (!document) continue;
    KIP_TRY(SigningState state, state_of(folder, role, *document));
    out.push_back(std::move(state));
  }
  return out;
}

Result<void> sign_staged(RepositoryFolder& folder, std::string_view role, BytesView shown, const Signer& signer) {
  KIP_TRY(const bool allowed, may_sign(folder, role, signer.key_id));
  if (!allowed) return fail(ErrorCode::denied, fmt::format("this key may not sign {}", role));
  KIP_TRY(std::optional<tuf::Document> document, folder.staged(role));
  if (!document) return fail(ErrorCode::not_found, fmt::format("nothing is staged for {}", role));
  if (document->canonical != shown) {
    return fail(ErrorCode::conflict,
                fmt::format("{} was changed while you looked at it; nothing was signed, look again", role));
  }
  KIP_TRY(Bytes octets, signer.key.sign(shown));
  std::erase_if(document->signatures, [&](const tuf::Signature& s) { return s.key_id == signer.key_id; });
  document->signatures.push_back({signer.key_id, std::move(octets)});
  return folder.stage(role, document->body, document->signatures);
}

Result<tuf::Publication> publication_of(const RepositoryFolder& folder) {
  KIP_TRY(const std::vector<SigningState> states, signing_states(folder));
  tuf::Publication out;
  for (const SigningState& state : states) {
    if (!state.complete) {
      return fail(ErrorCode::signature,
                  fmt::format("{} is signed by {} of {}; still to be asked: {}", state.role, state.signed_by.size(),
                              state.threshold, fmt::join(state.missing, ", ")));
    }
    KIP_TRY(const std::optional<tuf::Document> document, folder.staged(state.role));
    Bytes bytes = tuf::to_bytes(document->body, document->signatures);
    if (state.role == tuf::kRoot) {
      out.roots.push_back(std::move(bytes));
    } else if (state.role == tuf::kTargets) {
      out.targets = std::move(bytes);
    } else {
      out.delegated.emplace(state.role, std::move(bytes));
    }
  }
  return out;
}

}  // namespace kip
