#pragma once

#include <string>
#include <vector>

#include <manifests/codec/json.hpp>

namespace CLI {
class App;
}

namespace kip::cli {

/// How a version is to be rolled out, as people write it.
struct RolloutPlan {
  std::string version;
  std::int64_t percent = -1;       ///< below 0: not said
  std::vector<std::string> ramp;   ///< "2026-03-02T01:00:00Z=20"
  std::vector<std::string> rings;  ///< "pilot,hue=100" or "pilot=10,2026-03-02T01:00:00Z=100"
  std::string windows;
  std::string force_after;
  std::int64_t force_before_due = 0;  ///< hours; 0: not said

  bool is_empty() const {
    return percent < 0 && ramp.empty() && rings.empty() && windows.empty() && force_after.empty() &&
           force_before_due == 0;
  }
};

void add_plan_options(CLI::App* command, RolloutPlan& plan);

/// Writes what the plan says into a rollout as the server takes it. Errors: usage.
Result<void> apply_plan(const RolloutPlan& plan, json::Object& rollout);

}  // namespace kip::cli
