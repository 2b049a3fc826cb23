#include <manifests/codec/choice.hpp>
#include <server/domain/admission_records.hpp>

namespace kip::server {
namespace {

constexpr Choices<WaitingState, 3> kWaitingStates = {
    {{WaitingState::waiting, "waiting"}, {WaitingState::admitted, "admitted"}, {WaitingState::declined, "declined"}}};

}  // namespace

std::string_view to_string(WaitingState state) {
  return choice_text(kWaitingStates, state);
}

Result<WaitingState> parse_waiting_state(std::string_view text) {
  return parse_choice(kWaitingStates, "a state of a computer that asked to be let in", text);
}

}  // namespace kip::server
