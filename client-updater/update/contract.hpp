#pragma once

#include <client-updater/update/install.hpp>
#include <client-updater/update/narrator.hpp>

namespace kip::updater {

/// What the contract says about putting updates off, as the vendor's server says it now, by its signature; it is kept.
/// Where the server cannot be asked, or its word does not hold, what it said last counts, and before that what holds
/// where nobody has said anything; the reason is told. Errors: those of the store. Protocol:
/// docs/formats/postponement.md
Result<Postponement> ask_postponement(Install& install, const Narrator& narrator);

}  // namespace kip::updater
