#include <manifests/codec/choice.hpp>
#include <manifests/core/check.hpp>
#include <manifests/model/obligation_state.hpp>

namespace kip {
namespace {

constexpr Choices<ObligationState, 12> kStates = {{{ObligationState::unconfirmed, "unconfirmed"},
                                                   {ObligationState::running, "running"},
                                                   {ObligationState::at_risk, "at_risk"},
                                                   {ObligationState::met, "met"},
                                                   {ObligationState::met_late, "met_late"},
                                                   {ObligationState::missed, "missed"},
                                                   {ObligationState::waived, "waived"},
                                                   {ObligationState::blocked_upstream, "blocked_upstream"},
                                                   {ObligationState::delayed_by_customer, "delayed_by_customer"},
                                                   {ObligationState::not_applicable, "not_applicable"},
                                                   {ObligationState::not_entitled, "not_entitled"},
                                                   {ObligationState::tracked, "tracked"}}};

}  // namespace

std::string_view to_string(ObligationState state) {
  return choice_text(kStates, state);
}
Result<ObligationState> parse_obligation_state(std::string_view text) {
  return parse_choice(kStates, "a state of an obligation", text);
}

bool needs_work(ObligationState state) {
  switch (state) {
    case ObligationState::unconfirmed:
    case ObligationState::running:
    case ObligationState::at_risk:
    case ObligationState::missed:
    case ObligationState::blocked_upstream:
    case ObligationState::delayed_by_customer:
      return true;
    case ObligationState::met:
    case ObligationState::met_late:
    case ObligationState::waived:
    case ObligationState::not_applicable:
    case ObligationState::not_entitled:
    case ObligationState::tracked:
      return false;
  }
  KIP_CHECK(false);
  return false;
}

}  // namespace kip
