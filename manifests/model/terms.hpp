#pragma once

#include <string>
#include <vector>

#include <manifests/model/commitment.hpp>
#include <manifests/model/customer.hpp>
#include <manifests/model/service_promise.hpp>

namespace kip {

/// A kind of contract that the terms offer: with what its time begins, and how long it lasts.
struct ContractOffer {
  CommitmentId id;
  std::string clause;
  ContractStart start = ContractStart::signing;
  ContractPeriods periods;
  bool by_the_hour = false;  ///< work beyond the periods is charged by the hour

  bool operator==(const ContractOffer&) const = default;
};

/// A promise about how something is done, without act, request or clock.
struct Practice {
  CommitmentId id;
  std::string clause;
  std::string kept_by;  ///< what does it, for people

  bool operator==(const Practice&) const = default;
};

/// All that a vendor promises. Format: docs/formats/service.md, "kip.terms/1".
struct Terms {
  std::string vendor;
  std::string jurisdiction;
  std::vector<Commitment> commitments = {};
  std::vector<ServicePromise> service_promises = {};
  std::vector<ContractOffer> contracts = {};
  std::vector<Practice> practices = {};
  std::vector<std::string> notes = {};

  bool operator==(const Terms&) const = default;
};

/// Each id once in all of it. Errors: malformed, too_large, not_found for an unknown rule.
Result<Terms> parse_terms(BytesView text);
json::Value to_json(const Terms& terms);

}  // namespace kip
