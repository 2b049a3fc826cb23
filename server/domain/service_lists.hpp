#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <server/domain/board.hpp>

namespace kip::server {

/// Which requests for service to look at; what is absent lets all through.
struct ServiceFilter {
  static constexpr std::size_t kMaxPage = 200;

  std::set<ServiceState> states = {};  ///< of one promise at least
  std::optional<ServiceKind> kind = {};
  std::optional<TaxCode> customer = {};
  std::optional<ProductId> product = {};
  std::optional<PromiseId> promise = {};  ///< that covers the request
  std::optional<bool> open = {};          ///< not resolved
  std::size_t offset = 0;
  std::size_t limit = kMaxPage;

  /// "state" (several with commas), "kind", "customer", "product", "promise", "open" (true, false), "offset", "limit"
  /// (1 to kMaxPage). Errors: usage for another name; malformed.
  static Result<ServiceFilter> parse(const std::map<std::string, std::string, std::less<>>& parameters);
};

/// A request as it is judged now.
struct ServiceEntry {
  ServiceCase request;
  std::string customer_name;
  std::string phone;
  ServiceView view;

  /// The next instant before which something promised has to happen; none where nothing is due any more.
  std::optional<Instant> next_due() const;
};

struct ServicePage {
  std::size_t total = 0;  ///< that the filter lets through
  std::vector<ServiceEntry> entries = {};
};

/// By urgency: open ones before resolved ones; among those, customers whom their promise puts first, then what is due
/// soonest, then by grade and number. Resolved ones by number, the latest first.
/// Errors: those of judge_service() and of the tables.
Result<ServicePage> find_requests(Projection& from, const Board& board, const ServiceFilter& filter, Instant now);

/// Nothing where there is no such request. Errors: as above.
Result<std::optional<ServiceEntry>> find_request(Projection& from, const Board& board, std::int64_t number,
                                                 Instant now);

/// One month of a promise of which a share must be in time.
struct PromiseMonth {
  PromiseId promise;
  int share = 100;  ///< per cent
  std::chrono::year_month month;
  MonthShare sums;
};

/// Ascending by promise and month. Errors: as find_requests().
Result<std::vector<PromiseMonth>> find_shares(Projection& from, const Board& board, Instant now);

/// The intervals of one promise about inspections, for one customer.
struct CustomerInspections {
  Customer customer;
  PromiseId promise;
  std::vector<InspectionView> intervals;
};

struct InspectionPage {
  std::size_t total = 0;
  std::vector<CustomerInspections> entries = {};
};

/// Of the customers that `filter` names; its state is that of the last interval, kind, promise and open do not count.
/// Errors: those of judge_inspections() and of the tables.
Result<InspectionPage> find_inspections(Projection& from, const Board& board, const ServiceFilter& filter, Instant now);

}  // namespace kip::server
