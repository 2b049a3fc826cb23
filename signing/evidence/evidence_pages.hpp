#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include <signing/evidence/evidence_archive.hpp>
#include <signing/evidence/evidence_report.hpp>

namespace kip {

/// Page one of a bundle.
inline constexpr std::string_view kSummaryFile = "00-SUMMARY.txt";
/// Keys for verify.sh.
inline constexpr std::string_view kHintsFile = "keys.txt";
/// What a bundle says that follows from it, so that anybody can compare.
inline constexpr std::string_view kHistoriesFile = "claims/histories.txt";
inline constexpr std::string_view kJudgementsFile = "claims/judgements.txt";

/// What follows from a bundle, as files of it: its claims, page one, the keys as hints, the scripts, and the
/// certificates of a bundle that is about one customer. Whoever checks a bundle makes them again and compares: their
/// every word belongs to the format kip.evidence/1. Pure. Errors: those of make_certificate().
Result<EvidenceFiles> make_pages(const EvidenceReport& report, const CalendarBook& calendars);

/// verify.sh and judge.sh: a reading of the bundle apart from this program.
std::vector<std::pair<std::string_view, std::string_view>> evidence_scripts();

}  // namespace kip
