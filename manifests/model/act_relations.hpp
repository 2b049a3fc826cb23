#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/model/act.hpp>

namespace kip {

enum class RelationKind { amends, replaces, amended_by, replaced_by };

/// "amends", "replaces", "amended-by", "replaced-by"
std::string_view to_string(RelationKind kind);

/// One edge of the graph of acts, seen from one end.
struct Relation {
  RelationKind kind = RelationKind::amends;
  std::string text;                  ///< what the act itself says; of the other two kinds the other act's key
  std::optional<ActKey> other = {};  ///< none: no such act is registered, or several are

  bool operator==(const Relation&) const = default;
};

/// What the act says about others, in its own order, then what the registered acts say about it, in theirs. An act is
/// meant by its key, or by its number where the same issuer's act with that number is the only one. Pure.
std::vector<Relation> relations_of(const Act& act, const std::vector<Act>& registered);

/// An act that amends or replaces itself, or an act signed later, is probably a typing error: codes relation-to-itself,
/// relation-to-later-act. Pure.
std::vector<Warning> check_relations(const Act& act, const std::vector<Act>& registered);

}  // namespace kip
