#include <algorithm>

#include <fmt/format.h>

#include <signing/evidence/witness_check.hpp>

namespace kip {
namespace {

struct Head {
  tlog::TreeHead head;
  std::vector<std::size_t> witnesses;  ///< by their places in the policy
};

/// Checkpoints of that life that witnesses of the policy have signed. What cannot be read says nothing.
std::vector<Head> signed_heads(const EvidenceFiles& files, const LoggedSpan& span, const TrustPolicy& policy) {
  std::vector<Head> out;
  const auto take = [&](BytesView bytes) {
    const auto note = tlog::Note::parse(bytes);
    if (!note) return;
    const auto checkpoint = tlog::Checkpoint::parse(note->text);
    const auto signers = tlog::verify_note(*note, policy.witnesses);
    if (!checkpoint || !signers || checkpoint->origin != span.life.origin || checkpoint->head.size == 0) return;
    Head found{checkpoint->head, {}};
    for (const tlog::Endorsement& one : *signers)
      found.witnesses.push_back(one.key);
    out.push_back(std::move(found));
  };
  const auto newest = files.find(log_path(span.life) + "/checkpoint");
  if (newest != files.end()) take(newest->second);
  const std::string folder = cosigned_folder(span.life);
  for (auto file = files.lower_bound(folder); file != files.end() && file->first.starts_with(folder); ++file)
    take(file->second);
  return out;
}

}  // namespace

std::string cosigned_folder(const LogLife& life) {
  return log_path(life) + "/cosigned/";
}

std::string cosigned_path(const LogLife& life, std::uint64_t size) {
  return fmt::format("{}{:08}", cosigned_folder(life), size);
}

std::map<std::uint64_t, Sha256Digest> roots_of_life(const EvidenceFiles& files, const LoggedSpan& span,
                                                    const std::set<std::uint64_t>& sizes) {
  std::map<std::uint64_t, Sha256Digest> out;
  tlog::Frontier frontier;
  for (const std::uint64_t size : sizes) {
    if (size > span.size) break;
    for (std::uint64_t index = frontier.size(); index < size; ++index) {
      const auto entry = files.find(entry_path(span.life, index));
      if (entry == files.end()) return out;
      frontier.append(tlog::leaf_hash(entry->second));
    }
    out.emplace(size, frontier.root());
  }
  return out;
}

WitnessFinding look_at_witnesses(const EvidenceFiles& files, const LoggedSpan& newest, const TrustPolicy& policy) {
  const std::vector<Head> heads = signed_heads(files, newest, policy);
  std::set<std::uint64_t> sizes;
  for (const Head& head : heads)
    sizes.insert(head.head.size);
  const auto roots = roots_of_life(files, newest, sizes);
  WitnessFinding out;
  out.total = newest.size;
  std::map<std::size_t, std::uint64_t> seen;  // of each witness the most
  for (const Head& head : heads) {
    const auto root = roots.find(head.head.size);
    for (const std::size_t witness : head.witnesses) {
      if (root == roots.end() || root->second != head.head.root) {
        out.contradiction = fmt::format("{} has signed {} entries of {} that are not those of this bundle",
                                        policy.witnesses.at(witness).name(), head.head.size, newest.life.origin);
        continue;
      }
      std::uint64_t& most = seen[witness];
      most = std::max(most, head.head.size);
    }
  }
  std::vector<std::uint64_t> most;
  for (const auto& [witness, size] : seen) {
    out.names.push_back(policy.witnesses.at(witness).name());
    most.push_back(size);
  }
  std::sort(most.rbegin(), most.rend());
  if (policy.witness_quorum > 0 && most.size() >= policy.witness_quorum) out.covered = most[policy.witness_quorum - 1];
  return out;
}

}  // namespace kip
