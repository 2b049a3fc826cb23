#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <manifests/core/result.hpp>

namespace kip::updater {

/// Starts a program in place of this one, with those words after its name and those variables added to the environment;
/// returns only with an error. From `root` down to the program everything must belong to root or to the present user,
/// and nobody else may be able to write it. Errors: denied, not_found, storage.
Result<void> replace_program(const std::filesystem::path& root, const std::filesystem::path& program,
                             std::vector<std::string> words,
                             const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace kip::updater
