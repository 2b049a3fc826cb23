#include <cstdlib>
#include <iostream>

#include <fmt/format.h>

#include <client-updater/app/hand_over.hpp>
#include <client-updater/platform/posix/replace_program.hpp>
#include <client-updater/update/self_update.hpp>
#include <manifests/core/printable.hpp>

namespace kip::updater {
namespace {

/// Tells the program that is started which version it was started as: one that says it is another does not start the
/// same again.
constexpr const char* kStartedAs = "KIP_UPDATER_STARTED_AS";

bool was_started_as(const Version& version) {
  const char* const value = std::getenv(kStartedAs);
  return value != nullptr && value == version.str();
}

}  // namespace

Result<void> hand_over(FileSystem& files, const Arguments& arguments, const Layout& install, bool is_alone) {
  if (!arguments.version) return {};
  const Version& running = *arguments.version;
  const Layout own = Layout::of_updater(install);
  KIP_TRY(StartChoice choice, read_start_choice(files, own.start_choice()));
  const std::optional<Target> target = to_be_started(choice, running);
  if (!target || was_started_as(target->version)) return {};
  if (target == choice.chosen && !choice.proven) {
    if (!is_alone) return {};
    ++choice.starts;
    KIP_TRY_VOID(write_start_choice(files, own.start_choice(), choice));
  }
  const auto failed = replace_program(install.root(), updater_program(own, *target), arguments.words,
                                      {{kStartedAs, target->version.str()}});
  std::cerr << printable(fmt::format("warning: version {} of the updater could not be started, {} goes on: {}",
                                     target->version.str(), running.str(), failed.error().message))
            << '\n';
  return {};
}

}  // namespace kip::updater
