#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include <server/domain/board.hpp>

namespace kip::server {

/// Which obligations are asked for; what is absent lets all through. A value.
struct ObligationFilter {
  std::set<ObligationState> states = {};  ///< empty: any
  std::optional<ActKey> act = {};
  std::optional<CommitmentId> commitment = {};
  std::optional<ProductId> product = {};
  std::optional<LegalDate> due_from = {};  ///< first and last of the last days, in the place of the calendar
  std::optional<LegalDate> due_to = {};

  /// Parameters "state" (several with commas), "act", "commitment", "product", "due_from" and "due_to". Errors: usage
  /// for another name; malformed for a value, naming its parameter.
  static Result<ObligationFilter> parse(const std::map<std::string, std::string, std::less<>>& parameters);

  /// What can be said without judging it.
  bool may_pass(const ObligationRecord& record) const;
  bool passes(const BoardEntry& entry) const;
};

}  // namespace kip::server
