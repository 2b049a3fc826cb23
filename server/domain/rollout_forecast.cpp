#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <server/domain/rollout_forecast.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::server {
namespace {

constexpr std::chrono::hours kPace(48);
constexpr std::chrono::days kSilent(7);
constexpr Choices<Missing, 10> kMissing{{{Missing::failing, "failing"},
                                         {Missing::stuck, "stuck"},
                                         {Missing::held, "held"},
                                         {Missing::silent, "silent"},
                                         {Missing::deferring, "deferring"},
                                         {Missing::paused, "paused"},
                                         {Missing::not_meant, "not-meant"},
                                         {Missing::not_reached, "not-reached"},
                                         {Missing::waiting, "waiting"},
                                         {Missing::on_its_way, "on-its-way"}}};

/// Whether the install's last word is that it has this version or a later one, and that word counts.
bool has_it(const InstallRecord& install, const Version& version) {
  if (!install.counts() || !install.report || install.report->version < version) return false;
  return ProgressRecord{install.product, install.report->version, install.id, install.report->state, {}}.is_done();
}

using ProgressByInstall = std::map<InstallId, ProgressRecord>;

/// All that says why an install does not have the version.
struct Circumstance {
  const RolloutRecord& record;
  const RolledOut& release;
  const ProgressByInstall& progress;
  const GuardPolicy& policy;
  Instant now;
  Instant by;  ///< the limit, or now where there is none
};

Missing why_missing(const InstallRecord& install, const Circumstance& given) {
  const auto found = given.progress.find(install.id);
  const ProgressRecord* progress = found == given.progress.end() ? nullptr : &found->second;
  if (!install.counts()) return Missing::held;
  if (progress != nullptr && progress->failed_at && !progress->is_done()) return Missing::failing;
  if (progress != nullptr && is_stuck(*progress, given.policy, given.now)) return Missing::stuck;
  const Instant heard = install.report ? install.report->received : install.enrolled;
  if (heard + kSilent <= given.now) return Missing::silent;
  if (progress != nullptr && progress->state == InstallState::deferred) return Missing::deferring;
  const Reached reached = reach_of(given.record.rollout, given.release, install.id, install.labels, given.by, sha256);
  switch (reached.reach) {
    case Reach::paused:
      return Missing::paused;
    case Reach::other_audience:
      return Missing::not_meant;
    case Reach::not_yet:
      return Missing::not_reached;
    case Reach::reached:
      break;
  }
  const bool waits = progress != nullptr && progress->state == InstallState::waiting_window;
  return waits ? Missing::waiting : Missing::on_its_way;
}

/// What is on its way comes as fast as in the last two days; what is held back by something does not come.
void set_pace(RolloutForecast& out, const std::vector<ProgressRecord>& progress, Instant now) {
  const auto recent = std::count_if(progress.begin(), progress.end(),
                                    [&](const ProgressRecord& one) { return one.is_done() && now - kPace < one.at; });
  const auto since =
      std::clamp<std::chrono::milliseconds>(now - out.standing.record.since, std::chrono::hours(1), kPace);
  out.per_hour = static_cast<double>(recent) / std::chrono::duration<double, std::ratio<3600>>(since).count();
  std::int64_t coming = 0;
  for (const CustomerForecast& customer : out.customers) {
    coming += std::count_if(customer.missing.begin(), customer.missing.end(), [](const MissingInstall& one) {
      return one.why == Missing::on_its_way || one.why == Missing::waiting;
    });
  }
  const double hours = out.due ? std::chrono::duration<double, std::ratio<3600>>(*out.due - now).count() : 0;
  const auto by_pace = static_cast<std::int64_t>(std::min(out.per_hour * hours, static_cast<double>(coming)));
  out.will_have_it = out.standing.have_it + by_pace;
}

}  // namespace

std::string_view to_string(Missing missing) {
  return choice_text(kMissing, missing);
}

Missing CustomerForecast::why() const {
  KIP_CHECK(!missing.empty());
  return std::min_element(missing.begin(), missing.end(), [](const auto& a, const auto& b) { return a.why < b.why; })
      ->why;
}

Result<RolloutStanding> RolloutOffice::standing(Projection& from, const RolloutRecord& record,
                                                const std::vector<InstallRecord>& installs) const {
  KIP_TRY(const auto progress, from.progress.of(record.rollout.product, record.rollout.version));
  RolloutStanding out{record, count_outcomes(progress, record.since, policy_, recorder_.now())};
  for (const InstallRecord& install : installs) {
    if (install.standing == Standing::retired) continue;
    ++(install.counts() ? out.installs : out.held);
    if (has_it(install, record.rollout.version)) ++out.have_it;
  }
  return out;
}

