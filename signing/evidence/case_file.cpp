#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/evidence/case_file.hpp>

namespace kip {
namespace {

/// Which versions of a product serve an act, and what of it, by what officers signed.
class Serving {
 public:
  Serving(const Act& act, const ProductId& product, const std::vector<LoggedRelease>& releases) : parts_(act.parts) {
    if (parts_.empty()) parts_.emplace_back();
    places_.resize(parts_.size());
    for (const LoggedRelease& release : releases) {
      if (release.release.product == product && release.problem.empty()) take(act, release);
    }
  }

  const std::vector<std::vector<std::uint64_t>>& places() const { return places_; }
  std::size_t parts() const { return parts_.size(); }
  const std::vector<LoggedRelease>& releases() const { return releases_; }
  /// The parts that a version serves, by their number; null where it serves none.
  const std::set<std::size_t>* of(const Version& version) const {
    const auto found = versions_.find(version.str());
    return found == versions_.end() ? nullptr : &found->second;
  }
  /// Null where it serves nothing of the act.
  const ReleasePublished* release(const Version& version) const {
    const auto found = std::find_if(releases_.begin(), releases_.end(),
                                    [&](const LoggedRelease& one) { return one.release.version == version; });
    return found == releases_.end() ? nullptr : &found->release;
  }

 private:
  void take(const Act& act, const LoggedRelease& release) {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const bool serves =
          std::any_of(release.release.acts.begin(), release.release.acts.end(), [&](const std::string& text) {
            const auto served = ServedAct::parse(text);
            return served && served->serves(act.key, parts_[i]);
          });
      if (!serves) continue;
      places_[i].push_back(release.place);
      if (versions_[release.release.version.str()].empty()) releases_.push_back(release);
      versions_[release.release.version.str()].insert(i);
    }
  }

