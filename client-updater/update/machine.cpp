#include <client-updater/update/machine.hpp>

namespace kip::updater {
namespace {

bool is_running(const Attempt& state) {
  return state.target && state.phase != Phase::committed && state.phase != Phase::confirmed;
}

/// Moves on to `phase` and reports it, unless an earlier run did both before it was interrupted.
Step advance(Attempt state, Phase phase, std::optional<InstallState> report, Do following) {
  if (state.phase >= phase) return {std::move(state), {following}};
  state.phase = phase;
  return {std::move(state), {Record{.report = report}, following}};
}

Step on_begin(const Attempt& state, const Begin& begin) {
  if (state.phase == Phase::committed) return {state, {}};  // to be finished first
  const bool continues = is_running(state) && state.move == begin.move && state.target == begin.target;
  Attempt next = continues ? state : Attempt{.move = begin.move, .target = begin.target};
  next.from = begin.current;
  return {std::move(next), {Do::admit}};
}

Step on_started(const Attempt& state, const Started& started) {
  if (state.phase == Phase::committed) return {state, {Do::check_health}};
  // Killed between the pointer and the record of it. Setting it again makes sure that it is durable.
  if (state.phase == Phase::applying && started.pointer_at_target) return {state, {Do::point}};
  return {state, {}};
}

Step on_pointed(Attempt state) {
  if (state.phase != Phase::applying) return {std::move(state), {}};
  state.phase = Phase::committed;
  state.failure.reset();
  return {std::move(state), {Record{.makes_current = true}, Do::check_health}};
}

Step on_healthy(Attempt state) {
  if (state.phase != Phase::committed) return {std::move(state), {}};
  state.phase = Phase::confirmed;
  Record record{.confirms = true};
  if (state.move == Move::install) {
    record.report = InstallState::installed;
  } else if (state.from) {
    record.report = InstallState::rolled_back;
    record.detail = "the version in use is now " + state.target->version.str();
  }
  return {std::move(state), {std::move(record)}};
}

Step on_happened(const Attempt& state, Happened happened) {
  switch (happened) {
    case Happened::pointed:
      return on_pointed(state);
    case Happened::healthy:
      return on_healthy(state);
    case Happened::admitted:
    case Happened::downloaded:
    case Happened::staged:
    case Happened::wanted:
    case Happened::unwanted:
      break;
  }
  if (!is_running(state)) return {state, {}};
  const bool install = state.move == Move::install;
  switch (happened) {
    case Happened::admitted:
      return {state, {install ? Do::download : Do::verify_kept}};
    case Happened::downloaded:
      return advance(state, Phase::downloaded, InstallState::downloaded, Do::stage);
    case Happened::staged:
      // What is taken back into use was asked for by a person here: the vendor's rollout has no say in it.
      if (!install) return advance(state, Phase::applying, std::nullopt, Do::point);
      return advance(state, Phase::staged, InstallState::verified, Do::ask_again);
    case Happened::wanted:
      return advance(state, Phase::applying, InstallState::applying, Do::point);
    case Happened::unwanted:
    case Happened::pointed:
    case Happened::healthy:
      break;
  }
  return {state, {}};
}

Step on_failed(Attempt state, const Failed& failed) {
  if (state.phase == Phase::applying && failed.pointer_at_target) return {std::move(state), {Stop{failed.error}}};
  const std::optional<InstallState> how = report_of(failed.error.code);
  // "rejected" says that nothing was changed: no longer true once it is in use.
  const bool rejected = how == InstallState::rejected && state.phase != Phase::committed;
  const ReportedFailure failure{rejected ? InstallState::rejected : InstallState::failed, failed.error.message};
  const bool is_news = how && state.failure != failure;
  // A rollback that fails has changed nothing, and the person who asked for it is here to read why.
  const bool reports = state.target && state.move == Move::install && state.phase != Phase::confirmed && is_news;
  if (!reports) return {std::move(state), {Stop{failed.error}}};
  state.failure = failure;
  return {std::move(state), {Record{.report = failure.state, .detail = failure.detail}, Stop{failed.error}}};
}

}  // namespace

Step step(const Attempt& state, const Event& event) {
  if (const auto* begin = std::get_if<Begin>(&event)) return on_begin(state, *begin);
  if (const auto* started = std::get_if<Started>(&event)) return on_started(state, *started);
  if (const auto* failed = std::get_if<Failed>(&event)) return on_failed(state, *failed);
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
  }
  if (record.confirms) {
    for (InstalledVersion& version : state.versions) {
      if (version.target == attempt.target) version.confirmed_at = now;
    }
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
