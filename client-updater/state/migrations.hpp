#pragma once

// Inside client-updater/state only.

#include <span>
#include <string_view>

namespace kip::updater {

struct Migration {
  int number = 0;  ///< from 1 without gaps; PRAGMA user_version has the last one that a database has seen
  std::string_view name;
  std::string_view text;
};

/// The files in migrations/, in order; compiled in.
std::span<const Migration> migrations();

}  // namespace kip::updater
