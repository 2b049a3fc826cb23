#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <manifests/model/act.hpp>
#include <manifests/model/circumstances.hpp>
#include <manifests/model/commitment.hpp>
#include <manifests/model/customer_row.hpp>

namespace kip::server {

struct ObligationRecord {
  std::int64_t number = 0;  ///< from 1 without gaps
  ActKey act;
  CommitmentId commitment;
  Circumstances circumstances = {};

  bool operator==(const ObligationRecord&) const = default;
};

/// One customer under one obligation whose milestone is `installed`, in numbers: what of a CustomerRow is counted.
struct RowRecord {
  std::int64_t number = 0;
  TaxCode customer;
  Applicability applicability = Applicability::applicable;
  std::int64_t installed = 0;
  std::int64_t seats = 0;
  std::int64_t never_enrolled = 0;
  std::optional<Instant> completed_at = {};
  std::optional<Instant> deferred_at = {};

  bool counts() const {
    return applicability == Applicability::applicable || applicability == Applicability::unknown_attribute;
  }
  bool operator==(const RowRecord&) const = default;
};

/// The sums of an obligation's rows; `late`, `delayed` and `last_completed` are none of them and stay empty.
struct TallyRecord {
  std::int64_t number = 0;
  Tally tally = {};

  bool operator==(const TallyRecord&) const = default;
};

using RowKey = std::pair<std::int64_t, TaxCode>;  ///< obligation, customer

inline RowKey key_of(const RowRecord& row) {
  return {row.number, row.customer};
}
inline std::int64_t key_of(const TallyRecord& tally) {
  return tally.number;
}
inline std::int64_t key_of(const ObligationRecord& obligation) {
  return obligation.number;
}

}  // namespace kip::server
