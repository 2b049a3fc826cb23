#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <manifests/model/package_manifest.hpp>
#include <signing/evidence/case_file.hpp>
#include <signing/evidence/evidence_words.hpp>
#include <signing/evidence/seen_heads.hpp>

namespace kip {

/// One thing that was looked at.
struct EvidenceStep {
  std::string name;  ///< "the officers' keys"
  bool holds = false;
  std::string detail;  ///< what was found, for people
};

/// What is so of a bundle, to whoever believes a policy and nobody else.
struct EvidenceReport {
  std::vector<EvidenceStep> steps = {};  ///< up to the first on which the others rest that does not hold
  std::vector<std::string> believed;     ///< names of the authorities of the policy
  std::optional<EvidenceIndex> index = {};
  std::optional<LogKeys> keys = {};  ///< that the officers have authorised
  std::vector<SeenStamp> stamps = {};
  std::vector<WrongClaim> wrong_claims = {};
  std::vector<ObligationCase> cases = {};
  std::vector<NamedJudgement> judgements = {};
  std::vector<NotProven> not_proven = {};
  std::shared_ptr<const InstallBook> installs = {};       ///< null where the bundle could not be judged
  tlog::Note head = {};                                   ///< the newest checkpoint of O
  std::optional<KeptHeads> kept_heads = {};               ///< where heads that installs have kept were compared
  std::vector<std::string> witnesses = {};                ///< that have signed a head of O, of those in the policy
  std::map<Sha256Digest, PackageManifest> packages = {};  ///< by their identity

  /// Whether everything that was looked at holds.
  bool holds() const;
};

/// What a report says, for people: each step, each judgement with its bounds, and what is not proven.
std::vector<std::string> report_lines(const EvidenceReport& report);

/// The same for machines. Format: docs/formats/evidence.md, "kip.evidence-report/1".
json::Value to_json(const EvidenceReport& report);

}  // namespace kip
