#pragma once

#include <vector>

#include <manifests/model/log_heads.hpp>
#include <signing/evidence/evidence_archive.hpp>
#include <signing/evidence/evidence_report.hpp>
#include <signing/evidence/trust_policy.hpp>

namespace kip {

struct EvidencePorts {
  const CalendarBook& calendars;  ///< by which limits are computed anew
  const ZoneDatabase& zones;
  Instant now;  ///< at which expiry is judged
};

/// Everything but what the bundle claims: the same steps by which it is checked, for whoever makes it.
EvidenceReport examine_evidence(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports);

/// Also that the bundle is whole and signed, that its claims and pages are what follows, and that what installs have
/// kept of the log (`kept`) is in it. Needs no network. Pure.
EvidenceReport check_evidence(const EvidenceFiles& files, const TrustPolicy& policy, const EvidencePorts& ports,
                              const std::vector<LogHeads>& kept = {});

}  // namespace kip
