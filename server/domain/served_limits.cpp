#include <algorithm>

#include <fmt/format.h>

#include <server/domain/served_limits.hpp>

namespace kip::server {
namespace {

bool serves(const Release& release, const ActKey& act) {
  return std::any_of(release.acts.begin(), release.acts.end(), [&](const std::string& text) {
    const auto served = ServedAct::parse(text);
    return served && served->key == act;
  });
}

bool has_to_be_installed(const ObligationView& view) {
  return view.milestone == Milestone::installed && view.confirmed && needs_work(view.state);
}

}  // namespace

Result<std::vector<ObligationView>> limits_served(const Release& release, const Board& board, Projection& from,
                                                  Instant now) {
  const auto is_for = [&](const ObligationRecord& obligation) { return serves(release, obligation.act); };
  KIP_TRY(auto entries, board.judge(from, now, Detail::tallies, is_for));
  std::vector<ObligationView> out;
  for (BoardEntry& entry : entries) {
    ObligationView& view = entry.view;
    if (view.product == release.product && view.due && !view.completed_at) out.push_back(std::move(view));
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.due->due < b.due->due; });
  return out;
}

std::optional<Instant> install_limit_of(const std::vector<ObligationView>& limits) {
  const auto first = std::find_if(limits.begin(), limits.end(), has_to_be_installed);
  return first == limits.end() ? std::optional<Instant>() : std::optional(first->due->due);
}

InstallLimit install_limit(Store& store, const TenantId& tenant, const Board& board, const Clock& clock) {
  return [&store, &tenant, &board, &clock](const Release& release) -> Result<std::optional<Instant>> {
    KIP_TRY(const auto unit, store.begin(tenant, Access::read));
    KIP_TRY(const auto limits, limits_served(release, board, unit->projection(), clock.now()));
    return install_limit_of(limits);
  };
}

Result<void> tie_to_limit(Rollout& rollout, const Rollout* present, const Release& release,
                          const std::optional<Instant>& limit) {
  if (!release.force_after) {
    return fail(ErrorCode::usage, fmt::format("officers let nothing of {} {} be forced (kip repo add --force-after)",
                                              rollout.product.str(), rollout.version.str()));
  }
  if (limit) {
    rollout.force_after = *limit - std::chrono::hours(*rollout.force_before_due_hours);
    rollout.force_after = forced_from(release, rollout);
    return {};
  }
  const bool is_tied_already = present != nullptr && present->version == rollout.version &&
                               present->force_before_due_hours == rollout.force_before_due_hours;
  if (!is_tied_already) {
    return fail(ErrorCode::usage,
                fmt::format("{} {} serves no open obligation that is to be installed by a confirmed limit, so that "
                            "there is nothing to be tied to: name the time itself (--force-after)",
                            rollout.product.str(), rollout.version.str()));
  }
  rollout.force_after = present->force_after;
  return {};
}

std::string tie_warning(const Rollout& rollout, const Release& release, const std::optional<Instant>& limit) {
  if (!rollout.force_before_due_hours || !limit) return {};
  const std::optional<Instant> begins = forced_from(release, rollout);
  if (!begins) return {};
  const Instant wanted = *limit - std::chrono::hours(*rollout.force_before_due_hours);
  if (*begins == wanted) return {};
  const std::string what = fmt::format("{} {} cannot be forced {} h before its limit ({})", rollout.product.str(),
                                       rollout.version.str(), *rollout.force_before_due_hours, format_instant(*limit));
  if (*begins < wanted) {
    return fmt::format(
        "{}, but sooner: officers let that be put off until {} at the latest (--force-latest of kip repo "
        "add)",
        what, format_instant(*begins));
  }
  return fmt::format(
      "{}: officers let it be forced from {} on only, which is {}; have an earlier time signed "
      "(--force-after of kip repo add)",
      what, format_instant(*begins), *begins < *limit ? "later than that" : "not before the limit at all");
}

}  // namespace kip::server
