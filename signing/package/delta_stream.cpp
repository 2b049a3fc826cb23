#include "delta_stream.hpp"

#include <fmt/format.h>

#include "entry_check.hpp"

namespace kip {
namespace {

/// An entry's headers and padding: at most a pax header, its records for a path of 1 KiB, and a header.
constexpr std::uint64_t kEntryOverhead = 4096;
/// What comes out in the same piece as the end of what may be decoded.
constexpr std::uint64_t kPiece = 1U << 20U;
constexpr std::uint64_t kOwnOutput = Delta::kMaxBytes + Delta::kMaxPatch + 2 * kEntryOverhead + kPiece;

}  // namespace

DeltaStream::DeltaStream(std::unique_ptr<InputFile> file)
    : file_(std::move(file)), decoder_(*file_, kOwnOutput, kMaxWindowLog), tar_([this] { return decoder_.next(); }) {}

Result<Delta> DeltaStream::read_delta() {
  KIP_TRY(const Bytes bytes, read_own_entry(tar_, Delta::kPath, Delta::kMaxBytes));
  KIP_TRY(Delta delta, parse_delta(bytes));
  before_files_ = bytes.size();
  const std::uint64_t entries = delta.patches.size() + delta.whole.size();
  decoder_.limit_output(bytes.size() + (1 + delta.patches.size()) * Delta::kMaxPatch +
                        (delta.whole.empty() ? 0 : PackageManifest::kMaxTotalSize) + (entries + 4) * kEntryOverhead +
                        kPiece);
  return delta;
}

Result<Bytes> DeltaStream::read_manifest_patch() {
  KIP_TRY(Bytes patch, read_own_entry(tar_, Delta::kManifestPath, Delta::kMaxPatch));
  before_files_ += patch.size();
  return patch;
}

void DeltaStream::limit_to(const PackageManifest& made) {
  decoder_.limit_output(before_files_ + made.total_size() + (made.content().files.size() + 4) * kEntryOverhead +
                        kPiece);
}

Result<TarReader::Entry> DeltaStream::next_patch(std::size_t number) {
  return expect_own_entry(tar_, delta_patch_path(number), Delta::kMaxPatch);
}

Result<void> DeltaStream::expect_whole(const PackageFile& file) {
  KIP_TRY(const TarReader::Entry entry, next_whole());
  if (entry.unchecked_path != file.path.str()) {
    return fail(ErrorCode::malformed,
                fmt::format("it has an entry \"{}\" where \"{}\" must be", entry.unchecked_path, file.path.str()));
  }
  return expect_file(entry, file);
}

Result<TarReader::Entry> DeltaStream::next_whole() {
  KIP_TRY(auto entry, tar_.next());
  if (!entry) return fail(ErrorCode::malformed, "a file that it says is there whole is missing in it");
  KIP_TRY_VOID(expect_safe(*entry));
  return *std::move(entry);
}

Result<void> DeltaStream::expect_end() {
  KIP_TRY(const auto more, tar_.next());
  if (!more) return {};
  KIP_TRY_VOID(expect_safe(*more));
  return fail(ErrorCode::malformed,
              fmt::format("after its last file there is one more entry, \"{}\"", more->unchecked_path));
}

}  // namespace kip
