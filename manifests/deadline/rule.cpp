#include <algorithm>

#include <fmt/format.h>

#include <manifests/deadline/rule.hpp>

namespace kip {
namespace {

/// A built-in file that cannot be read is a defect of ours; a test reads each of them.
std::vector<Rule> read_built_in() {
  std::vector<Rule> out;
  for (const auto& [name, text] : built_in_rules()) {
    auto rule = parse_rule(text);
    KIP_CHECK(rule.has_value());
    out.push_back(*std::move(rule));
  }
  return out;
}

}  // namespace

std::string_view Rule::articles_of(PeriodUnit unit) const {
  const auto found = ends.find(unit);
  return found == ends.end() ? std::string_view() : std::string_view(found->second);
}

std::span<const Rule> rules() {
  static const std::vector<Rule> kRules = read_built_in();
  return kRules;
}

Result<const Rule*> find_rule(std::string_view id) {
  std::string known;
  for (const Rule& rule : rules()) {
    if (rule.id == id) return &rule;
    known += (known.empty() ? "" : ", ") + rule.id;
  }
  return fail(ErrorCode::not_found,
              fmt::format("there is no counting rule \"{}\"; known are {}", id.substr(0, 40), known));
}

Result<const Rule*> rule_of(std::string_view jurisdiction) {
  for (const Rule& rule : rules()) {
    const auto& of = rule.jurisdictions;
    if (std::find(of.begin(), of.end(), jurisdiction) != of.end()) return &rule;
  }
  return fail(ErrorCode::not_found,
              fmt::format("no counting rule is the usual one of {}; name one as \"rule\"", jurisdiction.substr(0, 40)));
}

}  // namespace kip
