#pragma once

#include <memory>
#include <optional>

#include <manifests/model/delta.hpp>
#include <signing/package/tar_reader.hpp>
#include <signing/package/zstd_stream.hpp>

namespace kip {

/// The entries of a delta one after the other: each call once, in this order. Checks the form of the archive and what
/// the delta says of itself, not what it makes. Errors as of delta_reader.hpp. Not thread-safe.
class DeltaStream {
 public:
  /// Of the outer frame: with the buffers of a patch it stays below 64 MB.
  static constexpr int kMaxWindowLog = 22;

  explicit DeltaStream(std::unique_ptr<InputFile> file);
  DeltaStream(const DeltaStream&) = delete;
  DeltaStream& operator=(const DeltaStream&) = delete;

  Result<Delta> read_delta();
  Result<Bytes> read_manifest_patch();
  /// From now on no more may come out than this version needs.
  void limit_to(const PackageManifest& made);
  /// The next entry, which must be this patch; its content is then read from tar(), as that of the following.
  Result<TarReader::Entry> next_patch(std::size_t number);
  /// The next entry, which must be this file.
  Result<void> expect_whole(const PackageFile& file);
  /// The next entry, of which nothing is known but that it is a file.
  Result<TarReader::Entry> next_whole();
  Result<void> expect_end();

  TarReader& tar() { return tar_; }

 private:
  std::unique_ptr<InputFile> file_;
  ZstdDecoder decoder_;
  TarReader tar_;
  std::uint64_t before_files_ = 0;  ///< octets of the entries before the first patch
};

}  // namespace kip
