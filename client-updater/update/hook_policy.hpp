#pragma once

#include <optional>

#include <client-updater/update/local_machine.hpp>

namespace kip::updater {

/// What the machine's administrator lets the updater run: nothing where there is no such file. No metadata and no
/// package can change it. "kip.hooks/1". Format: docs/formats/hooks.md
struct HookPolicy {
  std::optional<std::string> probe_user = {};  ///< programs of packages may run as probes, as this user
  std::optional<Command> quiesce = {};         ///< stops the application before a switch
  std::optional<Command> resume = {};          ///< starts it again

  static constexpr std::size_t kMaxBytes = 64U << 10U;
};

/// Errors: malformed.
Result<HookPolicy> parse_hook_policy(BytesView bytes);

}  // namespace kip::updater
