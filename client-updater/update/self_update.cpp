#include <fmt/format.h>

#include <client-updater/update/machine.hpp>
#include <client-updater/update/self_update.hpp>
#include <client-updater/update/versions.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/core/exit_code.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kOwnerOnly = 0700;
constexpr std::chrono::seconds kPatience(120);

/// The last line that it said.
std::string_view last_line(std::string_view output) {
  const auto end = output.rfind('\n');
  return end == std::string_view::npos ? output : output.substr(end + 1);
}

Result<Version> version_said(std::string_view output) {
  KIP_TRY(const json::Value value, json::parse(last_line(output), {.bytes = 2048, .depth = 4, .values = 100}));
  json::ObjectReader in(value, "what it said");
  auto version = in.parsed("version", Version::parse);
  KIP_TRY_VOID(in.finish());
  return *std::move(version);
}

/// Whether that is the machine's fault and says nothing about the version.
bool blames_the_machine(const Error& error) {
  return error.code == ErrorCode::disk_full || error.code == ErrorCode::storage || error.code == ErrorCode::busy;
}

Result<void> judge_outcome(const CommandOutcome& outcome, const Version& version) {
  if (outcome.timed_out) return fail(ErrorCode::integrity, "it was not ready within two minutes");
  for (const ErrorCode code : {ErrorCode::disk_full, ErrorCode::storage, ErrorCode::busy}) {
    if (outcome.status == exit_code(code)) return fail(code, "trying a new version of the updater: " + outcome.output);
  }
  if (outcome.status != 0) {
    return fail(ErrorCode::integrity, fmt::format("it ended with status {}: {}", outcome.status, outcome.output));
  }
  const auto said = version_said(outcome.output);
  if (!said) return fail_while("reading what it said", said.error());
  if (*said == version) return {};
  return fail(ErrorCode::integrity, fmt::format("it says that it is version {}", said->str()));
}

/// Whether a version that is here, whole, can take the place of this one. `folder` is for this.
Result<void> try_in(const std::filesystem::path& folder, const Install& install, const Install& own,
                    const Target& target, TrialGround& ground) {
  const std::filesystem::path program = updater_program(own.layout(), target);
  const std::filesystem::path copy = folder / "updater.sqlite";
  KIP_TRY_VOID(ground.expect_startable(program));
  KIP_TRY_VOID(ground.copy_state(copy));
  Command command{.program = program, .arguments = ground.options(), .within = kPatience};
  command.arguments.insert(command.arguments.end(), {"--json", "self-check", copy.string()});
  KIP_TRY(const CommandOutcome outcome, install.ports().machine.run(command));
  KIP_TRY_VOID(judge_outcome(outcome, target.version));
  const auto left = ground.reread_state(copy);
  if (!left) return fail_while("the present updater could not use the state any more", left.error());
  if (*left == install.state()) return {};
  return fail(ErrorCode::integrity, "it would change what this install remembers");
}

Result<void> try_out(const Install& install, const Install& own, const Target& target, TrialGround& ground) {
  FileSystem& files = install.ports().files;
  const std::filesystem::path folder = own.layout().rehearsal();
  KIP_TRY_VOID(files.remove_tree(folder));
  KIP_TRY_VOID(files.make_directory(folder, kOwnerOnly));
  const Result<void> tried = try_in(folder, install, own, target, ground);
  KIP_TRY_VOID(files.remove_tree(folder));
  return tried;
}

Result<void> expect_idle(const Install& install) {
  const Phase phase = install.state().attempt.phase;
  if (!is_unsettled(phase)) return {};
  if (phase == Phase::held) return Unexpected(held_error(install.state().attempt));
  return fail(ErrorCode::conflict,
              "an update of the application is under way; the updater is brought up to date later");
}

/// Brings the vendor's version here, where it is later than what runs.
Result<SelfUpdateResult> fetch(Install& own, const Narrator& narrator, const Version& running, bool again) {
  SelfUpdateResult result{.running = running};
  const auto offer = check(own, narrator);
  if (!offer && offer.error().code == ErrorCode::not_found) {
    result.published = false;
    return result;
  }
  if (!offer) return Unexpected(offer.error());
  if (const auto allowed = own.state().policy.check(running); !allowed)
    result.warning = "this updater should be replaced: " + allowed.error().message;
  const bool is_wanted = offer->kind == OfferKind::available || (again && offer->kind == OfferKind::skipped);
  if (is_wanted && offer->release->version > running) KIP_TRY_VOID(update(own, narrator, again));
  return result;
}

