#include "draft.hpp"

#include <algorithm>

namespace kip {
namespace {

template <class Role>
json::Value with_header(Role role, const tuf::Header& header) {
  role.header = header;
  return tuf::to_json(role);
}

/// Whether the published version, by the keys that hold now, has signatures enough.
Result<bool> is_signed(const RepositoryFolder& folder, std::string_view role, const tuf::Document& live) {
  KIP_TRY(const std::vector<Authority> all, authorities(folder, role));
  return std::all_of(all.begin(), all.end(), [&](const Authority& authority) {
    return count_signatures(live, authority.keys, authority.role).enough();
  });
}

/// Stages one role where it must be; returns whether it was.
template <class Role>
Result<bool> stage_role(RepositoryFolder& folder, const std::string& role, const Role& body, Instant now, bool forced) {
  KIP_TRY(const std::optional<tuf::Document> staged, folder.staged(role));
  KIP_TRY(const std::optional<tuf::Document> live, folder.published(role));
  const tuf::Document* newest = staged ? &*staged : live ? &*live : nullptr;
  const bool same = newest != nullptr && with_header(body, body.header) == newest->body;
  if (same && !forced) {
    if (staged) return false;
    KIP_TRY(const bool enough, is_signed(folder, role, *live));
    if (enough) return false;
  }
  const tuf::Header next{live ? version_of(*live) + 1 : 1, next_expiry(now)};
  KIP_TRY_VOID(folder.stage(role, with_header(body, next), {}));
  return true;
}

}  // namespace

Result<Draft> Draft::of(const RepositoryFolder& folder) {
  Draft out;
  KIP_TRY(const tuf::Document root, folder.newest(tuf::kRoot));
  KIP_TRY(out.root, tuf::read_root(root.body));
  KIP_TRY(const std::vector<std::string> roles, folder.roles());
  for (const std::string& role : roles) {
    if (role == tuf::kRoot) continue;
    KIP_TRY(const tuf::Document document, folder.newest(role));
    KIP_TRY(tuf::Targets targets, tuf::read_targets(document.body));
    if (role == tuf::kTargets) {
      out.targets = std::move(targets);
    } else {
      out.delegated.emplace(role, std::move(targets));
    }
  }
  return out;
}

Result<std::vector<std::string>> Draft::stage(RepositoryFolder& folder, Instant now,
                                              const std::set<std::string>& also) const {
  std::vector<std::string> out;
  const auto take = [&](const std::string& role, const auto& body) -> Result<void> {
    KIP_TRY(const bool staged, stage_role(folder, role, body, now, also.contains(role)));
    if (staged) out.push_back(role);
    return {};
  };
  // In this order: each is judged by the keys that those before it name.
  KIP_TRY_VOID(take(std::string(tuf::kRoot), root));
  KIP_TRY_VOID(take(std::string(tuf::kTargets), targets));
  for (const tuf::DelegatedRole& delegation : targets.delegations) {
    if (const auto body = delegated.find(delegation.name); body != delegated.end())
      KIP_TRY_VOID(take(delegation.name, body->second));
  }
  return out;
}

}  // namespace kip