  std::vector<std::string> parts_;
  std::vector<std::vector<std::uint64_t>> places_;
  std::map<std::string, std::set<std::size_t>> versions_;
  std::vector<LoggedRelease> releases_;
};

/// Those that say that the install has all of the act.
std::vector<InstalledWord> words_of(const LoggedInstall& install, const Serving& serving,
                                    const std::vector<SeenStamp>& stamps) {
  std::vector<InstalledWord> out;
  std::set<std::size_t> had;
  for (const LoggedReceipt& one : install.receipts) {
    const Receipt& receipt = one.receipt;
    if (!stops_clock(receipt.state)) continue;
    const std::set<std::size_t>* parts = serving.of(receipt.version);
    if (parts == nullptr) continue;
    had.insert(parts->begin(), parts->end());
    if (had.size() < serving.parts()) continue;
    InstalledWord word{.place = one.place,
                       .first = receipt.state == InstallState::installed,
                       .after_gap = one.after_gap,
                       .claimed = receipt.claimed_time};
    const auto basis = std::find_if(stamps.begin(), stamps.end(), [&](const SeenStamp& stamp) {
      return receipt.basis && stamp.counts() && stamp.identity == receipt.basis;
    });
    if (basis != stamps.end()) word.basis = basis->not_before;
    out.push_back(word);
  }
  return out;
}

using Installs = std::vector<const LoggedInstall*>;

Installs installs_of(const Customer& customer, const InstallBook& book) {
  Installs out;
  for (const auto& [id, install] : book.installs()) {
    if (install.install.customer == customer.tax_code && install.install.product == customer.product)
      out.push_back(&install);
  }
  return out;
}

/// Whether an install is reached then, whatever its labels are: of those the logs do not tell.
bool reaches(const Rollout& rollout, const Sha256Digest& manifest, const InstallId& install, Instant then) {
  std::int64_t percent = percent_at(rollout.percent, rollout.ramp, then);
  for (const Ring& ring : rollout.rings)
    percent = std::min(percent, percent_at(ring.percent, ring.ramp, then));
  constexpr std::int64_t kCohortsPerPercent = 100;
  return cohort_of(install, manifest, sha256) < percent * kCohortsPerPercent;
}

/// Whether every computer that the customer has is offered something that serves, then.
bool is_open_to(const Rollout& rollout, const Serving& serving, const Installs& installs, Instant then) {
  // Who is not reached, or may not be, is offered this one.
  if (rollout.base && serving.release(*rollout.base) != nullptr) return true;
  const ReleasePublished* const release = serving.release(rollout.version);
  if (release == nullptr || rollout.paused || !release->audience.empty()) return false;
  if (rollout.is_open_to_all(then)) return true;
  const bool any = std::any_of(installs.begin(), installs.end(), [](const auto* one) { return !one->retired; });
  return any && std::all_of(installs.begin(), installs.end(), [&](const LoggedInstall* one) {
           return one->retired || reaches(rollout, release->manifest, one->install.id, then);
         });
}

/// `limit`: a ramp that is published goes on by itself, so that what it has reached by then is what counts.
std::vector<RolloutSpan> spans_of(const std::vector<LoggedRollout>& rollouts, const Customer& customer,
                                  const Serving& serving, const Installs& installs,
                                  const std::optional<Instant>& limit) {
  const Instant then = limit ? *limit - std::chrono::milliseconds(1) : Instant::max();
  std::vector<RolloutSpan> out;
  for (const LoggedRollout& one : rollouts) {
    if (one.rollout.product != customer.product) continue;
    const bool open = is_open_to(one.rollout, serving, installs, then);
    const bool was_open = !out.empty() && !out.back().closed;
    if (open && !was_open) out.push_back({one.place});
    if (!open && was_open) out.back().closed = one.place;
  }
  // Never open: told as a span that closed as it began, so that the customer is judged at all.
  if (out.empty()) out.push_back({0, 0});
  return out;
}

/// What is said of each computer, and of each seat that has none.
std::vector<InstallHistory> computers_of(const Installs& installs, const CustomerRow& row, const Serving& serving,
                                         const std::vector<SeenStamp>& stamps) {
  std::vector<InstallHistory> out;
  for (const LoggedInstall* install : installs) {
    out.push_back({.install = install->install.id.str(),
                   .contradicted = install->contradicted,
                   .words = words_of(*install, serving, stamps),
                   .retired = install->retired});
  }
  for (int i = 1; i <= row.never_enrolled; ++i)
    out.push_back({.install = fmt::format("seat-without-computer-{}", i)});
  return out;
}

CustomerCase make_customer(const CaseSources& from, const ObligationCase& whole, const Customer& customer,
                           const Serving& serving) {
  const Installs installs = installs_of(customer, from.installs);
  CustomerFacts facts{customer, {}};
  for (const LoggedInstall* install : installs)
    facts.installs.push_back({install->install.id, install->install.label, {}, install->retired.has_value()});
  CustomerCase out{customer, make_row(whole.act, whole.commitment, facts, whole.rises)};
  out.rollout = spans_of(from.vendor.rollouts(), customer, serving, installs, whole.history.due);
  out.installs = computers_of(installs, out.row, serving, from.stamps);
  return out;
}

/// Why an obligation has no limit that is certain.
std::string doubt_of(const LoggedAct& act, const ObligationView& view) {
  if (!act.problem.empty()) return "act-not-shown";
  if (!view.due) return view.reason.empty() ? "no-period" : view.reason;
  if (!view.confirmed) return view.disputed.empty() ? "date-unconfirmed" : "date-disputed";
  return view.reason == "no-customers" ? "" : view.reason;
}

Result<ObligationCase> make_case(const CaseSources& from, const LoggedObligation& obligation) {
  const auto act = from.vendor.acts().find(obligation.act.str());
  const auto commitment = from.vendor.commitments().find(obligation.commitment);
  if (act == from.vendor.acts().end() || commitment == from.vendor.commitments().end())
    return fail(ErrorCode::integrity, "its act or its promise does not stand in O");
  const LoggedAct& logged = act->second;
  if (logged.hidden) {
    return fail(ErrorCode::integrity,
                fmt::format("the bundle does not show all that was said of {}", logged.act.key.str()));
  }
  KIP_TRY(const Calendar* calendar, from.calendars.find(commitment->second.calendar));
  const Circumstances none;
  const ObligationFacts facts{.number = obligation.number,
                              .act = logged.act,
                              .history = logged.history,
                              .commitment = commitment->second,
                              .circumstances = none,
                              .now = from.now};
  const auto nobody = [](const std::optional<Instant>&) { return Result<Tally>(Tally{}); };
  KIP_TRY(const ObligationView view, judge_tallied(facts, nobody, *calendar, from.zones));
  const Serving serving(logged.act, commitment->second.product, from.vendor.releases());
  ObligationCase out{obligation, logged.act, commitment->second, view.due, doubt_of(logged, view)};
  if (out.no_due.empty()) out.history.due = view.due->due;
  out.history.quorum = from.quorum;
  out.history.stamps = stamps_for_verdict(from.stamps);
  out.history.heads = from.private_log.heads();
  out.history.opened = obligation.place;
  out.history.published = serving.places();
  out.said = logged.history;
  out.releases = serving.releases();
  out.rises = days_of_rise(logged.act, logged.history, commitment->second.trigger);
  out.start = view.clocks.empty() ? out.rises.back() : view.clocks.back().start;
  for (const auto& [key, customer] : from.installs.customers()) {
    if (from.index.judges(customer.tax_code) && customer.product == commitment->second.product)
      out.customers.push_back(make_customer(from, out, customer, serving));
  }
  return out;
}

}  // namespace

