#pragma once

#include <string>
#include <vector>

#include <manifests/model/release.hpp>

namespace kip {

/// What differs between a release as it is published and as officers sign it anew, one line each: "OPENS: …" lets
/// installs have it that had not, or forces it sooner; "NARROWS: …" the reverse; "CHANGES: …" neither. Never empty.
std::vector<std::string> describe_terms_change(const Release& before, const Release& next);

}  // namespace kip
