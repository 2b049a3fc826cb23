#include <algorithm>
#include <array>

#include <manifests/evidence/stamp_schedule.hpp>

namespace kip {
namespace {

constexpr std::chrono::seconds kSpacing(15);
constexpr std::chrono::hours kLongest(24);
constexpr std::array<std::chrono::minutes, 3> kAroundLimits{std::chrono::minutes(-60), std::chrono::minutes(-5),
                                                            std::chrono::minutes(1)};

}  // namespace

bool is_stamp_due(const StampSituation& situation, Instant now) {
  if (!situation.last) return true;
  const Instant last = *situation.last;
  // A time ahead is from before a clock was corrected.
  if (last > now || now - last >= kLongest) return true;
  if (situation.news && now - last >= kSpacing) return true;
  return std::any_of(situation.dues.begin(), situation.dues.end(), [&](Instant due) {
    return std::any_of(kAroundLimits.begin(), kAroundLimits.end(),
                       [&](std::chrono::minutes offset) { return last < due + offset && due + offset <= now; });
  });
}

}  // namespace kip
