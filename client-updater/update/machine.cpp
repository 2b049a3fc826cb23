#include <fmt/format.h>
#include <fmt/ranges.h>

#include <client-updater/update/machine.hpp>

namespace kip::updater {
namespace {

/// On its way to the commit point.
bool is_running(const Attempt& state) {
  return state.target && state.phase < Phase::committed;
}

/// Whether two failures differ by numbers alone: how much room is missing changes from try to try.
bool says_the_same(const ReportedFailure& a, const ReportedFailure& b) {
  const auto without_numbers = [](std::string text) {
    std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
    return text;
  };
  return a.state == b.state && without_numbers(a.detail) == without_numbers(b.detail);
}

/// Stands between why an install is held and why its version was to be taken back.
constexpr std::string_view kBefore = ", and it was to be taken back because ";

/// Why a version was taken back, also where it was held in between.
std::string first_reason(const ReportedFailure& failure) {
  const auto before = failure.state == InstallState::held ? failure.detail.find(kBefore) : std::string::npos;
  return before == std::string::npos ? failure.detail : failure.detail.substr(before + kBefore.size());
}

/// Moves on to `phase` and reports it, unless an earlier run did both before it was interrupted.
Step advance(Attempt state, Phase phase, std::optional<InstallState> report, Do following) {
  if (state.phase >= phase) return {std::move(state), {following}};
  state.phase = phase;
  return {std::move(state), {Record{.report = report}, following}};
}

Step on_begin(const Attempt& state, const Begin& begin) {
  if (state.phase == Phase::held) return {state, {Stop{held_error(state)}}};
  if (state.phase == Phase::committed || state.phase == Phase::reverting) return {state, {}};  // to be finished first
  const bool continues = is_running(state) && state.move == begin.move && state.target == begin.target;
  Attempt next = continues ? state : Attempt{.move = begin.move, .target = begin.target};
  next.from = begin.current;
  return {std::move(next), {Do::admit}};
}

Step revert(Attempt state, std::string why) {
  state.phase = Phase::reverting;
  state.trials = 0;
  state.failure = ReportedFailure{InstallState::failed, std::move(why)};
  Record record;
  if (state.move == Move::install) {
    record.report = InstallState::failed;
    record.detail = state.failure->detail;
  }
  return {std::move(state), {std::move(record), Do::go_back}};
}

Step on_started(Attempt state, const Started& started) {
  switch (state.phase) {
    case Phase::committed:
      if (state.trials >= kTrials) {
        return revert(std::move(state), fmt::format("its check was begun {} times and never ended", kTrials));
      }
      ++state.trials;
      return {std::move(state), {Record{}, Do::check_health}};
    case Phase::reverting:
      return {std::move(state), {Do::go_back}};
    case Phase::applying:
      // Killed between the commit point and the record of it. Doing it again makes sure that it is whole and durable.
      if (started.switched) return {std::move(state), {Do::switch_over}};
      break;
    case Phase::idle:
    case Phase::downloaded:
    case Phase::staged:
    case Phase::confirmed:
    case Phase::reverted:
    case Phase::held:
      break;
  }
  return {std::move(state), {}};
}

Step on_switched(Attempt state) {
  if (state.phase != Phase::applying) return {std::move(state), {}};
  state.phase = Phase::committed;
  state.trials = 1;
  state.failure.reset();
  return {std::move(state), {Record{.makes_current = true}, Do::check_health}};
}

Step on_healthy(Attempt state, const Healthy& healthy) {
  if (state.phase != Phase::committed) return {std::move(state), {}};
  state.phase = Phase::confirmed;
  state.trials = 0;
  Record record{.confirms = true};
  if (state.move == Move::rollback) {
    record.report = InstallState::rolled_back;
    record.detail = "the version in use is now " + state.target->version.str();
  } else if (healthy.kept_edited.empty()) {
    record.report = InstallState::installed;
  } else {
    record.report = InstallState::installed_with_exceptions;
    record.detail =
        fmt::format("edited here, so the vendor's lie beside them: {}", fmt::join(healthy.kept_edited, ", "));
  }
  return {std::move(state), {std::move(record)}};
}

Step on_gone_back(Attempt state) {
  if (state.phase != Phase::reverting) return {std::move(state), {}};
  state.phase = Phase::reverted;
  state.trials = 0;
  const std::string in_use =
      state.from ? "version " + state.from->version.str() + " is in use again" : "none is in use";
  const std::string why = state.failure ? first_reason(*state.failure) : "";
  const bool was_held = state.failure && state.failure->state == InstallState::held;
  Record record{.takes_back = true};
  if (state.move == Move::install) {
    record.report = InstallState::rolled_back;
    record.detail = fmt::format("{}, {}: {}", was_held ? "by a person, after it was held" : "by itself", in_use, why);
  }
  Error error{ErrorCode::integrity,
              fmt::format("version {} was taken back, {}: {}", state.target->version.str(), in_use, why)};
  return {std::move(state), {std::move(record), Stop{std::move(error)}}};
}

Step on_happened(const Attempt& state, Happened happened) {
  if (happened == Happened::switched) return on_switched(state);
  if (happened == Happened::gone_back) return on_gone_back(state);
  if (!is_running(state)) return {state, {}};
  const bool install = state.move == Move::install;
  switch (happened) {
    case Happened::admitted:
      return {state, {install ? Do::download : Do::verify_kept}};
    case Happened::downloaded:
      return advance(state, Phase::downloaded, InstallState::downloaded, Do::stage);
    case Happened::staged:
      // What is taken back into use was asked for by a person here: the vendor's rollout has no say in it.
      if (!install) return advance(state, Phase::applying, std::nullopt, Do::switch_over);
      return advance(state, Phase::staged, InstallState::verified, Do::ask_again);
    case Happened::wanted:
      return advance(state, Phase::applying, InstallState::applying, Do::switch_over);
    case Happened::unwanted:
    case Happened::switched:
    case Happened::gone_back:
      break;
  }
  return {state, {}};
}

/// Whether the failure of a check may be the machine's passing trouble, and not what was checked.
bool may_pass(ErrorCode code) {
  return code == ErrorCode::storage || code == ErrorCode::disk_full || code == ErrorCode::busy;
}

/// Before the commit point: what is in use was not touched.
Step on_failed_early(Attempt state, const Failed& failed) {
  const std::optional<InstallState> how = report_of(failed.error.code);
  const ReportedFailure failure{how.value_or(InstallState::failed), failed.error.message};
  const bool is_news = how && !(state.failure && says_the_same(*state.failure, failure));
  // A rollback that fails has changed nothing, and the person who asked for it is here to read why.
  if (!state.target || state.move == Move::rollback || !is_news) return {std::move(state), {Stop{failed.error}}};
  state.failure = failure;
  return {std::move(state), {Record{.report = failure.state, .detail = failure.detail}, Stop{failed.error}}};
}

Step hold(Attempt state, const std::string& why) {
  state.phase = Phase::held;
  Record record;
  const bool is_news =
      !state.failure || state.failure->state != InstallState::held || !state.failure->detail.starts_with(why);
  if (is_news) {
    const std::string before = state.failure ? std::string(kBefore) + first_reason(*state.failure) : "";
    state.failure = ReportedFailure{InstallState::held, why + before};
    record = Record{.report = InstallState::held, .detail = state.failure->detail};
  }
  return {state, {std::move(record), Stop{held_error(state)}}};
}

Step on_failed(Attempt state, const Failed& failed) {
  switch (state.phase) {
    case Phase::committed:
      if (may_pass(failed.error.code) && state.trials < kTrials) return {std::move(state), {Stop{failed.error}}};
      return revert(std::move(state), failed.error.message);
    case Phase::applying:
      if (!failed.switched) break;
      if (++state.trials < kTrials) return {std::move(state), {Do::switch_over}};
      return revert(std::move(state), failed.error.message);
    case Phase::reverting:
      if (failed.error.code != ErrorCode::integrity) return {std::move(state), {Stop{failed.error}}};
      return hold(std::move(state), failed.error.message);
    case Phase::confirmed:
    case Phase::reverted:
    case Phase::held:
      return {std::move(state), {Stop{failed.error}}};
    case Phase::idle:
    case Phase::downloaded:
    case Phase::staged:
      break;
  }
  return on_failed_early(std::move(state), failed);
}

Step on_resume(Attempt state, const Resume& resume) {
  if (state.phase != Phase::held) return {std::move(state), {}};
  if (resume.keeps) {
    state.phase = Phase::committed;
    state.trials = kTrials;
    return {std::move(state), {Record{}, Do::check_health}};
  }
  state.phase = Phase::reverting;
  return {std::move(state), {Record{}, Do::go_back}};
}

}  // namespace

Error held_error(const Attempt& attempt) {
  KIP_CHECK(attempt.phase == Phase::held && attempt.target);
  return {
      ErrorCode::conflict,
      fmt::format("this install is held, because version {} could not be taken back: {}. Call the vendor's support; "
                  "after it was looked at, kip-updater resume tries again (its --help says what else it can do)",
                  attempt.target->version.str(), attempt.failure ? attempt.failure->detail : "")};
}

Step step(const Attempt& state, const Event& event) {
  if (const auto* begin = std::get_if<Begin>(&event)) return on_begin(state, *begin);
  if (const auto* started = std::get_if<Started>(&event)) return on_started(state, *started);
  if (const auto* healthy = std::get_if<Healthy>(&event)) return on_healthy(state, *healthy);
  if (const auto* failed = std::get_if<Failed>(&event)) return on_failed(state, *failed);
  if (const auto* resume = std::get_if<Resume>(&event)) return on_resume(state, *resume);
  return on_happened(state, std::get<Happened>(event));
}

State recorded(State state, const Attempt& attempt, const Record& record, Instant now) {
  state.attempt = attempt;
  if (record.makes_current) {
    for (InstalledVersion& version : state.versions)
      version.current = false;
    std::erase_if(state.versions, [&](const InstalledVersion& version) { return version.target == attempt.target; });
    state.versions.push_back({.target = *attempt.target, .committed_at = now, .confirmed_at = {}, .current = true});
    state.skipped = attempt.move == Move::rollback ? attempt.from : std::nullopt;
    // What was put off or waited for is here.
    const Version& version = attempt.target->version;
    if (state.deferral && state.deferral->version <= version) state.deferral.reset();
    if (state.waiting && state.waiting->version <= version) state.waiting.reset();
  }
  if (record.confirms) {
    for (InstalledVersion& version : state.versions) {
      if (version.target == attempt.target) version.confirmed_at = now;
    }
  }
  if (record.takes_back) {
    // One that a person went back to had passed its checks before: it is kept, and can be gone back to again.
    for (InstalledVersion& version : state.versions) {
      if (attempt.move == Move::rollback && version.target == attempt.target) version.confirmed_at = now;
    }
    std::erase_if(state.versions, [&](const InstalledVersion& version) {
      return attempt.move == Move::install && version.target == attempt.target;
    });
    for (InstalledVersion& version : state.versions)
      version.current = version.target == attempt.from;
    state.skipped = attempt.move == Move::install ? attempt.target : std::nullopt;
  }
  return state;
}

std::optional<InstallState> report_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed:
    case ErrorCode::too_large:
    case ErrorCode::signature:
    case ErrorCode::expired:
    case ErrorCode::rollback:
    case ErrorCode::integrity:
      return InstallState::rejected;
    case ErrorCode::usage:
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::denied:
    case ErrorCode::storage:
    case ErrorCode::disk_full:
    case ErrorCode::internal:
      return InstallState::failed;
    case ErrorCode::network:
    case ErrorCode::busy:
      return std::nullopt;
  }
  KIP_CHECK(false);
  return std::nullopt;
}

}  // namespace kip::updater
