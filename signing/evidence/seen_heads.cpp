#include <fmt/format.h>

#include <signing/evidence/seen_heads.hpp>
#include <signing/evidence/witness_check.hpp>

namespace kip {
namespace {

using Roots = std::map<std::uint64_t, Sha256Digest>;

/// Of each life of O in the bundle the roots at the sizes that receipts name, by its origin.
std::map<std::string, Roots> named_roots(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs,
                                         const InstallBook& installs) {
  std::map<std::string, std::set<std::uint64_t>> sizes;
  for (const auto& [id, install] : installs.installs()) {
    for (const LoggedReceipt& one : install.receipts) {
      const auto& seen = one.receipt.seen;
      if (seen) sizes[seen->origin].insert(static_cast<std::uint64_t>(seen->size));
    }
  }
  std::map<std::string, Roots> out;
  for (const LoggedSpan& span : logs) {
    if (span.life.log == LogName::o) out.emplace(span.life.origin, roots_of_life(files, span, sizes[span.life.origin]));
  }
  return out;
}

}  // namespace

SeenHeads compare_seen_heads(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs,
                             const InstallBook& installs) {
  const auto roots = named_roots(files, logs, installs);
  SeenHeads out;
  for (const auto& [id, install] : installs.installs()) {
    for (const LoggedReceipt& one : install.receipts) {
      const auto& seen = one.receipt.seen;
      if (!seen) continue;
      const auto log = roots.find(seen->origin);
      if (log == roots.end()) {
        ++out.elsewhere;
        continue;
      }
      const auto root = log->second.find(static_cast<std::uint64_t>(seen->size));
      if (root != log->second.end() && root->second == seen->root) {
        ++out.agree;
      } else if (out.contradiction.empty()) {
        out.contradiction = fmt::format(
            "the install {} says in receipt {} that it saw {} entries of {} which are not those of this bundle; ask "
            "there for the signed head (kip-updater log export)",
            id.str(), one.receipt.sequence, seen->size, seen->origin);
      }
    }
  }
  return out;
}

}  // namespace kip
