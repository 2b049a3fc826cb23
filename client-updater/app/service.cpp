#include <algorithm>
#include <thread>

#include <fmt/format.h>

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
Result<bool> renew_updater(const Arguments& arguments, Session& session, Install& install, const Narrator& narrator) {
  const auto result = update_itself(arguments, session, install, narrator);
  if (result) {
    const bool is_news = result->chosen || !result->refused.empty() || !result->warning.empty();
    if (is_news) print(arguments, describe(*result));
    return result->chosen.has_value();
  }
  say_failure(arguments, result.error());
  return false;
}

/// One round, its failures said. The install is locked only meanwhile, so that people can use it between rounds.
Result<Round> play_round(const Arguments& arguments, std::int64_t failures_before) {
  Round round;
  KIP_TRY(const auto session, Session::open(arguments, Session::Access::exclusive));
  KIP_TRY(Install install, Install::open(session->ports(), session->layout()));
  ProgressBar bar(session->clock());
  const Narrator narrator = narrator_for(arguments, session->settings(), bar);
  const LocalMoment local = local_moment(session->clock().now());
  const Schedule& schedule = session->settings().schedule;
  round.is_quiet = schedule.quiet_hours.includes(local);
  if (round.is_quiet) {
    KIP_TRY_VOID(Applier(install, narrator).recover());
    return round;
  }
  auto result = update_by_itself(install, narrator, schedule, local);
  bar.wipe();
  KIP_TRY_VOID(session->prove_start(arguments));
  if (const auto& until = session->not_before()) {
    round.asked_to_wait = std::chrono::ceil<seconds>(*until - session->clock().now());
  }
  if (result) {
    if (result->offer.release) keep_language(result->offer.release->notes, narrator.language);
    round.waits = result->waiting != Waiting::nothing;
    KIP_TRY_VOID(finish(arguments, install, describe(*result)));
    if (!result->installed && session->settings().self_update) {
      KIP_TRY(round.has_new_updater, renew_updater(arguments, *session, install, narrator));
    }
    return round;
  }
  const Error error = result.error();
  round.failures = error.code == ErrorCode::network || error.code == ErrorCode::busy ? failures_before + 1 : 0;
  static_cast<void>(finish_failed(arguments, install, error));
  if (arguments.once) return Unexpected(error);
  say_failure(arguments, error);
  return round;
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
  std::int64_t failures = 0;
  for (;;) {
    PosixFileSystem files;
    std::error_code unknown;
    const Layout layout(std::filesystem::absolute(arguments.folder, unknown));
    KIP_TRY(const UpdaterSettings settings,
            read_updater_settings(files, arguments.settings.empty() ? layout.settings() : arguments.settings));
    auto round = play_round(arguments, failures);
    if (!round && (arguments.once || round.error().code != ErrorCode::busy))
      return Unexpected(std::move(round).error());
    // Busy: a person is at work in that folder.
    const Round played = round ? *round : Round{.failures = 1};
    if (arguments.once) return {};
    failures = played.failures;
    if (played.has_new_updater) continue;  // the next round starts it
    std::this_thread::sleep_for(until_next_round(settings, played, chance_of(random)));
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
