#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <manifests/deadline/calendar_book.hpp>
#include <manifests/evidence/history_text.hpp>
#include <manifests/model/customer_row.hpp>
#include <manifests/model/evidence_index.hpp>
#include <signing/evidence/install_book.hpp>
#include <signing/evidence/proven_time.hpp>
#include <signing/evidence/vendor_book.hpp>

namespace kip {

/// One customer under an obligation; the rest of its history is that of the obligation.
struct CustomerCase {
  Customer customer;
  CustomerRow row;  ///< whether the obligation concerns it
  std::vector<RolloutSpan> rollout = {};
  std::vector<InstallHistory> installs = {};
};

/// One obligation, ready to be judged.
struct ObligationCase {
  LoggedObligation obligation;
  Act act;
  Commitment commitment;
  std::optional<Deadline> deadline = {};     ///< also where it does not hold, so that people see it
  std::string no_due = {};                   ///< why no limit is certain: a code; empty where it is
  std::optional<ActHistory> said = {};       ///< what people have said of the act
  std::vector<LegalDate> rises = {};         ///< the days on which it arose, ascending
  LegalDate start = {};                      ///< from which its clock runs, where it has one
  std::vector<LoggedRelease> releases = {};  ///< that serve it
  ObligationHistory history = {};
  std::vector<CustomerCase> customers = {};
};

/// All that the cases are made of. All must outlive the call.
struct CaseSources {
  const EvidenceIndex& index;
  const VendorBook& vendor;
  const InstallBook& installs;
  const PrivateLog& private_log;
  const std::vector<SeenStamp>& stamps;
  unsigned quorum = 1;
  const CalendarBook& calendars;
  const ZoneDatabase& zones;
  Instant now;
};

/// The cases that the index asks for. Limits are computed anew, by the calendars that are given here. Pure.
/// Errors: not_found for an obligation that was never opened, or a calendar; those of the deadline.
Result<std::vector<ObligationCase>> make_cases(const CaseSources& from);

/// "7/0101234567"
std::string history_name(const ObligationCase& one, const CustomerCase& customer);
/// As it is judged: "7" for the obligation, "7/0101234567" for each customer whom it concerns.
void for_each_history(const ObligationCase& one, const std::function<void(const NamedHistory&)>& take);

/// What a bundle claims of these cases: their histories as text, and the judgements.
Bytes history_text_of(const std::vector<ObligationCase>& cases);
std::vector<NamedJudgement> judgements_of(const std::vector<ObligationCase>& cases);

}  // namespace kip
