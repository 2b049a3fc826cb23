#pragma once

#include <optional>
#include <string>

#include <manifests/deadline/deadline.hpp>

namespace kip::testing {

/// What an explanation alone says of a deadline, worked out again from the first step to the last.
struct Replayed {
  std::optional<LegalDate> last_day;  ///< of a period in days
  Instant due;
  std::string fault;  ///< the first step that does not follow from those before it; empty where all do
};

Replayed replay(const std::vector<ExplanationStep>& steps);

}  // namespace kip::testing
