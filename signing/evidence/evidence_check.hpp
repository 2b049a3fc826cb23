#pragma once

#include <map>
#include <string>
#include <vector>

#include <manifests/model/log_heads.hpp>
#include <manifests/model/package_manifest.hpp>
#include <signing/evidence/case_file.hpp>
#include <signing/evidence/evidence_words.hpp>
#include <signing/evidence/trust_policy.hpp>

namespace kip {

/// One thing that was looked at.
struct EvidenceStep {
  std::string name;  ///< "the officers' keys"
  bool holds = false;
  std::string detail;  ///< what was found, for people
};

/// What is so of a bundle, to whoever believes the policy and nobody else.
struct EvidenceReport {
  std::vector<EvidenceStep> steps;  ///< up to the first on which the others rest that does not hold
  std::optional<EvidenceIndex> index = {};
  std::optional<LogKeys> keys = {};  ///< that the officers have authorised
  std::vector<SeenStamp> stamps = {};
  std::vector<WrongClaim> wrong_claims = {};
  std::vector<ObligationCase> cases = {};
  std::vector<NamedJudgement> judgements = {};
  std::vector<NotProven> not_proven = {};
  std::optional<InstallBook> installs = {};
  tlog::Note head = {};                                   ///< the newest checkpoint of O
  std::vector<std::string> witnesses = {};                ///< that have signed a head of O, of those in the policy
  std::map<Sha256Digest, PackageManifest> packages = {};  ///< by their identity

  /// Whether everything that was looked at holds.
  bool holds() const;
};

struct EvidencePorts {
  const CalendarBook& calendars;  ///< by which limits are computed anew
  const ZoneDatabase& zones;
  Instant now;  ///< at which expiry is judged
};

/// What a bundle says that follows from it, so that anybody can compare.
inline constexpr std::string_view kHistoriesFile = "claims/histories.txt";
inline constexpr std::string_view kJudgementsFile = "claims/judgements.txt";

/// Everything but what the bundle claims: the same steps by which it is checked, for whoever makes it.
EvidenceReport examine_evidence(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports);

/// Also that the bundle is whole and signed, that its claims are what follows, and that what installs have kept of the
/// log (`kept`) is in it. Needs no network. Pure.
EvidenceReport check_evidence(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports,
                              const std::vector<LogHeads>& kept = {});

}  // namespace kip
