#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/core/result.hpp>

namespace kip::updater {

/// One statement of a script.
struct SqlStatement {
  std::string text;      ///< without the semicolon
  std::size_t line = 0;  ///< where it begins, from 1
};

/// A script as the statements that a database server gets one after another. Semicolons in quotes ('', "", E'', $tag$)
/// and in comments end none. Errors: malformed for what is not UTF-8 or has a NUL; where a quote or comment has no end;
/// and for statements that would end the transaction or begin another. The message names the line. Pure.
Result<std::vector<SqlStatement>> split_sql(std::string_view script);

}  // namespace kip::updater
