#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <manifests/core/result.hpp>

namespace kip::updater {

/// Whether from `root` down to the program everything belongs to root or to the present user, and nobody else can write
/// it. Links that lead to the root are followed, others refused. Errors: denied, not_found, storage.
Result<void> expect_startable(const std::filesystem::path& root, const std::filesystem::path& program);

/// Starts a program in place of this one, with those words after its name and those variables added to the environment;
/// returns only with an error. Errors: those of expect_startable().
Result<void> replace_program(const std::filesystem::path& root, const std::filesystem::path& program,
                             std::vector<std::string> words,
                             const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace kip::updater
