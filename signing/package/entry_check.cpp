#include "entry_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>

namespace kip {
namespace {

constexpr unsigned kOwnMode = 0644;
constexpr std::uint64_t kMiB = 1U << 20U;

}  // namespace

Result<void> expect_safe(const TarReader::Entry& entry) {
  const auto path = SafeRelativePath::parse(entry.unchecked_path);
  return path ? Result<void>() : Result<void>(Unexpected(path.error()));
}

Result<void> expect_mode(const TarReader::Entry& entry, unsigned mode) {
  if (entry.mode == mode) return {};
  return fail(ErrorCode::integrity,
              fmt::format("\"{}\" has the mode {:04o}, it must have {:04o}", entry.unchecked_path, entry.mode, mode));
}

Result<void> expect_file(const TarReader::Entry& entry, const PackageFile& file) {
  if (entry.size != file.size) {
    return fail(ErrorCode::integrity,
                fmt::format("\"{}\" has {} bytes, its manifest says {}", file.path.str(), entry.size, file.size));
  }
  return expect_mode(entry, file.mode());
}

Result<TarReader::Entry> expect_own_entry(TarReader& tar, std::string_view path, std::uint64_t max_size) {
  KIP_TRY(auto entry, tar.next());
  if (!entry || entry->unchecked_path != path) {
    if (entry) KIP_TRY_VOID(expect_safe(*entry));
    return fail(ErrorCode::malformed,
                fmt::format("{} is missing in it, {} stands there instead", path,
                            entry ? fmt::format("\"{}\"", entry->unchecked_path) : std::string("its end")));
  }
  if (entry->size > max_size) {
    return fail(ErrorCode::too_large, fmt::format("{} in it has more than {} MiB", path, max_size / kMiB));
  }
  KIP_TRY_VOID(expect_mode(*entry, kOwnMode));
  return *std::move(entry);
}

Result<Bytes> read_own_entry(TarReader& tar, std::string_view path, std::uint64_t max_size) {
  KIP_TRY(const TarReader::Entry entry, expect_own_entry(tar, path, max_size));
  Bytes bytes;
  bytes.reserve(static_cast<std::size_t>(entry.size));
  while (bytes.size() < entry.size) {
    KIP_TRY(const BytesView piece, tar.read());
    bytes += piece;
  }
  return bytes;
}

Result<Sha256Digest> hash_content(TarReader& tar, OutputFile* output) {
  Sha256Hasher hasher;
  while (true) {
    KIP_TRY(const BytesView piece, tar.read());
    if (piece.empty()) break;
    hasher.update(piece);
    if (output != nullptr) KIP_TRY_VOID(output->write(piece));
  }
  if (output != nullptr) KIP_TRY_VOID(output->close());
  return hasher.finish();
}

Result<void> read_content(TarReader& tar, const PackageFile& file, OutputFile* output) {
  KIP_TRY(const Sha256Digest found, hash_content(tar, output));
  return found == file.sha256 ? Result<void>() : wrong_content(file);
}

Unexpected wrong_content(const PackageFile& file) {
  return fail(ErrorCode::integrity,
              fmt::format("the content of \"{}\" is not what its manifest says", file.path.str()));
}

Error with_context(Error error, std::string_view kind, const std::filesystem::path& file) {
  const bool at_fault =
      error.code == ErrorCode::malformed || error.code == ErrorCode::integrity || error.code == ErrorCode::too_large;
  if (!at_fault) return error;
  std::replace_if(
      error.message.begin(), error.message.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  error.message += "; do not use it, get it again";
  return fail_while(fmt::format("the {} {}", kind, file.string()), std::move(error)).take();
}

}  // namespace kip