Result<std::vector<RolloutStanding>> RolloutOffice::list() {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  KIP_TRY(const auto rollouts, unit->projection().rollouts.all());
  std::vector<RolloutStanding> out;
  for (const RolloutRecord& record : rollouts) {
    KIP_TRY(const auto installs, unit->projection().installs.with(record.rollout.product));
    KIP_TRY(RolloutStanding one, standing(unit->projection(), record, installs));
    out.push_back(std::move(one));
  }
  KIP_TRY_VOID(warn_of_ties(unit->projection(), out));
  return out;
}

Result<void> RolloutOffice::warn_of_ties(Projection& from, std::vector<RolloutStanding>& all) const {
  const auto is_tied = [](const RolloutStanding& one) {
    return one.record.rollout.force_before_due_hours && !one.record.rollout.paused;
  };
  if (std::none_of(all.begin(), all.end(), is_tied)) return {};
  KIP_TRY(const tuf::RepositoryFiles files, repository_.current());
  KIP_TRY(const ReleaseList list, ReleaseList::create(files));
  for (RolloutStanding& one : all) {
    const Rollout& rollout = one.record.rollout;
    const ListedRelease* listed = is_tied(one) ? list.find(rollout.product, rollout.version) : nullptr;
    if (listed == nullptr) continue;
    KIP_TRY(const auto limits, limits_served(listed->release, board_, from, recorder_.now()));
    std::string warning = tie_warning(rollout, listed->release, install_limit_of(limits));
    if (!warning.empty()) one.warnings.push_back(std::move(warning));
  }
  return {};
}

Result<RolloutForecast> RolloutOffice::forecast(const ProductId& product) {
  KIP_TRY(const tuf::RepositoryFiles files, repository_.current());
  KIP_TRY(const ReleaseList list, ReleaseList::create(files));
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::read));
  Projection& from = unit->projection();
  KIP_TRY(const auto record, from.rollouts.find(product));
  const ListedRelease* listed = record ? list.find(product, record->rollout.version) : nullptr;
  if (listed == nullptr) return fail(ErrorCode::not_found, fmt::format("nothing is rolled out of {}", product.str()));
  const Instant now = recorder_.now();
  KIP_TRY(const auto installs, from.installs.with(product));
  KIP_TRY(const auto progress, from.progress.of(product, record->rollout.version));
  KIP_TRY(const auto limits, limits_served(listed->release, board_, from, now));
  KIP_TRY(RolloutStanding stands, standing(from, *record, installs));
  RolloutForecast out{std::move(stands)};
  std::string warning = tie_warning(record->rollout, listed->release, install_limit_of(limits));
  if (!warning.empty() && !record->rollout.paused) out.standing.warnings.push_back(std::move(warning));
  const auto ahead = std::find_if(limits.begin(), limits.end(), [&](const auto& one) { return now < one.due->due; });
  if (ahead != limits.end()) std::tie(out.obligation, out.due) = std::tuple(ahead->number, ahead->due->due);
  ProgressByInstall by_install;
  for (const ProgressRecord& one : progress)
    by_install.emplace(one.install, one);
  const RolledOut release{listed->release.manifest, listed->release.audience};
  const Circumstance given{*record, release, by_install, policy_, now, out.due.value_or(now)};
  std::map<TaxCode, CustomerForecast> customers;
  for (const InstallRecord& install : installs) {
    if (install.standing == Standing::retired || has_it(install, record->rollout.version)) continue;
    const auto [at, is_new] = customers.try_emplace(install.customer, CustomerForecast{install.customer, {}, {}, {}});
    if (is_new) {
      KIP_TRY(const auto customer, from.customers.find({install.customer, product}));
      if (customer) std::tie(at->second.name, at->second.phone) = std::tie(customer->name, customer->phone);
    }
    const auto heard = install.report ? std::optional(install.report->received) : std::nullopt;
    at->second.missing.push_back({install.id, install.label, why_missing(install, given), heard});
  }
  for (auto& [code, customer] : customers)
    out.customers.push_back(std::move(customer));
  std::stable_sort(out.customers.begin(), out.customers.end(),
                   [](const auto& a, const auto& b) { return a.why() < b.why(); });
  set_pace(out, progress, now);
  return out;
}

Result<InstallRecord> RolloutOffice::label(const Actor& actor, const InstallLabels& labels) {
  KIP_TRY(const auto unit, store_.begin(recorder_.tenant(), Access::write));
  KIP_TRY(auto install, unit->projection().installs.find(labels.install));
  if (!install) return fail(ErrorCode::not_found, fmt::format("there is no install {}", labels.install.str()));
  if (install->standing == Standing::retired)
    return fail(ErrorCode::conflict, fmt::format("install {} is retired", labels.install.str()));
  if (install->labels == labels.labels) return *std::move(install);
  KIP_TRY_VOID(recorder_.record(*unit, event_type::kInstallLabelled, actor, install_labelled_body(labels)));
  KIP_TRY_VOID(unit->commit());
  install->labels = labels.labels;
  return *std::move(install);
}

}  // namespace kip::server
