#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include <server/domain/service_lists.hpp>

namespace kip::server {
namespace {

using Customers = std::map<CustomerKey, std::optional<Customer>>;

Result<std::size_t> parse_count(std::string_view text, std::size_t min, std::size_t max) {
  std::size_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && value >= min && value <= max) return value;
  return fail(ErrorCode::malformed, fmt::format("give a number from {} to {}", min, max));
}

Result<std::set<ServiceState>> parse_states(std::string_view text) {
  std::set<ServiceState> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    KIP_TRY(const ServiceState state, parse_service_state(text.substr(at, end - at)));
    out.insert(state);
    at = end + 1;
  }
  return out;
}

Result<void> take_parameter(ServiceFilter& out, std::string_view name, const std::string& value) {
  constexpr std::size_t kFar = 1'000'000'000;
  if (name == "state") {
    KIP_TRY(out.states, parse_states(value));
  } else if (name == "kind") {
    KIP_TRY(out.kind, parse_service_kind(value));
  } else if (name == "customer") {
    KIP_TRY(out.customer, TaxCode::parse(value));
  } else if (name == "product") {
    KIP_TRY(out.product, ProductId::parse(value));
  } else if (name == "promise") {
    KIP_TRY(out.promise, PromiseId::parse(value));
  } else if (name == "open" && (value == "true" || value == "false")) {
    out.open = value == "true";
  } else if (name == "offset") {
    KIP_TRY(out.offset, parse_count(value, 0, kFar));
  } else if (name == "limit") {
    KIP_TRY(out.limit, parse_count(value, 1, ServiceFilter::kMaxPage));
  } else {
    return fail(ErrorCode::usage,
                "there are the parameters state, kind, customer, product, promise, open=true|false, offset and limit");
  }
  return {};
}

bool may_pass(const ServiceFilter& filter, const ServiceCase& request) {
  const ServiceFacts& facts = request.facts();
  return (!filter.kind || facts.kind == *filter.kind) && (!filter.customer || facts.customer == *filter.customer) &&
         (!filter.product || facts.product == *filter.product) && (!filter.open || request.is_open() == *filter.open);
}

bool passes(const ServiceFilter& filter, const ServiceView& view) {
  if (filter.states.empty() && !filter.promise) return true;
  return std::any_of(view.promises.begin(), view.promises.end(), [&](const PromiseView& one) {
    return (filter.states.empty() || filter.states.contains(one.state)) &&
           (!filter.promise || one.promise == *filter.promise);
  });
}

/// Judges requests by what is promised, reading each customer once.
class Judge {
 public:
  static Result<Judge> create(Projection& from, const Board& board, Instant now) {
    KIP_TRY(auto promises, from.promises.all());
    std::erase_if(promises, [](const ServicePromise& promise) { return promise.about_requests() == nullptr; });
    return Judge(from, board, now, std::move(promises));
  }

  const std::vector<ServicePromise>& promises() const { return promises_; }

  /// Judges by those only of which a share of a month must be in time; whether there is one.
  bool keep_shares() {
    std::erase_if(promises_, [](const ServicePromise& promise) { return !promise.about_requests()->share; });
    return !promises_.empty();
  }

  Result<ServiceEntry> judge(ServiceCase request) {
    const ServiceFacts& facts = request.facts();
    KIP_TRY(const Customer* customer, find_customer({facts.customer, facts.product}));
    KIP_TRY(ServiceView view, judge_service(request, promises_, *customer, now_, board_.calendars(), board_.zones()));
    return ServiceEntry{std::move(request), customer->name, customer->phone, std::move(view)};
  }

 private:
  Judge(Projection& from, const Board& board, Instant now, std::vector<ServicePromise> promises)
      : from_(from), board_(board), now_(now), promises_(std::move(promises)) {}

  Result<const Customer*> find_customer(const CustomerKey& key) {
    auto found = customers_.find(key);
    if (found == customers_.end()) {
      KIP_TRY(auto customer, from_.customers.find(key));
      found = customers_.emplace(key, std::move(customer)).first;
    }
    if (!found->second) return fail(ErrorCode::internal, "a service request without its customer");
    return &*found->second;
  }

  Projection& from_;
  const Board& board_;
  Instant now_;
  std::vector<ServicePromise> promises_;
  Customers customers_;
};

Result<std::vector<ServiceRecord>> candidates(Projection& from, const ServiceFilter& filter) {
  if (filter.customer && filter.product) return from.services.of({*filter.customer, *filter.product});
  return filter.open.value_or(false) ? from.services.open() : from.services.all();
}

bool is_more_urgent(const ServiceEntry& a, const ServiceEntry& b) {
  const bool open = a.request.is_open();
  if (open != b.request.is_open()) return open;
  const ServiceFacts& left = a.request.facts();
  const ServiceFacts& right = b.request.facts();
  if (!open) return left.number > right.number;
  const auto rank = [](const ServiceEntry& entry, const ServiceFacts& facts) {
    return std::tuple(!entry.view.first, entry.next_due().value_or(Instant::max()), facts.grade, facts.number);
  };
  return rank(a, left) < rank(b, right);
}

