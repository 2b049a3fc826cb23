#pragma once

#include <string_view>

#include <manifests/core/result.hpp>
#include <manifests/deadline/language.hpp>

namespace kip {

enum class ObligationState {
  unconfirmed,  ///< no second person has confirmed the date from which the clock runs: not judged
  running,
  at_risk,  ///< less time is left than the commitment's threshold
  met,
  met_late,
  missed,
  waived,               ///< for a reason and a time, approved by a second person
  blocked_upstream,     ///< an authority has not delivered what is needed; attribution, never met
  delayed_by_customer,  ///< what is missing was put off before the limit, signed; attribution, never met
  not_applicable,
  not_entitled,
  tracked,  ///< the commitment has no period: shown, never judged
};

std::string_view to_string(ObligationState state);
/// Errors: malformed, with the list of states.
Result<ObligationState> parse_obligation_state(std::string_view text);

/// A state for people, as "MISSED" or "TRỄ HẠN": by its code, so that the states of service requests, which are codes
/// of these, have the same words. The code itself where there is none.
std::string_view state_words(std::string_view code, Language language);

/// Not where it concerns nobody, or nobody who is entitled.
bool is_asked_for(ObligationState state);
/// Whether somebody has something to do about it: not where it is done, waived or not asked for.
bool needs_work(ObligationState state);

}  // namespace kip
