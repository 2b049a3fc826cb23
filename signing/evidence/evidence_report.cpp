#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/deadline/explain.hpp>
#include <signing/evidence/evidence_report.hpp>

namespace kip {
namespace {

std::string bounds_text(const Judgement& judgement) {
  const auto& [verdict, not_before, not_after, findings] = judgement;
  if (!not_before && !not_after) return "no time is proven";
  if (!not_before) return fmt::format("proven not after {}", format_instant(*not_after));
  if (!not_after) return fmt::format("proven not before {}", format_instant(*not_before));
  return fmt::format("proven between {} and {}", format_instant(*not_before), format_instant(*not_after));
}

std::string limit_text(const ObligationCase& one) {
  if (!one.no_due.empty()) return fmt::format("no limit is certain ({})", one.no_due);
  return fmt::format("in time before {}, the end of {}", format_instant(one.deadline->due),
                     format_day(one.deadline->last_day, Language::en));
}

void tell_case(std::vector<std::string>& out, const ObligationCase& one,
               const std::vector<NamedJudgement>& judgements) {
  const std::string number = std::to_string(one.obligation.number);
  out.push_back(fmt::format("Obligation {}: {} {}", number, one.act.key.str(), one.act.title));
  out.push_back(fmt::format("  the promise \"{}\": {}", one.commitment.id.str(), one.commitment.clause));
  out.push_back(fmt::format("  {}", limit_text(one)));
  for (const auto& [history, subject, judgement] : judgements) {
    const bool of_customer = history.starts_with(number + "/");
    if (history != number && !of_customer) continue;
    const std::string about =
        of_customer ? fmt::format("customer {}, {}", history.substr(number.size() + 1), subject) : subject;
    out.push_back(fmt::format("  {:13} {}: {} ({})", to_string(judgement.verdict), about, bounds_text(judgement),
                              findings_text(judgement)));
  }
}

std::string time_text(const SeenStamp& stamp) {
  return stamp.time ? tsp::format_gen_time(*stamp.time) : std::string();
}

void tell_stamps(std::vector<std::string>& out, const std::vector<SeenStamp>& stamps) {
  if (stamps.empty()) out.emplace_back("  none");
  for (const SeenStamp& stamp : stamps) {
    out.push_back(fmt::format("  {} by \"{}\" over {} entries of O{}{}{}", time_text(stamp), stamp.authority,
                              stamp.covers, stamp.counts() ? "" : ": does not count: " + stamp.problem,
                              stamp.counts() && !stamp.independent ? ": NOT INDEPENDENT" : "",
                              stamp.counts() && stamp.not_revoked_as_of
                                  ? "; not revoked as of " + format_instant(*stamp.not_revoked_as_of)
                                  : ""));
  }
}

std::string claim_text(const WrongClaim& claim) {
  if (claim.not_before)
    return fmt::format("entry {} of O ({}) claims {} and came after {}: back-dated, or a clock was wrong", claim.place,
                       claim.type, format_instant(claim.claimed), format_instant(*claim.not_before));
  return fmt::format("entry {} of O ({}) claims {} and was there by {}: a clock was wrong", claim.place, claim.type,
                     format_instant(claim.claimed), format_instant(*claim.not_after));
}

json::Value bound_json(const std::optional<Instant>& bound) {
  return bound ? json::Value(format_instant(*bound)) : json::Value();
}

}  // namespace

bool EvidenceReport::holds() const {
  return !steps.empty() && std::all_of(steps.begin(), steps.end(), [](const EvidenceStep& step) { return step.holds; });
}

std::vector<std::string> report_lines(const EvidenceReport& report) {
  std::vector<std::string> out;
  for (const EvidenceStep& step : report.steps)
    out.push_back(fmt::format("{:5} {}: {}", step.holds ? "ok" : "WRONG", step.name, step.detail));
  if (!report.index) return out;
  out.emplace_back();
  for (const ObligationCase& one : report.cases)
    tell_case(out, one, report.judgements);
  out.emplace_back("Time stamps");
  tell_stamps(out, report.stamps);
  if (!report.wrong_claims.empty()) out.emplace_back("Times that were claimed and cannot be");
  for (const WrongClaim& claim : report.wrong_claims)
    out.push_back("  " + claim_text(claim));
  out.emplace_back("What is not proven");
  for (const NotProven& open : report.not_proven)
    out.push_back("  " + EvidenceWords(Language::en).sentence(open));
  // Titles, clauses and names are a vendor's: none of them makes a line of its own.
  std::transform(out.begin(), out.end(), out.begin(), printable_line);
  return out;
}

json::Value to_json(const EvidenceReport& report) {
  json::Array steps;
  for (const EvidenceStep& step : report.steps)
    steps.push_back(json::Object{{"name", step.name}, {"holds", step.holds}, {"detail", step.detail}});
  json::Array judgements;
  for (const auto& [history, subject, judgement] : report.judgements) {
    judgements.push_back(json::Object{{"history", history},
                                      {"subject", subject},
                                      {"verdict", to_string(judgement.verdict)},
                                      {"not_before", bound_json(judgement.not_before)},
                                      {"not_after", bound_json(judgement.not_after)},
                                      {"findings", findings_text(judgement)}});
  }
  json::Array stamps;
  for (const SeenStamp& stamp : report.stamps) {
    json::Object one{{"authority", stamp.authority},
                     {"time", time_text(stamp)},
                     {"covers", static_cast<std::int64_t>(stamp.covers)},
                     {"counts", stamp.counts()},
                     {"independent", stamp.independent},
                     {"signer", stamp.signer},
                     {"policy", stamp.policy},
                     {"problem", stamp.problem}};
    if (stamp.not_revoked_as_of) one["not_revoked_as_of"] = format_instant(*stamp.not_revoked_as_of);
    stamps.emplace_back(std::move(one));
  }
  json::Array claims;
  for (const WrongClaim& claim : report.wrong_claims)
    claims.emplace_back(claim_text(claim));
  json::Array not_proven;
  for (const NotProven& open : report.not_proven)
    not_proven.emplace_back(EvidenceWords(Language::en).sentence(open));
  return json::Object{{"format", "kip.evidence-report/1"},  {"holds", report.holds()},
                      {"steps", std::move(steps)},          {"judgements", std::move(judgements)},
                      {"stamps", std::move(stamps)},        {"wrong_claims", std::move(claims)},
                      {"not_proven", std::move(not_proven)}};
}

}  // namespace kip
