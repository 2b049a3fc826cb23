#include <algorithm>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include <client-updater/app/hand_over.hpp>
#include <client-updater/app/running.hpp>
#include <client-updater/app/self_commands.hpp>
#include <client-updater/app/service.hpp>
#include <client-updater/platform/posix/local_time.hpp>
#include <client-updater/update/by_itself.hpp>

namespace kip::updater {
namespace {

using std::chrono::seconds;

constexpr seconds kWhileWaiting = std::chrono::minutes(5);

void say_failure(const Arguments& arguments, const Error& error) {
  print(arguments, {{fmt::format("error: {}", error.message)},
                    {{"error", json::Object{{"code", to_string(error.code)}, {"message", error.message}}}}});
}

/// Whether a new version of the updater is to be started. What goes wrong with that is said and ends nothing.
bool renew_updater(const Arguments& arguments, Session& session, Install& install, const Narrator& narrator) {
  const auto result = update_itself(arguments, session, install, narrator, false);
  if (result) {
    const bool is_news = result->chosen || !result->refused.empty() || !result->warning.empty();
    if (is_news) print(arguments, describe(*result));
    return result->chosen.has_value();
  }
  say_failure(arguments, result.error());
  return false;
}

/// What becomes of the application in a round. Errors: those of update_by_itself() and of recovery.
Result<void> renew_application(const Arguments& arguments, Session& session, Install& install, ProgressBar& bar,
                               Round& round) {
  const Narrator narrator = narrator_for(arguments, session.settings(), bar);
  const LocalMoment local = local_moment(session.clock().now());
  const Schedule& schedule = session.settings().schedule;
  round.is_quiet = schedule.quiet_hours.includes(local);
  if (round.is_quiet) return Applier(install, narrator).recover();
  settle_key(arguments, install);
  auto result = update_by_itself(install, narrator, schedule, local);
  bar.wipe();
  if (!result) return finish_failed(arguments, install, std::move(result).error());
  if (result->offer.release) keep_language(result->offer.release->notes, narrator.language);
  round.waits = result->waiting != Waiting::nothing;
  KIP_TRY_VOID(finish(arguments, install, describe(*result)));
  const bool may_install =
      waits_for(schedule, local, std::nullopt, arguments.version.value(), session.clock().now()) == Waiting::nothing;
  if (!result->installed && session.settings().self_update && may_install)
    round.has_new_updater = renew_updater(arguments, session, install, narrator);
  return {};
}

/// One round; its failure is a part of it. The install is locked only meanwhile, so that people can use it between
/// rounds. Errors: those of opening the install.
Result<Round> play_round(const Arguments& arguments) {
  Round round;
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  KIP_TRY(Install install, Install::open(session->ports(), session->layout()));
  ProgressBar bar(session->clock());
  if (auto done = renew_application(arguments, *session, install, bar, round); !done)
    round.failure = std::move(done).error();
  if (const auto& until = session->not_before()) {
    round.asked_to_wait = std::chrono::ceil<seconds>(*until - session->clock().now());
  }
  note_end(arguments);
  return round;
}

/// Whether an install that could not be opened may be better off later. Busy: a person is at work there.
bool may_pass(const Error& error) {
  return error.code != ErrorCode::usage && error.code != ErrorCode::malformed && error.code != ErrorCode::not_found;
}

/// The failure of a round is said; `before` is how many in a row found nobody.
std::int64_t count_failure(const Arguments& arguments, const std::optional<Error>& failure, std::int64_t before) {
  if (!failure) return 0;
  say_failure(arguments, *failure);
  return failure->code == ErrorCode::network || failure->code == ErrorCode::busy ? before + 1 : 0;
}

constexpr const char* kFailures = "KIP_UPDATER_FAILURES";

/// Failures in a row, of the rounds before this program was started anew.
std::int64_t failures_before() {
  const char* const value = std::getenv(kFailures);
  return value == nullptr ? 0 : std::clamp<std::int64_t>(std::strtoll(value, nullptr, 10), 0, 1'000'000);
}

std::uint16_t chance_of(RandomSource& random) {
  const Bytes octets = random.bytes(2);
  return static_cast<std::uint16_t>(static_cast<unsigned char>(octets[0]) * 256U +
                                    static_cast<unsigned char>(octets[1]));
}

}  // namespace

std::chrono::seconds until_next_round(const UpdaterSettings& settings, const Round& round, std::uint16_t chance) {
  constexpr std::int64_t kFirst = 30;
  constexpr std::int64_t kSteps = 10;
  seconds wait = settings.check_every;
  if (round.failures > 0) wait = std::min(wait, seconds(kFirst << std::min(round.failures - 1, kSteps)));
  if (round.waits || round.is_quiet) wait = std::min(wait, kWhileWaiting);
  // 0.8 to 1.2 times.
  constexpr std::int64_t kWhole = 327'675;
  const std::int64_t spread = wait.count() * (4 * 65'535 + 2 * std::int64_t{chance}) / kWhole;
  return std::max({seconds(1), seconds(spread), round.asked_to_wait});
}

Result<void> run_service(const Arguments& arguments) {
  SystemRandom random;
  for (std::int64_t failures = failures_before();;) {
    PosixFileSystem files;
    std::error_code unknown;
    const Layout layout(std::filesystem::absolute(arguments.folder, unknown));
    KIP_TRY(const UpdaterSettings settings, read_updater_settings(files, arguments, layout));
    const auto played = play_round(arguments);
    if (!played && (arguments.once || !may_pass(played.error()))) return Unexpected(played.error());
    Round round = played ? *played : Round{.failure = played.error()};
    if (arguments.once) return round.failure ? Result<void>(Unexpected(*round.failure)) : Result<void>();
    failures = count_failure(arguments, round.failure, failures);
    round.failures = failures;
    const bool at_once = round.has_new_updater && round.asked_to_wait == seconds(0);
    if (!at_once) std::this_thread::sleep_for(until_next_round(settings, round, chance_of(random)));
    // Nothing of this round is left in memory, and a program that was replaced meanwhile is used.
    start_anew(arguments, {{kFailures, std::to_string(failures)}});
  }
}

Result<void> run_defer(const Arguments& arguments) {
  if (arguments.cancel) {
    return with_install(arguments,
                        [](Install& install, const Narrator& narrator) { return undefer(install, narrator); });
  }
  if (arguments.until.empty() || arguments.reason.empty()) {
    return fail(ErrorCode::usage, "say until when (--until 2026-01-31 or an instant) and why (--reason TEXT)");
  }
  // A day ends it: the version may be installed on the next one.
  auto until = parse_instant(arguments.until);
  if (!until) {
    KIP_TRY(const LegalDate day, parse_date(arguments.until));
    until = start_of_local_day(day + std::chrono::days(1));
  }
  return with_install(arguments, [&](Install& install, const Narrator& narrator) {
    return defer(install, narrator, *until, arguments.reason);
  });
}

}  // namespace kip::updater
