#pragma once

#include <map>
#include <optional>
#include <vector>

#include <manifests/model/event.hpp>
#include <server/domain/install_facts.hpp>
#include <server/domain/unit_of_work.hpp>

namespace kip::server {

/// An obligation whose milestone is `installed`, with what all of its rows need.
struct CountedObligation {
  std::int64_t number = 0;
  Act act;
  Commitment commitment;
  ServingReleases releases;
  std::vector<LegalDate> rises;  ///< the days on which it arose, ascending
};

/// What project_rows() has read of a unit of work's obligations, until an event changes them: a list of customers is
/// taken in by thousands of events.
struct RowCache {
  std::optional<std::vector<ObligationRecord>> all = {};
  std::map<std::int64_t, std::optional<CountedObligation>> counted = {};  ///< by number; none: customers do not count
};

/// Lets the rows and sums of obligations follow an event that the other tables have taken in. Together they are a
/// function of the events, kept so that a board need not look at each customer. Errors: those of the tables.
Result<void> project_rows(const Event& event, Projection& to);
/// The same for a receipt that was recorded. Of several in one event that are about one version, any that installs it
/// or puts it off will do, once the tables have taken in all.
Result<void> project_rows(const Receipt& receipt, Projection& to);

/// What a row counts as under its obligation, from the other tables. Errors: internal where the obligation's act or
/// commitment is missing; those of the tables.
Result<std::vector<RowRecord>> rows_of(const ObligationRecord& obligation, Projection& from);

/// The sums of rows.
Tally sum_of(const std::vector<RowRecord>& rows);

/// Obligations whose kept rows or sums are not what the other tables say; empty where all is right. For a check by
/// operators: it looks at every customer of every obligation.
Result<std::vector<std::int64_t>> find_wrong_rows(Projection& from);

}  // namespace kip::server
