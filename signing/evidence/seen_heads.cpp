#include <map>
#include <set>

#include <fmt/format.h>

#include <signing/evidence/seen_heads.hpp>
#include <signing/evidence/witness_check.hpp>

namespace kip {
namespace {

/// Of each life of O in a bundle the roots at the sizes that somebody names.
class NamedRoots {
 public:
  NamedRoots(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs,
             const std::map<std::string, std::set<std::uint64_t>>& sizes) {
    for (const LoggedSpan& span : logs) {
      if (span.life.log != LogName::o) continue;
      const auto named = sizes.find(span.life.origin);
      lives_[span.life.origin] = {span.size,
                                  named == sizes.end() ? Roots() : roots_of_life(files, span, named->second)};
    }
  }

  bool has(const std::string& origin) const { return lives_.contains(origin); }
  std::uint64_t size(const std::string& origin) const { return lives_.at(origin).size; }
  bool is_beginning(const std::string& origin, const tlog::TreeHead& head) const {
    const Roots& roots = lives_.at(origin).roots;
    const auto root = roots.find(head.size);
    return root != roots.end() && root->second == head.root;
  }

 private:
  using Roots = std::map<std::uint64_t, Sha256Digest>;
  struct Life {
    std::uint64_t size = 0;
    Roots roots = {};
  };
  std::map<std::string, Life> lives_;
};

/// A note that an authorised key of the log has signed.
struct SignedHead {
  const LogHeads* file;
  tlog::Checkpoint checkpoint;
};

}  // namespace

SeenHeads compare_seen_heads(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs,
                             const InstallBook& installs, const OpenLog& open) {
  std::map<std::string, std::set<std::uint64_t>> sizes;
  for (const auto& [id, install] : installs.installs()) {
    for (const LoggedReceipt& one : install.receipts) {
      const auto& seen = one.receipt.seen;
      if (seen) sizes[seen->origin].insert(static_cast<std::uint64_t>(seen->size));
    }
  }
  const NamedRoots roots(files, logs, sizes);
  SeenHeads out;
  for (const auto& [id, install] : installs.installs()) {
    for (const LoggedReceipt& one : install.receipts) {
      const auto& seen = one.receipt.seen;
      if (!seen) continue;
      if (!roots.has(seen->origin)) {
        ++out.elsewhere;
      } else if (roots.is_beginning(seen->origin, {static_cast<std::uint64_t>(seen->size), seen->root})) {
        ++out.agree;
      } else if (open.lost().contains(seen->origin) &&
                 static_cast<std::uint64_t>(seen->size) > roots.size(seen->origin)) {
        ++out.lost;
      } else if (++out.disagree == 1) {
        out.disagreeing =
            fmt::format("the install {} says in receipt {} that it saw {} entries of {} that are not those", id.str(),
                        one.receipt.sequence, seen->size, seen->origin);
      }
    }
  }
  return out;
}

std::string find_own_fork(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs, const LogKeys& keys) {
  std::map<std::string, std::set<std::uint64_t>> sizes;
  std::vector<tlog::Checkpoint> heads;
  for (const LoggedSpan& span : logs) {
    const LogAuthority* authority = keys.find(span.life.origin);
    if (span.life.log != LogName::o || authority == nullptr) continue;
    const std::string folder = cosigned_folder(span.life);
    for (auto file = files.lower_bound(folder); file != files.end() && file->first.starts_with(folder); ++file) {
      const auto note = tlog::Note::parse(file->second);
      auto head = note ? open_by_any(*note, *authority) : Result<tlog::Checkpoint>(Unexpected(note.error()));
      if (!head || head->origin != span.life.origin || head->head.size > span.size) continue;
      sizes[head->origin].insert(head->head.size);
      heads.push_back(*std::move(head));
    }
  }
  const NamedRoots roots(files, logs, sizes);
  for (const tlog::Checkpoint& one : heads) {
    if (!roots.is_beginning(one.origin, one.head))
      return fmt::format("the log has signed another tree of the first {} entries of {}: two histories were shown",
                         one.head.size, one.origin);
  }
  return "";
}

KeptHeads compare_kept_heads(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs, const LogKeys& keys,
                             const std::vector<LogHeads>& kept) {
  KeptHeads out;
  std::vector<SignedHead> heads;
  std::map<std::string, std::set<std::uint64_t>> sizes;
  const auto take = [&](const LogHeads& file, const std::string& origin, BytesView bytes) {
    const auto note = tlog::Note::parse(bytes);
    const LogAuthority* authority = keys.find(origin);
    auto checkpoint = note && authority ? open_by_any(*note, *authority)
                                        : Result<tlog::Checkpoint>(fail(ErrorCode::signature, "nobody's"));
    if (!checkpoint) {
      ++out.not_signed;
      return;
    }
    sizes[checkpoint->origin].insert(checkpoint->head.size);
    heads.push_back({&file, *std::move(checkpoint)});
  };
  for (const LogHeads& file : kept) {
    for (const KeptHead& one : file.heads)
      take(file, one.head.origin, one.note);
    for (const LogConflict& one : file.conflicts) {
      take(file, one.origin, one.earlier);
      take(file, one.origin, one.later);
    }
  }
  const NamedRoots roots(files, logs, sizes);
  for (const SignedHead& one : heads) {
    const std::string& origin = one.checkpoint.origin;
    const tlog::TreeHead& head = one.checkpoint.head;
    if (!roots.has(origin)) {
      ++out.not_signed;
    } else if (head.size > roots.size(origin)) {
      ++out.newer;
    } else if (roots.is_beginning(origin, head)) {
      ++out.agree;
    } else if (out.contradiction.empty()) {
      out.contradiction = fmt::format(
          "the install {} was shown {} entries of {}, signed by the log, that are not those of this bundle: there are "
          "two histories",
          one.file->install.str(), head.size, origin);
    }
  }
  return out;
}

}  // namespace kip
