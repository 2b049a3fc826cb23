#pragma once

#include <string>

#include <signing/evidence/install_book.hpp>

namespace kip {

/// The step of a check that is about them.
inline constexpr std::string_view kSeenHeadsStep = "heads that installs saw";

/// How the heads of O that receipts name stand to the entries of O in the bundle.
struct SeenHeads {
  std::size_t agree = 0;      ///< receipts whose head is a beginning of the log
  std::size_t elsewhere = 0;  ///< that name a log which the bundle does not have
  std::string contradiction;  ///< the first that is no beginning of it; empty where there is none
};

/// Compares each. A receipt says what its install saw by the install's signature alone: the log's own signature under
/// that head is with the install (`kip-updater log export`). Pure.
SeenHeads compare_seen_heads(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs,
                             const InstallBook& installs);

}  // namespace kip
