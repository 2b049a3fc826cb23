#pragma once

#include <string>
#include <vector>

#include <manifests/model/log_heads.hpp>
#include <signing/evidence/install_book.hpp>
#include <signing/evidence/log_keys.hpp>
#include <signing/evidence/open_log.hpp>

namespace kip {

/// How the heads of O that receipts name stand to the entries of O in a bundle. A receipt says what its install saw by
/// the install's signature alone: the log's own signature under that head is with the install.
struct SeenHeads {
  std::size_t agree = 0;      ///< receipts whose head is a beginning of the log
  std::size_t elsewhere = 0;  ///< that name a log which the bundle does not have
  std::size_t lost = 0;       ///< whose head is beyond the end of a life that has lost entries there
  std::size_t disagree = 0;   ///< whose head is no beginning of it
  std::string disagreeing;    ///< the first of these, for people
};

/// Pure.
SeenHeads compare_seen_heads(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs,
                             const InstallBook& installs, const OpenLog& open);

/// The first head of O in a bundle that the log itself has signed, whoever else has, and that is no beginning of its
/// entries, for people; empty where there is none. Pure.
std::string find_own_fork(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs, const LogKeys& keys);

/// How the heads that installs have kept, as the log has signed them, stand to the entries of O in a bundle.
struct KeptHeads {
  std::size_t agree = 0;       ///< signed heads that are a beginning of the log
  std::size_t newer = 0;       ///< of more entries than the bundle has: it says nothing of them
  std::size_t not_signed = 0;  ///< that no authorised key of a log in the bundle has signed
  std::string contradiction;   ///< the first that is no beginning of it; empty where there is none

  bool was_compared() const { return agree + newer > 0 || !contradiction.empty(); }
};

/// Pure.
KeptHeads compare_kept_heads(const EvidenceFiles& files, const std::vector<LoggedSpan>& logs, const LogKeys& keys,
                             const std::vector<LogHeads>& kept);

}  // namespace kip
