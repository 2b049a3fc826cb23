#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <manifests/model/receipt.hpp>
#include <manifests/rollout/rollout.hpp>

namespace kip::server {

/// What is rolled out of a product, as it was recorded last.
struct RolloutRecord {
  Rollout rollout;
  Instant since;         ///< when this version began or was resumed: what came before says nothing about it
  std::string by;        ///< who changed it last, as authenticated
  Instant changed = {};  ///< when that was: since when it is paused, where it is

  bool operator==(const RolloutRecord&) const = default;
};

/// How far one install has come with one version, by its own words.
struct ProgressRecord {
  ProductId product;
  Version version;
  InstallId install;
  InstallState state = InstallState::offered;
  Instant at;                             ///< when the word was recorded
  std::optional<Instant> failed_at = {};  ///< the last failure, unless it came right after that

  bool is_done() const;
  bool is_under_way() const;  ///< begun, and nothing came of it yet
  bool operator==(const ProgressRecord&) const = default;
};

/// "failed", "rejected", "rolled_back" and "held" speak against a version.
bool speaks_against(InstallState state);

using ProposalId = Ulid<struct ProposalTag>;

enum class ProposalState {
  waiting,    ///< for another person
  approved,   ///< by one, and not published yet
  published,  ///< done
  declined,
  withdrawn,  ///< by whom it was made
};

std::string_view to_string(ProposalState state);
/// Errors: malformed.
Result<ProposalState> parse_proposal_state(std::string_view text);

/// A release that a publication makes public, or whose terms it changes.
struct ProposedRelease {
  ProductId product;
  Version version;
  bool is_new = true;

  bool operator==(const ProposedRelease&) const = default;
};

/// What one person has handed in and another one has to approve. It never changes: who wants it otherwise makes
/// another.
struct Proposal {
  ProposalId id;
  std::string made_by = {};
  Instant made_at = {};
  std::string reason = {};                   ///< in the words of whom it was made by; may be empty
  std::optional<Sha256Digest> content = {};  ///< of what officers signed, as it was uploaded; none where nothing was
  std::vector<ProposedRelease> releases = {};
  std::vector<Rollout> rollouts = {};    ///< as they are to be
  std::vector<Rollout> instead_of = {};  ///< of these products, as they were then
  ProposalState state = ProposalState::waiting;
  std::string decided_by = {};
  std::optional<Instant> decided_at = {};
  std::string decision_reason = {};

  bool is_open() const { return state == ProposalState::waiting || state == ProposalState::approved; }
  bool operator==(const Proposal&) const = default;
};

json::Value to_json(const Proposal& proposal);
/// Errors: malformed.
Result<Proposal> read_proposal(const json::Value& value);

struct ProposalDecision {
  ProposalId proposal;
  ProposalState state = ProposalState::approved;
  std::string reason = {};
};

/// The labels by which the vendor counts an install in a rollout from now on.
struct InstallLabels {
  InstallId install;
  Labels labels;
};

/// The bodies of "proposal.made", "proposal.decided" and "install.labelled". Every reader's error is malformed.
json::Value proposal_made_body(const Proposal& proposal);
/// `made_by` and `made_at` are the event's.
Result<Proposal> read_proposal_made(const json::Value& body, std::string made_by, Instant made_at);
json::Value proposal_decided_body(const ProposalDecision& decision);
Result<ProposalDecision> read_proposal_decided(const json::Value& body);
json::Value install_labelled_body(const InstallLabels& labels);
Result<InstallLabels> read_install_labelled(const json::Value& body);

using ProgressKey = std::tuple<ProductId, std::string, InstallId>;  ///< product, version, install

inline ProductId key_of(const RolloutRecord& rollout) {
  return rollout.rollout.product;
}
inline ProgressKey key_of(const ProgressRecord& progress) {
  return {progress.product, progress.version.str(), progress.install};
}
inline ProposalId key_of(const Proposal& proposal) {
  return proposal.id;
}

}  // namespace kip::server
