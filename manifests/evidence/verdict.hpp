#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/instant.hpp>

/// Whether a limit was kept, by what the logs and the time stamps prove and by nothing else. Pure: every fact was
/// verified before it comes here. Rules: docs/formats/verdict.md.
namespace kip {

enum class Verdict {
  met,            ///< proven to be before the limit
  late,           ///< proven not to be before it
  disputed,       ///< both are proven, or two statements of the same witness contradict each other
  indeterminate,  ///< neither is proven; never counted as kept
};

std::string_view to_string(Verdict verdict);

/// A time stamp over a checkpoint of O.
struct Stamp {
  std::string authority;                       ///< two by one authority count once
  Instant not_before;                          ///< its time less its accuracy
  Instant not_after;                           ///< its time and its accuracy
  std::uint64_t covers = 0;                    ///< entries of O under the checkpoint
  std::optional<std::uint64_t> recorded = {};  ///< place of its own entry in O
  bool independent = true;                     ///< no development authority
};

/// A head of R that stands in O: from there on O's stamps cover the entries of R under it.
struct PrivateHead {
  std::uint64_t place = 0;   ///< in O
  std::uint64_t covers = 0;  ///< entries of R
};

/// When a rollout was open to a customer, by places in O.
struct RolloutSpan {
  std::uint64_t opened = 0;
  std::optional<std::uint64_t> closed = {};
};

/// The word of an install that it has what an obligation asks for.
struct InstalledWord {
  std::uint64_t place = 0;            ///< in R
  bool first = true;                  ///< "installed"; else that it was there already, which proves no lateness
  bool after_gap = false;             ///< words before it have not come, so that it may not be the first
  Instant claimed;                    ///< by the install's own clock
  std::optional<Instant> basis = {};  ///< not_before of the stamp that it names: it was made after that
};

struct InstallHistory {
  std::string install;
  bool contradicted = false;                  ///< it said two things under one number: a copy, or a stolen key
  std::vector<InstalledWord> words = {};      ///< in the order in which it made them
  std::optional<std::uint64_t> retired = {};  ///< place in R
  bool retirement_signed = false;             ///< by the customer
  std::optional<Instant> attested = {};       ///< by a technician's signed minutes, a weaker kind of word
};

/// All that bears on one obligation, and on one customer of it where it is about one.
struct ObligationHistory {
  std::optional<Instant> due = {};  ///< none while its dates are disputed or missing
  unsigned quorum = 1;              ///< authorities that must agree; at least 1
  std::vector<Stamp> stamps = {};
  std::vector<PrivateHead> heads = {};
  std::uint64_t opened = 0;  ///< place in O of its opening
  /// Places in O of the releases that serve it, per part of the act; one list where it is a whole.
  std::vector<std::vector<std::uint64_t>> published = {};
  std::vector<RolloutSpan> rollout = {};
  std::vector<InstallHistory> installs = {};
};

/// Why; the words are in docs/formats/verdict.md.
enum class Finding {
  no_due,             ///< the limit itself is not certain
  proven_before,      ///< enough stamps say that it existed before the limit
  proven_after,       ///< it came after a stamp that is not before the limit
  not_stamped,        ///< too few stamps cover it
  stamped_after,      ///< enough stamps cover it, but not before the limit, and nothing proves that it came later
  not_published,      ///< no release serves it, or one of its parts
  not_open,           ///< the rollout was not open to the customer, or not any more
  not_received,       ///< the install has said nothing of it
  claimed_in_time,    ///< by its own clock it was in time, which proves nothing
  attested_in_time,   ///< by a technician's signed minutes
  contradicted,       ///< the install contradicts itself
  development_stamp,  ///< it rests on a development authority, which is not independent
  no_installs,        ///< nobody counts
};

std::string_view to_string(Finding finding);

struct Judgement {
  Verdict verdict = Verdict::indeterminate;
  std::optional<Instant> not_before = {};  ///< proven: it did not happen before
  std::optional<Instant> not_after = {};   ///< proven: it had happened by then
  std::vector<Finding> findings = {};      ///< ascending, each once

  bool operator==(const Judgement&) const = default;
};

/// The release that serves the obligation stood in O.
Judgement judge_published(const ObligationHistory& history);
/// And its rollout was open to the customer at the limit.
Judgement judge_published_to_customer(const ObligationHistory& history);
/// One install had it.
Judgement judge_installed(const ObligationHistory& history, const InstallHistory& install);
/// Every install that counts had it. One that was retired after the obligation was opened counts unless the customer
/// has signed its retirement.
Judgement judge_all_installed(const ObligationHistory& history);
bool counts(const ObligationHistory& history, const InstallHistory& install);

}  // namespace kip
