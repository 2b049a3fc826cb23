#include <client-updater/update/schedule.hpp>
#include <manifests/codec/choice.hpp>

namespace kip::updater {
namespace {

constexpr Choices<Waiting, 5> kWaiting = {{{Waiting::nothing, "nothing"},
                                           {Waiting::window, "window"},
                                           {Waiting::filing_day, "filing-day"},
                                           {Waiting::deferred, "deferred"},
                                           {Waiting::vendors_window, "vendors-window"}}};

}  // namespace

std::string_view to_string(Waiting waiting) {
  return choice_text(kWaiting, waiting);
}

Result<Waiting> parse_waiting(std::string_view text) {
  return parse_choice(kWaiting, "something to wait for", text);
}

Waiting waits_for(const Schedule& schedule, const LocalMoment& local, const std::optional<Deferral>& deferral,
                  const Version& version, Instant now) {
  if (deferral && deferral->version == version && now < deferral->until) return Waiting::deferred;
  if (schedule.filing_days.includes(local.day)) return Waiting::filing_day;
  if (!schedule.windows.empty() && !schedule.windows.includes(local)) return Waiting::window;
  return Waiting::nothing;
}

}  // namespace kip::updater