template <class Item>
std::vector<Item> page_of(std::vector<Item> all, const ServiceFilter& filter) {
  const std::size_t begin = std::min(filter.offset, all.size());
  const std::size_t end = std::min(begin + filter.limit, all.size());
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(end), all.end());
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(begin));
  return all;
}

Result<std::vector<Inspection>> inspections_of(Projection& from, const CustomerKey& key) {
  KIP_TRY(const auto records, from.inspections.of(key));
  std::vector<Inspection> out;
  for (const InspectionRecord& record : records)
    out.push_back(record.inspection);
  return out;
}

}  // namespace

Result<ServiceFilter> ServiceFilter::parse(const std::map<std::string, std::string, std::less<>>& parameters) {
  ServiceFilter out;
  for (const auto& [name, value] : parameters) {
    if (auto done = take_parameter(out, name, value); !done) {
      if (done.error().code == ErrorCode::usage) return Unexpected(std::move(done).error());
      return fail_while(fmt::format("the parameter \"{}\"", name), std::move(done).error());
    }
  }
  return out;
}

std::optional<Instant> ServiceEntry::next_due() const {
  std::optional<Instant> out;
  for (const PromiseView& one : view.promises) {
    const bool waits =
        one.state == ServiceState::running || one.state == ServiceState::at_risk || one.state == ServiceState::missed;
    if (waits && one.due) out = out ? std::min(*out, one.due->due) : one.due->due;
  }
  return out;
}

Result<ServicePage> find_requests(Projection& from, const Board& board, const ServiceFilter& filter, Instant now) {
  KIP_TRY(Judge judge, Judge::create(from, board, now));
  KIP_TRY(auto records, candidates(from, filter));
  std::vector<ServiceEntry> all;
  for (ServiceRecord& record : records) {
    if (!may_pass(filter, record.request)) continue;
    KIP_TRY(ServiceEntry entry, judge.judge(std::move(record.request)));
    if (passes(filter, entry.view)) all.push_back(std::move(entry));
  }
  std::sort(all.begin(), all.end(), is_more_urgent);
  const std::size_t total = all.size();
  return ServicePage{total, page_of(std::move(all), filter)};
}

Result<std::optional<ServiceEntry>> find_request(Projection& from, const Board& board, std::int64_t number,
                                                 Instant now) {
  KIP_TRY(auto record, from.services.find(number));
  if (!record) return std::optional<ServiceEntry>();
  KIP_TRY(Judge judge, Judge::create(from, board, now));
  KIP_TRY(ServiceEntry entry, judge.judge(std::move(record->request)));
  return std::optional(std::move(entry));
}

Result<std::vector<PromiseMonth>> find_shares(Projection& from, const Board& board, Instant now) {
  KIP_TRY(Judge judge, Judge::create(from, board, now));
  if (!judge.keep_shares()) return std::vector<PromiseMonth>();
  std::map<PromiseId, std::vector<std::pair<Instant, PromiseView>>> views;
  KIP_TRY(auto records, from.services.all());
  for (ServiceRecord& record : records) {
    KIP_TRY(ServiceEntry entry, judge.judge(std::move(record.request)));
    for (PromiseView& view : entry.view.promises)
      views[view.promise].emplace_back(entry.request.facts().came_at, std::move(view));
  }
  std::vector<PromiseMonth> out;
  for (const ServicePromise& promise : judge.promises()) {
    KIP_TRY(const auto shares, shares_of(promise, views[promise.id], now, board.calendars(), board.zones()));
    for (const auto& [month, sums] : shares)
      out.push_back({promise.id, promise.about_requests()->share.value_or(100), month, sums});
  }
  return out;
}

Result<InspectionPage> find_inspections(Projection& from, const Board& board, const ServiceFilter& filter,
                                        Instant now) {
  KIP_TRY(const auto promises, from.promises.all());
  KIP_TRY(const auto customers, from.customers.all());
  std::vector<CustomerInspections> all;
  for (const Customer& customer : customers) {
    if ((filter.customer && customer.tax_code != *filter.customer) ||
        (filter.product && customer.product != *filter.product))
      continue;
    KIP_TRY(const auto inspections, inspections_of(from, key_of(customer)));
    for (const ServicePromise& promise : promises) {
      KIP_TRY(auto intervals, judge_inspections(promise, customer, inspections, now, board.calendars(), board.zones()));
      if (intervals.empty() || (!filter.states.empty() && !filter.states.contains(intervals.back().state))) continue;
      all.push_back({customer, promise.id, std::move(intervals)});
    }
  }
  const std::size_t total = all.size();
  return InspectionPage{total, page_of(std::move(all), filter)};
}

}  // namespace kip::server
