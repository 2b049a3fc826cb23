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

/// What a history has in common with others of its obligation: limit, quorum, opening, stamps, heads and parts.
enum class Shared {
  written,
  as_before,  ///< left out: they are those of the last history that has them
};

/// The lines of a history, as parse_histories() reads them.
std::string history_text(const NamedHistory& history, Shared shared);

/// One judgement of a history.
struct NamedJudgement {
  std::string history;
  std::string subject;  ///< "published", "customer", "install:ID" or "installed"
  Judgement judgement;

  bool operator==(const NamedJudgement&) const = default;
};

/// What is judged of a history: "customer" where a rollout is told of, "install:ID" for each install that counts, and
/// "installed" where there are installs.
std::vector<NamedJudgement> judge_history(const NamedHistory& history);

/// "proven-before,development-stamp"
std::string findings_text(const Judgement& judgement);
/// "NAME SUBJECT VERDICT NOT-BEFORE NOT-AFTER FINDINGS"
std::string judgement_line(const NamedJudgement& judged);

}  // namespace kip
