#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/model/act_relations.hpp>

namespace kip {
namespace {

constexpr Choices<RelationKind, 4> kKinds = {{{RelationKind::amends, "amends"},
                                              {RelationKind::replaces, "replaces"},
                                              {RelationKind::amended_by, "amended-by"},
                                              {RelationKind::replaced_by, "replaced-by"}}};

/// Finds the act that a text means.
class ActIndex {
 public:
  explicit ActIndex(const std::vector<Act>& acts) {
    for (const Act& act : acts)
      by_number_[{act.key.issuer(), act.key.number()}].push_back(act.key);
  }

  /// By its key; or by its number, of the same issuer as the act that says so, where there is only one.
  std::optional<ActKey> meant(std::string_view text, const Act& by) const {
    if (const auto key = ActKey::parse(text)) {
      const auto* same = find(*key);
      const bool present = same != nullptr && std::find(same->begin(), same->end(), *key) != same->end();
      return present ? std::optional(*key) : std::nullopt;
    }
    const auto key = ActKey::create(by.key.issuer(), text, by.key.year());
    const auto* same = key ? find(*key) : nullptr;
    return same != nullptr && same->size() == 1 ? std::optional(same->front()) : std::nullopt;
  }

  bool names(const std::vector<std::string>& texts, const Act& by, const Act& act) const {
    return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) { return meant(text, by) == act.key; });
  }

 private:
  const std::vector<ActKey>* find(const ActKey& key) const {
    const auto found = by_number_.find({key.issuer(), key.number()});
    return found == by_number_.end() ? nullptr : &found->second;
  }

  std::map<std::pair<std::string, std::string>, std::vector<ActKey>> by_number_;
};

}  // namespace

std::string_view to_string(RelationKind kind) {
  return choice_text(kKinds, kind);
}

std::vector<Relation> relations_of(const Act& act, const std::vector<Act>& registered) {
  const ActIndex index(registered);
  std::vector<Relation> out;
  for (const std::string& text : act.amends)
    out.push_back({RelationKind::amends, text, index.meant(text, act)});
  for (const std::string& text : act.replaces)
    out.push_back({RelationKind::replaces, text, index.meant(text, act)});
  for (const Act& other : registered) {
    if (other.key == act.key) continue;
    if (index.names(other.amends, other, act)) out.push_back({RelationKind::amended_by, other.key.str(), other.key});
    if (index.names(other.replaces, other, act)) out.push_back({RelationKind::replaced_by, other.key.str(), other.key});
  }
  return out;
}

std::vector<Warning> check_relations(const Act& act, const std::vector<Act>& registered) {
  std::vector<Warning> out;
  for (const Relation& relation : relations_of(act, registered)) {
    const bool own = relation.kind == RelationKind::amends || relation.kind == RelationKind::replaces;
    if (!own || !relation.other) continue;
    if (*relation.other == act.key) {
      out.push_back({"relation-to-itself", fmt::format("{} {} itself", act.key.str(), to_string(relation.kind))});
      continue;
    }
    const auto other = std::find_if(registered.begin(), registered.end(),
                                    [&](const Act& candidate) { return candidate.key == *relation.other; });
    if (act.signed_on < other->signed_on) {
      out.push_back({"relation-to-later-act", fmt::format("{} {} {}, which was signed later", act.key.str(),
                                                          to_string(relation.kind), relation.other->str())});
    }
  }
  return out;
}

}  // namespace kip
