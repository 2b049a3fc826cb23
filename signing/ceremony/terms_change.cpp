#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <signing/ceremony/terms_change.hpp>

namespace kip {
namespace {

using Lines = std::vector<std::string>;

enum class Effect { opens, narrows, changes };

void note(Lines& out, Effect effect, std::string_view what) {
  const std::string_view word = effect == Effect::opens ? "OPENS" : effect == Effect::narrows ? "NARROWS" : "CHANGES";
  out.push_back(fmt::format("    {}: {}", word, what));
}

Labels without(const Labels& all, const Labels& these) {
  Labels out;
  std::set_difference(all.begin(), all.end(), these.begin(), these.end(), std::inserter(out, out.end()));
  return out;
}

void compare_audience(Lines& out, const Labels& before, const Labels& next) {
  if (before == next) return;
  if (next.empty())
    return note(out, Effect::opens,
                fmt::format("it is for all installs; so far only for those labelled {}", to_text(before)));
  if (before.empty())
    return note(out, Effect::narrows,
                fmt::format("it is only for installs labelled {}; so far for all", to_text(next)));
  if (const Labels come = without(next, before); !come.empty())
    note(out, Effect::opens, fmt::format("it is also for installs labelled {}", to_text(come)));
  if (const Labels go = without(before, next); !go.empty())
    note(out, Effect::narrows, fmt::format("it is no longer for installs labelled {}", to_text(go)));
}

std::string when(const std::optional<Instant>& instant) {
  return instant ? format_instant(*instant) : "never";
}

void compare_force(Lines& out, const Release& before, const Release& next) {
  if (before.force_after != next.force_after) {
    const bool sooner = next.force_after && (!before.force_after || *next.force_after < *before.force_after);
    note(out, sooner ? Effect::opens : Effect::narrows,
         fmt::format("by force from {} on; so far from {}", when(next.force_after), when(before.force_after)));
  }
  if (before.force_latest == next.force_latest) return;
  // Without a latest time a rollout may put it off as long as it likes.
  const bool sooner = next.force_latest && (!before.force_latest || *next.force_latest < *before.force_latest);
  note(out, sooner ? Effect::opens : Effect::narrows,
       fmt::format("a rollout may put that off until {}; so far until {}",
                   next.force_latest ? when(next.force_latest) : "whenever it likes",
                   before.force_latest ? when(before.force_latest) : "whenever it likes"));
}

void compare_floor(Lines& out, const std::optional<Version>& before, const std::optional<Version>& next) {
  if (before == next) return;
  const bool higher = next && (!before || *before < *next);
  const auto text = [](const std::optional<Version>& floor) { return floor ? floor->str() : std::string("none"); };
  note(out, higher ? Effect::narrows : Effect::opens,
       fmt::format("the version below which no install may be taken is {}; so far {}", text(next), text(before)));
}

void compare_downgrades(Lines& out, const std::vector<Version>& before, const std::vector<Version>& next) {
  const auto tell = [&](const std::vector<Version>& these, const std::vector<Version>& others, Effect effect,
                        std::string_view how) {
    for (const Version& version : these) {
      if (std::find(others.begin(), others.end(), version) == others.end())
        note(out, effect, fmt::format("a rollout {} take installs of {} back to this version", how, version.str()));
    }
  };
  tell(next, before, Effect::opens, "may");
  tell(before, next, Effect::narrows, "may no longer");
}

void compare_revocations(Lines& out, const std::map<std::string, std::string>& before,
                         const std::map<std::string, std::string>& next) {
  for (const auto& [version, reason] : next) {
    const auto known = before.find(version);
    if (known == before.end()) {
      note(out, Effect::narrows, fmt::format("it revokes {}", version));
    } else if (known->second != reason) {
      note(out, Effect::changes, fmt::format("the reason for which it revokes {}", version));
    }
  }
  for (const auto& [version, reason] : before) {
    if (!next.contains(version)) note(out, Effect::opens, fmt::format("it no longer revokes {}", version));
  }
}

}  // namespace

Lines describe_terms_change(const Release& before, const Release& next) {
  Lines out;
  compare_audience(out, before.audience, next.audience);
  compare_force(out, before, next);
  compare_floor(out, before.floor, next.floor);
  compare_downgrades(out, before.downgrade_from, next.downgrade_from);
  compare_revocations(out, before.revoked, next.revoked);
  if (before.acts != next.acts) {
    note(out, Effect::changes,
         fmt::format("the acts that it serves; so far {}",
                     before.acts.empty() ? "none" : fmt::format("{}", fmt::join(before.acts, ", "))));
  }
  if (before.notes != next.notes) note(out, Effect::changes, "its notes");
  if (before.manifest != next.manifest) note(out, Effect::changes, "its package, which may never be");
  if (out.empty()) note(out, Effect::changes, "none of its terms");
  return out;
}

}  // namespace kip
