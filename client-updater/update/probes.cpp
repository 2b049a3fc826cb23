#include <fmt/format.h>

#include <client-updater/update/probes.hpp>
#include <signing/package/folder_scan.hpp>

namespace kip::updater {
namespace {

constexpr std::chrono::milliseconds kBetweenTries(500);

Unexpected not_passed(const PackageProbe& probe, std::string_view why) {
  return fail(ErrorCode::conflict,
              fmt::format("it should have been found {}, and was not ({})", describe_probe(probe), why));
}

class ApplicationProber {
 public:
  ApplicationProber(const Install& install, const Narrator& narrator, Hooks& hooks, const PackageManifest& manifest,
                    const std::filesystem::path& tree)
      : install_(install), narrator_(narrator), hooks_(hooks), manifest_(manifest), tree_(tree) {}

  Result<void> run(const PackageProbe& probe) {
    if (const auto* http = std::get_if<HttpProbe>(&probe.what)) {
      return until_passed(probe, [&]() -> Result<void> {
        KIP_TRY(const int status, machine().http_status(http->port, http->path));
        if (status == http->status) return {};
        return fail(ErrorCode::conflict, fmt::format("the status is {}", status));
      });
    }
    if (const auto* port = std::get_if<PortProbe>(&probe.what)) {
      return until_passed(probe, [&] { return machine().connect(port->port); });
    }
    if (const auto* command = std::get_if<CommandProbe>(&probe.what)) return run_command(probe, *command);
    return {};
  }

 private:
  LocalMachine& machine() const { return install_.ports().machine; }

  template <class Try>
  Result<void> until_passed(const PackageProbe& probe, Try&& attempt) {
    const Instant end = install_.ports().clock.now() + std::chrono::seconds(probe.within_seconds);
    narrator_.say("checking " + describe_probe(probe));
    for (;;) {
      const Result<void> passed = attempt();
      if (passed) return {};
      if (install_.ports().clock.now() >= end) return not_passed(probe, passed.error().message);
      machine().pause(kBetweenTries);
    }
  }

  Result<void> run_command(const PackageProbe& probe, const CommandProbe& command) {
    KIP_TRY(const HookPolicy policy, hooks_.policy());
    if (!policy.probe_user) {
      narrator_.say(fmt::format("not checked, since {} does not allow it: {}", install_.ports().hooks_file.string(),
                                describe_probe(probe)));
      return {};
    }
    narrator_.say("checking " + describe_probe(probe));
    const PackageFile* file = manifest_.find(command.program.str());
    KIP_CHECK(file != nullptr);
    const std::filesystem::path program = tree_ / command.program.str();
    KIP_TRY(const FileDigest found, digest_file(install_.ports().files, program));
    if (found.sha256 != file->sha256) {
      return fail(ErrorCode::integrity, fmt::format("{} is not what the vendor signed", program.string()));
    }
    const Command what{program, command.arguments, std::chrono::seconds(probe.within_seconds), *policy.probe_user};
    KIP_TRY(const CommandOutcome outcome, machine().run(what));
    if (const auto ended = expect_success(what, outcome); !ended) return not_passed(probe, ended.error().message);
    return {};
  }

  const Install& install_;
  const Narrator& narrator_;
  Hooks& hooks_;
  const PackageManifest& manifest_;
  const std::filesystem::path& tree_;
};

}  // namespace

Result<void> probe_databases(const Install& install, const PackageManifest& manifest) {
  for (const PackageProbe& probe : manifest.content().subject.upkeep.probes) {
    const auto* query = std::get_if<QueryProbe>(&probe.what);
    if (query == nullptr) continue;
    for (const AttachedDatabase& database : install.state().databases) {
      if (database.kind != query->database) continue;
      KIP_TRY(const std::string found, install.ports().databases.ask(database, query->query));
      // What was found is the customer's, and this goes to the vendor.
      if (found != query->expect) return not_passed(probe, "in " + database.location);
    }
  }
  return {};
}

Result<void> probe_application(const Install& install, const Narrator& narrator, Hooks& hooks,
                               const PackageManifest& manifest, const std::filesystem::path& tree) {
  ApplicationProber prober(install, narrator, hooks, manifest, tree);
  for (const PackageProbe& probe : manifest.content().subject.upkeep.probes)
    KIP_TRY_VOID(prober.run(probe));
  return {};
}

}  // namespace kip::updater
