#include <algorithm>
#include <map>

#include <manifests/codec/choice.hpp>
#include <manifests/evidence/verdict.hpp>

namespace kip {
namespace {

constexpr Choices<Verdict, 4> kVerdicts{{{Verdict::met, "MET"},
                                         {Verdict::late, "LATE"},
                                         {Verdict::disputed, "DISPUTED"},
                                         {Verdict::indeterminate, "INDETERMINATE"}}};

constexpr Choices<Finding, 13> kFindings{{{Finding::no_due, "no-due"},
                                          {Finding::proven_before, "proven-before"},
                                          {Finding::proven_after, "proven-after"},
                                          {Finding::not_stamped, "not-stamped"},
                                          {Finding::stamped_after, "stamped-after"},
                                          {Finding::not_published, "not-published"},
                                          {Finding::not_open, "not-open"},
                                          {Finding::not_received, "not-received"},
                                          {Finding::claimed_in_time, "claimed-in-time"},
                                          {Finding::attested_in_time, "attested-in-time"},
                                          {Finding::contradicted, "contradicted"},
                                          {Finding::development_stamp, "development-stamp"},
                                          {Finding::no_installs, "no-installs"}}};

void add(Judgement& to, Finding finding) {
  const auto at = std::lower_bound(to.findings.begin(), to.findings.end(), finding);
  if (at == to.findings.end() || *at != finding) to.findings.insert(at, finding);
}

/// How bad it is, for the judgement of several things that are all needed.
int weight(Verdict verdict) {
  switch (verdict) {
    case Verdict::late:
      return 3;
    case Verdict::disputed:
      return 2;
    case Verdict::indeterminate:
      return 1;
    case Verdict::met:
      return 0;
  }
  KIP_CHECK(false);
  return 0;
}

/// Of two things that are both needed: neither is done before the later one is.
Judgement both(const Judgement& a, const Judgement& b) {
  Judgement out;
  out.verdict = weight(a.verdict) >= weight(b.verdict) ? a.verdict : b.verdict;
  out.not_before = std::max(a.not_before, b.not_before);
  if (a.not_after && b.not_after) out.not_after = std::max(*a.not_after, *b.not_after);
  for (const Judgement* one : {&a, &b}) {
    for (const Finding finding : one->findings)
      add(out, finding);
  }
  // What is proven of one alone is not proven of both.
  if (out.verdict != Verdict::met) std::erase(out.findings, Finding::proven_before);
  return out;
}

/// Of two ways to the same thing, the one that proves more.
bool is_better(const Judgement& a, const Judgement& b) {
  if (a.verdict != b.verdict) return weight(a.verdict) < weight(b.verdict);
  if (a.not_after.has_value() != b.not_after.has_value()) return a.not_after.has_value();
  return a.not_after && *a.not_after < *b.not_after;
}

/// One side of when something happened, by all stamps and by those of independent authorities alone.
struct Bound {
  std::optional<Instant> all = {};
  std::optional<Instant> independent = {};
};

/// By when the entry existed: the quorum's last of the authorities' earliest stamps over it.
Bound not_after(const ObligationHistory& history, std::uint64_t place) {
  const auto bound = [&](bool with_development) -> std::optional<Instant> {
    std::map<std::string, Instant, std::less<>> earliest;
    for (const Stamp& stamp : history.stamps) {
      if (stamp.covers <= place || (!stamp.independent && !with_development)) continue;
      const auto [at, is_new] = earliest.emplace(stamp.authority, stamp.not_after);
      if (!is_new) at->second = std::min(at->second, stamp.not_after);
    }
    if (history.quorum == 0 || earliest.size() < history.quorum) return std::nullopt;
    std::vector<Instant> times;
    for (const auto& [authority, time] : earliest)
      times.push_back(time);
    std::sort(times.begin(), times.end());
    return times[history.quorum - 1];
  };
  return {bound(true), bound(false)};
}

/// What stands before a place in O was there when that entry came. Without a place: at the end of the log.
Bound not_before(const ObligationHistory& history, std::optional<std::uint64_t> place) {
  Bound out;
  for (const Stamp& stamp : history.stamps) {
    if (!stamp.recorded || (place && *stamp.recorded >= *place)) continue;
    out.all = std::max(out.all, std::optional(stamp.not_before));
    if (stamp.independent) out.independent = std::max(out.independent, std::optional(stamp.not_before));
  }
  return out;
}

Judgement decide(Instant due, const Bound& not_before, const Bound& not_after) {
  const auto is_before = [due](const std::optional<Instant>& by) { return by && *by < due; };
  const auto is_after = [due](const std::optional<Instant>& from) { return from && *from >= due; };
  const bool met = is_before(not_after.all);
  const bool late = is_after(not_before.all);
  Judgement out;
  out.not_before = not_before.all;
  out.not_after = not_after.all;
  out.verdict = met && late ? Verdict::disputed : met ? Verdict::met : late ? Verdict::late : Verdict::indeterminate;
  if (met) add(out, Finding::proven_before);
  if (late) add(out, Finding::proven_after);
  if (!met && !late) add(out, not_after.all ? Finding::stamped_after : Finding::not_stamped);
  if (met != is_before(not_after.independent) || late != is_after(not_before.independent))
    add(out, Finding::development_stamp);
  return out;
}

/// The limit is needed for any judgement.
Judgement without_due() {
  Judgement out;
  add(out, Finding::no_due);
  return out;
}

Judgement judge_entry(const ObligationHistory& history, std::uint64_t place) {
  return decide(*history.due, not_before(history, place), not_after(history, place));
}

/// What is not in the log can only come after everything that is.
Judgement judge_missing(const ObligationHistory& history, Finding finding) {
  Judgement out = decide(*history.due, not_before(history, std::nullopt), {});
  std::erase(out.findings, Finding::not_stamped);
  add(out, finding);
  return out;
}

Judgement judge_part(const ObligationHistory& history, const std::vector<std::uint64_t>& places) {
  std::optional<Judgement> best;
  for (const std::uint64_t place : places) {
    const Judgement one = judge_entry(history, place);
    if (!best || is_better(one, *best)) best = one;
  }
  return best ? *best : judge_missing(history, Finding::not_published);
}

/// Whether the rollout was open at the limit.
Judgement judge_span(const ObligationHistory& history, const RolloutSpan& span) {
  Judgement out = judge_entry(history, span.opened);
  if (!span.closed || out.verdict != Verdict::met) return out;
  const Judgement closed = judge_entry(history, *span.closed);
  if (closed.verdict == Verdict::late) return out;
  // Closed before the limit, or nobody can tell on which side of it.
  out.verdict = Verdict::indeterminate;
  std::erase(out.findings, Finding::proven_before);
  add(out, Finding::not_open);
  return out;
}

/// From where in O on an entry of R is covered.
std::optional<std::uint64_t> place_in_o(const ObligationHistory& history, std::uint64_t place) {
  std::optional<std::uint64_t> out;
  for (const PrivateHead& head : history.heads) {
    if (head.covers > place) out = out ? std::min(*out, head.place) : head.place;
  }
  return out;
}

/// The install's word: received in time, or made too late; nothing else counts.
Judgement judge_word(const ObligationHistory& history, const InstalledWord& word) {
  const auto place = place_in_o(history, word.place);
  const bool tells_lateness = word.first && !word.after_gap;
  const std::optional<Instant> made_after = tells_lateness ? word.basis : std::nullopt;
  Judgement out = decide(*history.due, {made_after, made_after}, place ? not_after(history, *place) : Bound{});
  if (out.verdict == Verdict::indeterminate && word.claimed < *history.due) add(out, Finding::claimed_in_time);
  return out;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  return choice_text(kVerdicts, verdict);
}

std::string_view to_string(Finding finding) {
  return choice_text(kFindings, finding);
}

Judgement judge_published(const ObligationHistory& history) {
  if (!history.due) return without_due();
  if (history.published.empty()) return judge_missing(history, Finding::not_published);
  std::optional<Judgement> out;
  for (const auto& places : history.published) {
    const Judgement part = judge_part(history, places);
    out = out ? both(*out, part) : part;
  }
  return *out;
}

Judgement judge_published_to_customer(const ObligationHistory& history) {
  if (!history.due) return without_due();
  std::optional<Judgement> open;
  for (const RolloutSpan& span : history.rollout) {
    const Judgement one = judge_span(history, span);
    if (!open || is_better(one, *open)) open = one;
  }
  return both(judge_published(history), open ? *open : judge_missing(history, Finding::not_open));
}

Judgement judge_installed(const ObligationHistory& history, const InstallHistory& install) {
  if (!history.due) return without_due();
  Judgement out;
  if (install.contradicted) {
    out.verdict = Verdict::disputed;
    add(out, Finding::contradicted);
    return out;
  }
  // A later word can prove that it was there in time, but only the first one that it came too late.
  for (const InstalledWord& word : install.words) {
    const Judgement one = judge_word(history, word);
    if (&word == &install.words.front() || one.verdict == Verdict::met) out = one;
    if (one.verdict == Verdict::met) break;
  }
  if (install.words.empty()) add(out, Finding::not_received);
  if (out.verdict == Verdict::indeterminate && install.attested && *install.attested < *history.due)
    add(out, Finding::attested_in_time);
  return out;
}

bool counts(const ObligationHistory& history, const InstallHistory& install) {
  if (!install.retired) return true;
  const auto retired = place_in_o(history, *install.retired);
  const bool before_opening = retired && *retired < history.opened;
  return !before_opening && !install.retirement_signed;
}

Judgement judge_all_installed(const ObligationHistory& history) {
  if (!history.due) return without_due();
  std::optional<Judgement> out;
  for (const InstallHistory& install : history.installs) {
    if (!counts(history, install)) continue;
    const Judgement one = judge_installed(history, install);
    out = out ? both(*out, one) : one;
  }
  if (out) return *out;
  Judgement nobody;
  add(nobody, Finding::no_installs);
  return nobody;
}

}  // namespace kip
