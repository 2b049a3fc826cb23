#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <signing/evidence/evidence_check.hpp>

namespace kip {

/// Page one of a bundle.
inline constexpr std::string_view kSummaryFile = "00-SUMMARY.txt";

/// What a report says, for people: each step, each judgement with its bounds, and what is not proven.
std::vector<std::string> report_lines(const EvidenceReport& report);

/// The same for machines. Format: docs/formats/evidence.md, "kip.evidence-report/1".
json::Value to_json(const EvidenceReport& report);

/// Adds to a bundle what follows from it: its claims, page one, the keys as hints, the shell verifier, and the
/// certificates of a bundle that is about one customer. Errors: those of make_certificate().
Result<void> add_pages(EvidenceFiles& files, const EvidenceReport& report, const CalendarBook& calendars);

/// verify.sh and judge.sh: a reading of the bundle apart from this program.
std::vector<std::pair<std::string_view, std::string_view>> evidence_scripts();

}  // namespace kip
