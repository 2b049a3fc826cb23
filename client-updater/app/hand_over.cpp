#include <cstdlib>
#include <iostream>

#include <fmt/format.h>

#include <client-updater/app/hand_over.hpp>
#include <client-updater/platform/posix/replace_program.hpp>
#include <client-updater/update/self_update.hpp>
#include <manifests/core/printable.hpp>
#include <signing/storage/posix_file_system.hpp>

namespace kip::updater {
namespace {

/// Tells the program that is started which version it was started as: one that says it is another does not start the
/// same again.
constexpr const char* kStartedAs = "KIP_UPDATER_STARTED_AS";

/// The program that was set up on this machine, where another one was started by it.
constexpr const char* kSetUp = "KIP_UPDATER_SET_UP";

bool was_started_as(const Version& version) {
  const char* const value = std::getenv(kStartedAs);
  return value != nullptr && value == version.str();
}

std::filesystem::path set_up_program(const Arguments& arguments) {
  const char* const value = std::getenv(kSetUp);
  return value != nullptr ? std::filesystem::path(value) : arguments.program;
}

void warn(std::string_view what, const Error& error) {
  std::cerr << printable(fmt::format("warning: {}: {}", what, error.message)) << '\n';
}

Result<void> try_to_hand_over(FileSystem& files, const Arguments& arguments, const Layout& install, bool is_alone) {
  const Version& running = *arguments.version;
  const Layout own = Layout::of_updater(install);
  KIP_TRY(StartChoice choice, read_start_choice(files, own.start_choice()));
  const std::optional<Target> target = to_be_started(choice, running, is_alone);
  if (!target || was_started_as(target->version)) return {};
  if (target == choice.chosen && !choice.proven) {
    ++choice.starts;
    KIP_TRY_VOID(write_start_choice(files, own.start_choice(), choice));
  }
  return replace_program(install.root(), updater_program(own, *target), arguments.words,
                         {{kStartedAs, target->version.str()}, {kSetUp, set_up_program(arguments).string()}});
}

}  // namespace

void hand_over(FileSystem& files, const Arguments& arguments, const Layout& install, bool is_alone) {
  if (!arguments.version) return;
  const auto done = try_to_hand_over(files, arguments, install, is_alone);
  if (!done) warn(fmt::format("the updater goes on as version {}", arguments.version->str()), done.error());
}

void note_end(const Arguments& arguments) {
  if (!arguments.version) return;
  PosixFileSystem files;
  const auto done = prove_start(files, Layout::of_updater(Layout(arguments.folder)), *arguments.version);
  if (!done) warn("that this version of the updater works could not be written down", done.error());
}

void start_anew(const Arguments& arguments, const std::vector<std::pair<std::string, std::string>>& variables) {
  const std::filesystem::path program = set_up_program(arguments);
  if (program.empty()) return;
  for (const char* const name : {kStartedAs, kSetUp})
    ::unsetenv(name);
  static_cast<void>(replace_program(program.parent_path(), program, arguments.words, variables));
}

}  // namespace kip::updater
