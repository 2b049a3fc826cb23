#include <server/domain/board.hpp>
#include <server/domain/install_facts.hpp>

namespace kip::server {
namespace {

/// Every customer of a product with its computers, read once for all obligations.
using Everyone = std::vector<std::pair<Customer, std::vector<InstallHistory>>>;

Result<Everyone> read_everyone(Projection& from) {
  Everyone out;
  KIP_TRY(auto customers, from.customers.all());
  for (Customer& customer : customers) {
    KIP_TRY(auto installs, histories_of(key_of(customer), from));
    out.emplace_back(std::move(customer), std::move(installs));
  }
  return out;
}

std::vector<CustomerFacts> facts_of_all(const Everyone& everyone, const ProductId& product,
                                        const ServingReleases& releases) {
  std::vector<CustomerFacts> out;
  for (const auto& [customer, installs] : everyone) {
    if (customer.product == product) out.push_back(facts_of(customer, installs, releases));
  }
  return out;
}

/// The sums as they are kept, with what of them depends on the limit.
Result<Tally> kept_tally(std::int64_t number, const std::optional<Instant>& due, Projection& from) {
  KIP_TRY(const auto record, from.tallies.find(number));
  KIP_TRY(const auto timed, from.rows.timed(number, due));
  Tally out = record ? record->tally : Tally{};
  out.late = timed.late;
  out.delayed = timed.delayed;
  out.last_completed = timed.last_completed;
  return out;
}

}  // namespace

Result<std::vector<BoardEntry>> Board::judge(Projection& from, Instant now, Detail detail, const Filter& filter) const {
  KIP_TRY(const auto publications, from.publications.all());
  KIP_TRY(auto obligations, from.obligations.all());
  std::optional<Everyone> everyone;
  std::vector<BoardEntry> out;
  for (ObligationRecord& obligation : obligations) {
    if (!filter(obligation)) continue;
    KIP_TRY(auto act, from.acts.find(obligation.act.str()));
    KIP_TRY(const auto history, from.histories.find(obligation.act.str()));
    KIP_TRY(auto commitment, from.commitments.find(obligation.commitment));
    if (!act || !history || !commitment)
      return fail(ErrorCode::internal, "an obligation without its act or commitment");
    KIP_TRY(const Calendar* calendar, calendars_.find(commitment->calendar));
    const ServingReleases releases = ServingReleases::of(publications, commitment->product, *act);
    ObligationFacts facts{.number = obligation.number,
                          .act = *act,
                          .history = *history,
                          .commitment = *commitment,
                          .circumstances = obligation.circumstances,
                          .publications = releases.publications(),
                          .now = now};
    std::optional<ObligationView> view;
    if (detail == Detail::customers && commitment->milestone == Milestone::installed) {
      if (!everyone) {
        KIP_TRY(everyone, read_everyone(from));
      }
      facts.customers = facts_of_all(*everyone, commitment->product, releases);
      KIP_TRY(view, kip::judge(facts, *calendar, zones_));
    } else {
      const auto tally = [&](const std::optional<Instant>& due) { return kept_tally(obligation.number, due, from); };
      KIP_TRY(view, judge_tallied(facts, tally, *calendar, zones_));
    }
    out.push_back({*std::move(act), *std::move(commitment), std::move(obligation.circumstances), *std::move(view)});
  }
  return out;
}

Result<LegalDate> Board::day_in(std::string_view country, Instant now) const {
  const auto calendar = calendars_.find(country);
  if (!calendar) return std::chrono::floor<std::chrono::days>(now);
  KIP_TRY(const ZonedInstant zoned, zones_.at((*calendar)->timezone(), now));
  return std::chrono::floor<std::chrono::days>(now + zoned.utc_offset);
}

Result<Instant> Board::end_of_day(std::string_view country, LegalDate day) const {
  const LegalDate next = day + std::chrono::days(1);
  const auto calendar = calendars_.find(country);
  if (!calendar) return Instant(next);
  KIP_TRY(const ZonedInstant zoned,
          zones_.to_utc((*calendar)->timezone(), std::chrono::local_days(next.time_since_epoch())));
  return zoned.instant;
}

Result<std::vector<BoardEntry>> Board::judge_all(Projection& from, Instant now, Detail detail) const {
  return judge(from, now, detail, [](const ObligationRecord&) { return true; });
}

}  // namespace kip::server