Result<void> write(const Install& own, const StartChoice& choice) {
  return write_start_choice(own.ports().files, own.layout().start_choice(), choice);
}

/// A version that has not passed makes place for the one that works, and goes.
Result<void> refuse(Install& own, const Narrator& narrator, StartChoice choice, const Target& target) {
  choice.refused = target;
  KIP_TRY_VOID(write(own, choice));
  const std::optional<Target> works = proven_version(choice);
  if (!works || *works == target) return {};
  const auto back = rollback(own, narrator, works->version);
  if (!back && (back.error().code == ErrorCode::not_found || back.error().code == ErrorCode::rollback)) return {};
  if (!back) return Unexpected(back.error());
  State next = own.state();
  std::erase_if(next.versions, [&](const InstalledVersion& version) { return version.target == target; });
  return own.save(std::move(next), std::nullopt);
}

Result<void> choose(const Install& own, const StartChoice& choice, const Target& target) {
  const StartChoice next{.chosen = target,
                         .before = proven_version(choice),
                         .refused = choice.refused == target ? std::nullopt : choice.refused};
  return write(own, allowed_choice(next, own.state().policy));
}

/// What was chosen before, as far as officers still allow it. Its versions are kept.
Result<StartChoice> present_choice(Install& own) {
  KIP_TRY(const StartChoice choice, read_start_choice(own.ports().files, own.layout().start_choice()));
  std::vector<Target> versions;
  for (const auto& version : {choice.chosen, choice.before}) {
    if (version) versions.push_back(*version);
  }
  own.keep(std::move(versions));
  StartChoice allowed = allowed_choice(choice, own.state().policy);
  if (allowed != choice) KIP_TRY_VOID(write(own, allowed));
  return allowed;
}

/// The version that is here and may be chosen, if that is still to be decided.
std::optional<Target> candidate(const Install& own, const StartChoice& choice, const Version& running, bool again) {
  const InstalledVersion* current = own.state().current();
  if (current == nullptr || current->target.version <= running) return std::nullopt;
  const Target& target = current->target;
  if (!own.state().policy.check(target.version)) return std::nullopt;
  const bool was_given_up = target == choice.refused || (target == choice.chosen && has_failed(choice));
  if (was_given_up) return again ? std::optional(target) : std::nullopt;
  return target == choice.chosen ? std::nullopt : std::optional(target);
}

}  // namespace

std::string_view updater_product() {
  return KIP_UPDATER_PRODUCT;
}

std::filesystem::path updater_program(const Layout& own, const Target& target) {
  return own.version(target) / "bin" / "kip-updater";
}

Result<SelfUpdateResult> update_itself(Install& install, Install& own, const Narrator& narrator, const Version& running,
                                       TrialGround& ground, bool again) {
  KIP_TRY_VOID(expect_idle(install));
  const Narrator of_updater{.language = narrator.language,
                            .say = [&](std::string_view line) { narrator.say(fmt::format("updater: {}", line)); },
                            .progress = narrator.progress};
  KIP_TRY_VOID(present_choice(own));
  KIP_TRY(SelfUpdateResult result, fetch(own, of_updater, running, again));
  KIP_TRY(const StartChoice choice, present_choice(own));  // by what officers say now
  const std::optional<Target> target = candidate(own, choice, running, again);
  if (!target) return result;
  const auto passed = try_out(install, own, *target, ground);
  if (passed) {
    KIP_TRY_VOID(choose(own, choice, *target));
    result.chosen = target;
    return result;
  }
  if (blames_the_machine(passed.error())) return Unexpected(passed.error());
  KIP_TRY_VOID(refuse(own, of_updater, choice, *target));
  result.refused = passed.error().message;
  return result;
}

Result<void> prove_start(FileSystem& files, const Layout& own, const Version& running) {
  KIP_TRY(StartChoice choice, read_start_choice(files, own.start_choice()));
  if (choice.proven || !choice.chosen || choice.chosen->version != running) return {};
  choice.proven = true;
  return write_start_choice(files, own.start_choice(), choice);
}

}  // namespace kip::updater