Result<std::vector<ObligationCase>> make_cases(const CaseSources& from) {
  std::vector<std::int64_t> numbers = from.index.obligations;
  if (from.index.is_about_everything()) {
    numbers.clear();
    for (const auto& [number, obligation] : from.vendor.obligations())
      numbers.push_back(number);
  }
  std::vector<ObligationCase> out;
  for (const std::int64_t number : numbers) {
    const auto obligation = from.vendor.obligations().find(number);
    if (obligation == from.vendor.obligations().end())
      return fail(ErrorCode::not_found, fmt::format("obligation {} was never opened in O", number));
    auto made = make_case(from, obligation->second);
    if (!made) return fail_while(fmt::format("obligation {}", number), made.error());
    out.push_back(*std::move(made));
  }
  return out;
}

std::string history_name(const ObligationCase& one, const CustomerCase& customer) {
  return fmt::format("{}/{}", one.obligation.number, customer.customer.tax_code.str());
}

void for_each_history(const ObligationCase& one, const std::function<void(const NamedHistory&)>& take) {
  const std::string name = std::to_string(one.obligation.number);
  NamedHistory history{name, one.history};
  take(history);
  for (const CustomerCase& customer : one.customers) {
    // Who is not concerned is owed nothing.
    if (!customer.row.counts()) continue;
    history.name = history_name(one, customer);
    history.history.rollout = customer.rollout;
    history.history.installs = customer.installs;
    take(history);
  }
}

Bytes history_text_of(const std::vector<ObligationCase>& cases) {
  Bytes out;
  for (const ObligationCase& one : cases) {
    const std::string name = std::to_string(one.obligation.number);
    for_each_history(one, [&](const NamedHistory& history) {
      out += history_text(history, history.name == name ? Shared::written : Shared::as_before);
    });
  }
  return out;
}

std::vector<NamedJudgement> judgements_of(const std::vector<ObligationCase>& cases) {
  std::vector<NamedJudgement> out;
  for (const ObligationCase& one : cases) {
    for_each_history(one, [&](const NamedHistory& history) {
      for (NamedJudgement& judged : judge_history(history))
        out.push_back(std::move(judged));
    });
  }
  return out;
}

}  // namespace kip
