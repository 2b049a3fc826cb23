#pragma once

#include <string>
#include <vector>

#include <manifests/evidence/verdict.hpp>

namespace kip {

struct NamedHistory {
  std::string name;
  ObligationHistory history;
};

/// Histories as plain lines, so that anything can read them, a shell script too. Times are milliseconds since 1970.
/// Format: docs/formats/verdict.md, "Histories as text". Errors: malformed, with the number of the line; too_large.
Result<std::vector<NamedHistory>> parse_histories(std::string_view text);

/// One line per judgement: "NAME SUBJECT VERDICT NOT-BEFORE NOT-AFTER FINDINGS". Subjects are "published", "customer"
/// where a rollout is told of, "install:ID" for each install that counts, and "installed" where there are installs.
std::vector<std::string> judge_lines(const NamedHistory& history);

}  // namespace kip
