#include <fmt/format.h>

#include <client-updater/update/hooks.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kOwnerFile = 0600;

}  // namespace

Result<void> expect_success(const Command& command, const CommandOutcome& outcome) {
  if (outcome.status == 0 && !outcome.timed_out) return {};
  const std::string how = outcome.timed_out ? fmt::format("did not end within {} s", command.within.count())
                                            : fmt::format("ended with status {}", outcome.status);
  return fail(ErrorCode::conflict, fmt::format("{} {}{}{}", command.program.string(), how,
                                               outcome.output.empty() ? "" : ": ", outcome.output));
}

Result<HookPolicy> Hooks::policy() {
  if (policy_) return *policy_;
  const std::filesystem::path file = install_.ports().hooks_file;
  KIP_TRY(const auto bytes, install_.ports().machine.read_administrators_file(file));
  if (!bytes) return policy_.emplace();
  auto parsed = parse_hook_policy(*bytes);
  if (!parsed) return fail_while("reading " + file.string(), parsed.error());
  return policy_.emplace(*std::move(parsed));
}

Result<void> Hooks::quiesce() {
  KIP_TRY(const HookPolicy allowed, policy());
  if (!allowed.quiesce) return {};
  narrator_.say("stopping the application");
  const Layout& layout = install_.layout();
  KIP_TRY_VOID(replace_file(install_.ports().files, layout.quiesced(), "", kOwnerFile));
  KIP_TRY(const CommandOutcome outcome, install_.ports().machine.run(*allowed.quiesce));
  return expect_success(*allowed.quiesce, outcome);
}

Result<void> Hooks::resume() {
  FileSystem& files = install_.ports().files;
  const std::filesystem::path marker = install_.layout().quiesced();
  KIP_TRY(const bool was_stopped, path_exists(files, marker));
  if (!was_stopped) return {};
  auto started = start();
  if (!started) {
    narrator_.say(started.error().message + "; trying once more");
    started = start();
  }
  if (!started) return started;
  KIP_TRY_VOID(files.remove(marker));
  return files.sync_directory(install_.layout().state());
}

Result<void> Hooks::start() {
  KIP_TRY(const HookPolicy allowed, policy());
  if (!allowed.resume) return {};
  narrator_.say("starting the application");
  KIP_TRY(const CommandOutcome outcome, install_.ports().machine.run(*allowed.resume));
  return expect_success(*allowed.resume, outcome);
}

}  // namespace kip::updater
