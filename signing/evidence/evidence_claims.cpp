#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <signing/evidence/evidence_claims.hpp>
#include <signing/evidence/evidence_pages.hpp>

namespace kip {
namespace {

/// "MET", "LATE", … of a line, with what it is about.
std::string_view without_bounds(std::string_view line) {
  std::size_t end = 0;
  for (int words = 0; words < 3 && end != std::string_view::npos; ++words)
    end = line.find(' ', end == 0 ? 0 : end + 1);
  return line.substr(0, end);
}

std::vector<std::string_view> lines_of(BytesView text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::pair<BytesView, BytesView> first_difference(BytesView a, BytesView b) {
  const auto ours = lines_of(a);
  const auto theirs = lines_of(b);
  const auto [x, y] = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end());
  return {x == ours.end() ? BytesView() : *x, y == theirs.end() ? BytesView() : *y};
}

/// Whether a stamp says to whoever checks what it says to the maker of a bundle.
bool is_worth_as_much(const SeenStamp& claimed, const SeenStamp& ours) {
  return ours.counts() && ours.independent == claimed.independent && ours.not_before == claimed.not_before &&
         ours.not_after == claimed.not_after;
}

}  // namespace

BytesView content_of(const EvidenceFiles& files, std::string_view name) {
  const auto found = files.find(name);
  return found == files.end() ? BytesView() : BytesView(found->second);
}

Result<void> compare_pages(const EvidenceFiles& files, const EvidenceFiles& pages) {
  for (const auto& [name, content] : pages) {
    const BytesView theirs = content_of(files, name);
    if (theirs == content) continue;
    const auto [line, following] = first_difference(theirs, content);
    return fail(ErrorCode::integrity, fmt::format("{} says \"{}\", and what follows is \"{}\"", name,
                                                  printable_line(line), printable_line(following)));
  }
  return {};
}

std::optional<NotProven> compare_stamps(const std::vector<SeenStamp>& claimed, const std::vector<SeenStamp>& ours) {
  std::uint64_t total = 0;
  std::uint64_t otherwise = 0;
  for (std::size_t i = 0; i < claimed.size(); ++i) {
    if (!claimed[i].counts()) continue;
    ++total;
    if (!is_worth_as_much(claimed[i], ours.at(i))) ++otherwise;
  }
  return otherwise > 0 ? std::optional(NotProven{Gap::vendors_authorities, otherwise, total}) : std::nullopt;
}

Result<void> compare_verdicts(const EvidenceFiles& files, const std::vector<NamedJudgement>& ours) {
  const auto claimed = lines_of(content_of(files, kJudgementsFile));
  const auto same = [](std::string_view x, std::string_view y) { return without_bounds(x) == without_bounds(y); };
  std::vector<std::string> found;
  for (const NamedJudgement& judged : ours)
    found.push_back(judgement_line(judged));
  const auto [c, d] = std::mismatch(found.begin(), found.end(), claimed.begin(), claimed.end(), same);
  if (c == found.end() && d == claimed.end()) return {};
  return fail(ErrorCode::integrity, fmt::format("it claims \"{}\", and by your policy it is \"{}\"",
                                                d == claimed.end() ? "" : printable_line(without_bounds(*d)),
                                                c == found.end() ? "" : without_bounds(*c)));
}

}  // namespace kip
