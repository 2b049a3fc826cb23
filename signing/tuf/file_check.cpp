#include <utility>

#include <fmt/format.h>

#include <signing/tuf/file_check.hpp>

namespace kip::tuf {

FileCheck::FileCheck(std::optional<std::int64_t> length, const std::map<std::string, std::string>& hashes)
    : length_(length) {
  for (const auto& [algorithm, expected] : hashes) {
    if (algorithm == "sha256") listed_.push_back({algorithm, expected, Hasher(HashAlgorithm::sha256)});
    if (algorithm == "sha512") listed_.push_back({algorithm, expected, Hasher(HashAlgorithm::sha512)});
  }
  unknown_only_ = listed_.empty() && !hashes.empty();
}

void FileCheck::update(BytesView bytes) {
  size_ += bytes.size();
  for (Listed& listed : listed_)
    listed.hasher.update(bytes);
}

Result<void> FileCheck::finish(std::string_view what) {
  if (length_ && !std::cmp_equal(size_, *length_)) {
    return fail(ErrorCode::integrity, fmt::format("{} has {} bytes, signed were {}", what, size_, *length_));
  }
  if (unknown_only_) return fail(ErrorCode::integrity, fmt::format("{} is listed with unknown hashes only", what));
  for (Listed& listed : listed_) {
    if (to_hex(listed.hasher.finish()) == listed.expected) continue;
    return fail(ErrorCode::integrity, fmt::format("{} has another {} than what was signed", what, listed.algorithm));
  }
  return {};
}

Result<void> check_file(BytesView bytes, std::optional<std::int64_t> length,
                        const std::map<std::string, std::string>& hashes, std::string_view what) {
  FileCheck check(length, hashes);
  check.update(bytes);
  return check.finish(what);
}

}  // namespace kip::tuf
