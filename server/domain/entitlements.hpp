#pragma once

#include <optional>
#include <vector>

#include <manifests/model/entitlement.hpp>
#include <server/domain/board.hpp>

namespace kip::server {

/// Which customers to look at; what is absent lets all through.
struct EntitlementFilter {
  std::optional<TaxCode> tax_code = {};
  std::optional<ProductId> product = {};
  bool only_ending = false;  ///< within 60 days
};

struct CustomerEntitlement {
  Customer customer;
  EntitlementView view;
};

/// What customers are entitled to on a day, ascending by tax code and product; where only ending ones are asked for, by
/// their last day. Days of publication are local ones, by the calendar of Việt Nam where acts are of no other country.
/// Errors: those of the tables.
Result<std::vector<CustomerEntitlement>> find_entitlements(Projection& from, const Board& board,
                                                           const EntitlementFilter& filter, LegalDate on);

}  // namespace kip::server
