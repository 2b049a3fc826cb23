#include <fmt/format.h>

#include <manifests/model/service_case.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxVisits = 100;
constexpr std::chrono::days kLongestVisit(7);

Unexpected already(const ServiceFacts& facts, const char* what, const ServiceStep& step) {
  return fail(ErrorCode::conflict, fmt::format("request #{} is {} already, since {} by {}", facts.number, what,
                                               format_instant(step.at), step.by));
}

}  // namespace

Result<void> ServiceCase::answer(ServiceStep step) {
  if (resolved_) return already(facts_, "resolved", *resolved_);
  if (answered_) return already(facts_, "answered", *answered_);
  answered_ = std::move(step);
  return {};
}

Result<void> ServiceCase::fail_remote(ServiceStep step) {
  if (facts_.kind != ServiceKind::remote) {
    return fail(ErrorCode::usage,
                fmt::format("request #{} asks for {}, not for remote help", facts_.number, to_string(facts_.kind)));
  }
  if (resolved_) return already(facts_, "resolved", *resolved_);
  if (remote_failed_) return already(facts_, "recorded as failed", *remote_failed_);
  if (step.note.empty()) return fail(ErrorCode::usage, "say in a note what was tried and why it failed");
  remote_failed_ = std::move(step);
  return {};
}

Result<void> ServiceCase::resolve(ServiceStep step) {
  if (resolved_) return already(facts_, "resolved", *resolved_);
  resolved_ = std::move(step);
  return {};
}

Result<void> ServiceCase::visit(ServiceVisit visit) {
  if (visit.to <= visit.from || visit.to - visit.from > kLongestVisit) {
    return fail(ErrorCode::usage, "a visit ends after it begins, within a week");
  }
  if (visit.from < facts_.came_at || visit.to > visit.recorded) {
    return fail(ErrorCode::usage, fmt::format("a visit for request #{} lies after {} and not in the future",
                                              facts_.number, format_instant(facts_.came_at)));
  }
  if (visits_.size() == kMaxVisits) {
    return fail(ErrorCode::too_large, fmt::format("request #{} has {} visits already", facts_.number, kMaxVisits));
  }
  visits_.push_back(std::move(visit));
  return {};
}

std::optional<Instant> ServiceCase::reached(ServiceMilestone milestone) const {
  const auto resolved = resolved_ ? std::optional(resolved_->at) : std::nullopt;
  switch (milestone) {
    case ServiceMilestone::resolved:
      return resolved;
    case ServiceMilestone::answered:
      return answered_ ? std::optional(answered_->at) : resolved;
    case ServiceMilestone::visited:
      break;
  }
  std::optional<Instant> first;
  for (const ServiceVisit& visit : visits_)
    first = first ? std::min(*first, visit.from) : visit.from;
  return first;
}

Result<const ServiceCase*> failed_remote_of(const std::vector<ServiceCase>& cases) {
  const ServiceCase* found = nullptr;
  for (const ServiceCase& one : cases) {
    if (one.remote_failed() && (found == nullptr || found->remote_failed()->at <= one.remote_failed()->at))
      found = &one;
  }
  if (found != nullptr) return found;
  return fail(ErrorCode::usage,
              "a visit is there only where help from afar has failed: ask for remote help first; once the vendor has "
              "recorded that it failed, ask for the visit again");
}

}  // namespace kip
