#include <fmt/format.h>

#include <client-updater/update/machine.hpp>
#include <client-updater/update/self_update.hpp>
#include <client-updater/update/versions.hpp>
#include <manifests/codec/reader.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kOwnerOnly = 0700;
constexpr std::chrono::seconds kPatience(60);

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

Result<void> run_check(const Install& install, const std::filesystem::path& program, const Version& version,
                       const std::filesystem::path& state) {
  const Command command{
      .program = program,
      .arguments = {"--json", "--dir", install.layout().root().string(), "self-check", state.string()},
      .within = kPatience};
  KIP_TRY(const CommandOutcome outcome, install.ports().machine.run(command));
  if (outcome.timed_out) return fail(ErrorCode::integrity, "it was not ready within a minute");
  if (outcome.status != 0) {
    return fail(ErrorCode::integrity, fmt::format("it ended with status {}: {}", outcome.status, outcome.output));
  }
  const auto said = version_said(outcome.output);
  if (!said) return fail_while("reading what it said", said.error());
  if (*said == version) return {};
  return fail(ErrorCode::integrity, fmt::format("it says that it is version {}", said->str()));
}

/// Whether a version that is here, whole, can take the place of this one.
Result<void> try_out(const Install& install, const Install& own, const Target& target, StateCopies& copies) {
  FileSystem& files = install.ports().files;
  const std::filesystem::path folder = own.layout().rehearsal();
  KIP_TRY_VOID(files.remove_tree(folder));
  KIP_TRY_VOID(files.make_directory(folder, kOwnerOnly));
  const std::filesystem::path copy = folder / "updater.sqlite";
  KIP_TRY_VOID(copies.copy(copy));
  KIP_TRY_VOID(run_check(install, updater_program(own.layout(), target), target.version, copy));
  const auto left = copies.load(copy);
  if (!left) return fail_while("the present updater could not read the state any more", left.error());
  if (*left != install.state()) return fail(ErrorCode::integrity, "it would change what this install remembers");
  return files.remove_tree(folder);
}

Result<void> expect_idle(const Install& install) {
  const Phase phase = install.state().attempt.phase;
  if (!is_unsettled(phase)) return {};
  if (phase == Phase::held) return Unexpected(held_error(install.state().attempt));
  return fail(ErrorCode::conflict,
              "an update of the application is under way; the updater is brought up to date later");
}

/// Brings the vendor's version here, where it is later than what runs.
Result<SelfUpdateResult> fetch(Install& own, const Narrator& narrator, const Version& running) {
  SelfUpdateResult result{.running = running};
  const auto offer = check(own, narrator);
  if (!offer && offer.error().code == ErrorCode::not_found) {
    result.published = false;
    return result;
  }
  if (!offer) return Unexpected(offer.error());
  if (const auto allowed = own.state().policy.check(running); !allowed)
    result.warning = "this updater should be replaced: " + allowed.error().message;
  if (offer->release && offer->release->version > running &&
      (offer->kind == OfferKind::available || offer->kind == OfferKind::up_to_date)) {
    result.offered = Target{offer->release->version, offer->release->manifest};
  }
  if (result.offered && offer->kind == OfferKind::available) KIP_TRY_VOID(update(own, narrator, false));
  return result;
}

/// A version that has not passed makes place for the one before it, and goes.
Result<void> refuse(Install& own, const Narrator& narrator, StartChoice choice, const Target& target) {
  choice.refused = target;
  KIP_TRY_VOID(write_start_choice(own.ports().files, own.layout().start_choice(), choice));
  const auto back = rollback(own, narrator, std::nullopt);
  if (!back && back.error().code == ErrorCode::not_found) return {};  // it is the only one
  if (!back) return Unexpected(back.error());
  State next = own.state();
  std::erase_if(next.versions, [&](const InstalledVersion& version) { return version.target == target; });
  return own.save(std::move(next), std::nullopt);
}

Result<void> choose(Install& own, StartChoice choice, const Target& target) {
  if (choice.proven) choice.before = choice.chosen;
  if (choice.before && !own.state().policy.check(choice.before->version)) choice.before.reset();
  choice.chosen = target;
  choice.proven = false;
  choice.starts = 0;
  return write_start_choice(own.ports().files, own.layout().start_choice(), choice);
}

}  // namespace

std::string_view updater_product() {
  return KIP_UPDATER_PRODUCT;
}

std::filesystem::path updater_program(const Layout& own, const Target& target) {
  return own.version(target) / "bin" / "kip-updater";
}

Result<SelfUpdateResult> update_itself(Install& install, Install& own, const Narrator& narrator, const Version& running,
                                       StateCopies& copies) {
  KIP_TRY_VOID(expect_idle(install));
  const Narrator of_updater{.language = narrator.language,
                            .say = [&](std::string_view line) { narrator.say(fmt::format("updater: {}", line)); },
                            .progress = narrator.progress};
  FileSystem& files = own.ports().files;
  KIP_TRY(SelfUpdateResult result, fetch(own, of_updater, running));
  KIP_TRY(const StartChoice choice, read_start_choice(files, own.layout().start_choice()));
  const InstalledVersion* current = own.state().current();
  if (current == nullptr || current->target.version <= running) return result;
  const Target target = current->target;
  if (choice.chosen == target || choice.refused == target) return result;
  const auto passed = try_out(install, own, target, copies);
  if (passed) {
    KIP_TRY_VOID(choose(own, choice, target));
    result.chosen = target;
    return result;
  }
  // A disk that is full says nothing about the new version.
  if (passed.error().code == ErrorCode::disk_full || passed.error().code == ErrorCode::storage)
    return Unexpected(passed.error());
  KIP_TRY_VOID(refuse(own, of_updater, choice, target));
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
