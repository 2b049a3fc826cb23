#pragma once

#include <functional>

#include <signing/package/delta_reader.hpp>

#include "delta_stream.hpp"
#include "staging.hpp"

namespace kip {

/// One reading of a delta, from its beginning to its end, together with its base. Which hashes the files of the new
/// version have is told by what comes out, and only all of it proves the manifest: so a delta is read once to tell the
/// manifest, where nothing is written, and once more to make the files.
///
/// Call one of the two, once. Errors as of delta_reader.hpp, without the name of the delta. Not thread-safe.
class DeltaPass {
 public:
  /// Gives the file to write to.
  using OpenFile = std::function<Result<std::unique_ptr<OutputFile>>(const PackageFile&)>;

  DeltaPass(FileSystem& files, const DeltaSource& source, std::unique_ptr<InputFile> file)
      : files_(files), source_(source), stream_(std::move(file)) {}
  DeltaPass(const DeltaPass&) = delete;
  DeltaPass& operator=(const DeltaPass&) = delete;

  /// Makes everything that is not just copied. The manifest is the one that the delta names, and has the identity that
  /// was asked for.
  Result<PackageManifest> tell_manifest(const Proceed& proceed);
  /// Every file of a version whose manifest is known; each is compared with that.
  Result<void> make_files(const PackageManifest& manifest, const OpenFile& open, const Proceed& proceed);

 private:
  using Places = std::vector<std::size_t>;
  /// What is done with a file of that place.
  using TakeContent = std::function<Result<void>(std::size_t, BytesView)>;
  using TakeEntry = std::function<Result<void>(std::size_t)>;

  const std::vector<PackageFile>& base_files() const { return source_.base.manifest.content().files; }
  /// The description, compared with what was asked for, and the manifest's patch.
  Result<Bytes> read_head();
  /// The same, and what the patch makes.
  Result<PackageManifest> read_outline();
  /// What is copied, once the plan is known to be right.
  Result<std::vector<DeltaCopy>> plan(const PackageManifest& made);
  Result<void> read_rest(const std::vector<PackageFile>& made, const TakeContent& take_patched,
                         const TakeEntry& take_whole, const Proceed& proceed);
  /// A base file's octets in pieces, once more and to the end checked by size and hash.
  Result<void> read_base(const PackageFile& file, const std::function<Result<void>(BytesView)>& take);
  Result<Bytes> read_patch_base(const DeltaPatch& patch);
  Result<Bytes> apply(std::size_t number, std::uint64_t size);
  Result<void> copy_file(const PackageFile& base, const PackageFile& file, const OpenFile& open);

  FileSystem& files_;
  const DeltaSource& source_;
  DeltaStream stream_;
  std::optional<Delta> delta_;
};

}  // namespace kip
