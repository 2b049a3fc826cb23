#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <client-updater/platform/posix/replace_program.hpp>

#include "system_failure.hpp"

namespace kip::updater {
namespace {

Result<void> expect_ours(const std::filesystem::path& path, bool is_program) {
  struct stat found = {};
  if (::lstat(path.c_str(), &found) != 0)
    return system_failure(errno == ENOENT ? ErrorCode::not_found : ErrorCode::storage, errno,
                          "looking at " + path.string());
  if (is_program ? !S_ISREG(found.st_mode) : !S_ISDIR(found.st_mode))
    return fail(ErrorCode::denied, fmt::format("{} is no {}", path.string(), is_program ? "program" : "folder"));
  const bool is_ours = found.st_uid == 0 || found.st_uid == ::geteuid();
  if (is_ours && (found.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return fail(ErrorCode::denied, path.string() + " belongs to somebody else or can be written by others");
}

}  // namespace

Result<void> expect_startable(const std::filesystem::path& root, const std::filesystem::path& program) {
  std::error_code unknown;
  std::filesystem::path path = std::filesystem::weakly_canonical(root, unknown);
  KIP_TRY_VOID(expect_ours(path, false));
  const std::filesystem::path rest = program.lexically_relative(root);
  for (auto part = rest.begin(); part != rest.end(); ++part) {
    path /= *part;
    KIP_TRY_VOID(expect_ours(path, std::next(part) == rest.end()));
  }
  return {};
}

Result<void> replace_program(const std::filesystem::path& root, const std::filesystem::path& program,
                             std::vector<std::string> words,
                             const std::vector<std::pair<std::string, std::string>>& variables) {
  KIP_TRY_VOID(expect_startable(root, program));
  for (const auto& [name, value] : variables)
    ::setenv(name.c_str(), value.c_str(), 1);
  words.insert(words.begin(), program.string());
  std::vector<char*> pointers;
  for (std::string& word : words)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  const int error_number = errno;
  for (const auto& [name, value] : variables)
    ::unsetenv(name.c_str());
  return system_failure(ErrorCode::denied, error_number, "starting " + program.string());
}

}  // namespace kip::updater
