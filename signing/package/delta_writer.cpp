#include <algorithm>
#include <bit>
#include <set>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/package/delta_reader.hpp>
#include <signing/package/delta_writer.hpp>
#include <signing/package/package_reader.hpp>
#include <signing/package/zstd_patch.hpp>
#include <signing/storage/memory_file_system.hpp>

#include "archive_output.hpp"
#include "delta_plan.hpp"
#include "delta_stream.hpp"
#include "scratch.hpp"

namespace kip {
namespace {

constexpr unsigned kFileMode = 0644;
constexpr const char* kBase = "base";
constexpr const char* kMade = "made";
/// Of headers and padding.
constexpr std::uint64_t kEntryOverhead = 4096;

/// Fits into the oldest header of tar.
bool is_plain(std::string_view path) {
  constexpr std::size_t kNameSize = 100;
  return path.size() <= kNameSize &&
         std::all_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string patch_name(std::size_t number) {
  return fmt::format("patch-{}", number);
}

Result<DeltaSubject> subject_of(const PackageManifest& from, const PackageManifest& to) {
  const PackageContent& old_content = from.content();
  const PackageContent& new_content = to.content();
  if (old_content.product != new_content.product) {
    return fail(ErrorCode::usage, fmt::format("a delta leads from one version of a product to another, these are {} {} "
                                              "and {} {}",
                                              old_content.product.str(), old_content.version.str(),
                                              new_content.product.str(), new_content.version.str()));
  }
  const DeltaEnd old_end{old_content.version, from.identity(sha256)};
  const DeltaEnd new_end{new_content.version, to.identity(sha256)};
  if (old_end.version == new_end.version) {
    return fail(ErrorCode::usage, fmt::format("both packages are version {} of {}: there is nothing to go from",
                                              new_end.version.str(), new_content.product.str()));
  }
  return DeltaSubject{new_content.product, old_end, new_end};
}

class DeltaMaker {
 public:
  DeltaMaker(FileSystem& files, const DeltaRequest& request, const PackProgress& progress)
      : files_(files), request_(request), progress_(progress) {}

  Result<WrittenDelta> run() {
    KIP_TRY_VOID(report(0));
    KIP_TRY(const PackageManifest from, manifest_of(request_.from, request_.from_manifest));
    KIP_TRY(const PackageManifest to, manifest_of(request_.to, request_.to_manifest));
    KIP_TRY(DeltaSubject subject, subject_of(from, to));
    Delta delta = propose_delta(from, to, std::move(subject));
    KIP_TRY_VOID(count(delta, to));
    KIP_TRY_VOID(unpack(delta, from, to));
    KIP_TRY_VOID(make_patches(delta, from, to));
    KIP_TRY(const FileDigest written, write(delta, from, to));
    const std::size_t copied = to.content().files.size() - delta.whole.size() - count_patched(delta);
    return WrittenDelta{std::move(delta), written, copied};
  }

 private:
  Result<void> report(std::uint64_t octets) {
    done_ += octets;
    return progress_(done_, total_);
  }

  Result<PackageManifest> manifest_of(const std::filesystem::path& package, const PackageManifest* known) {
    return known == nullptr ? read_package_manifest(files_, package) : Result<PackageManifest>(*known);
  }

  static std::size_t count_patched(const Delta& delta) {
    std::size_t count = 0;
    for (const DeltaPatch& patch : delta.patches)
      count += patch.files.size();
    return count;
  }

  Result<void> count(const Delta& delta, const PackageManifest& to) {
    const auto add = [&](const std::vector<std::size_t>& places) {
      for (const std::size_t place : places)
        total_ += to.content().files[place].size;
    };
    for (const DeltaPatch& patch : delta.patches)
      add(patch.files);
    add(delta.whole);
    return report(0);
  }

  /// The files that change and those that they are made of; all of both packages is checked.
  Result<void> unpack(const Delta& delta, const PackageManifest& from, const PackageManifest& to) {
    std::set<std::size_t> bases;
    std::set<std::size_t> made(delta.whole.begin(), delta.whole.end());
    for (const DeltaPatch& patch : delta.patches) {
      bases.insert(patch.base.begin(), patch.base.end());
      made.insert(patch.files.begin(), patch.files.end());
    }
    KIP_TRY_VOID(make_room(size_of(from, bases) + size_of(to, made)));
    const auto take = [&](const std::filesystem::path& package, const char* folder, const std::set<std::size_t>& places,
                          const PackageManifest& expected) -> Result<void> {
      std::size_t place = 0;  // of the file that is asked about: they come in the order of the manifest
      const auto wanted = [&](const PackageFile&) -> Result<bool> {
        KIP_TRY_VOID(report(0));
        return places.contains(place++);
      };
      KIP_TRY(const PackageManifest manifest,
              extract_some(files_, package, *room_, *scratch_ / folder, {wanted, &expected}));
      if (manifest.bytes() == expected.bytes()) return {};
      return ArchiveOutput::changed(package);
    };
    KIP_TRY_VOID(take(request_.from, kBase, bases, from));
    return take(request_.to, kMade, made, to);
  }

  static std::uint64_t size_of(const PackageManifest& manifest, const std::set<std::size_t>& places) {
    std::uint64_t size = 0;
    for (const std::size_t place : places)
      size += manifest.content().files[place].size;
    return size;
  }

  Result<void> make_room(std::uint64_t octets) {
    if (octets <= request_.memory) room_ = &memory_;
    scratch_.emplace(*room_, room_ == &memory_ ? "/scratch" : Scratch::beside(request_.output));
    return scratch_->prepare();
  }

  /// The content of those files one after the other, as the manifest says.
  Result<Bytes> read(const std::filesystem::path& folder, const std::vector<PackageFile>& files,
                     const std::vector<std::size_t>& places) {
    std::uint64_t size = 0;
    for (const std::size_t place : places)
      size += files[place].size;
    Bytes out;
    out.reserve(static_cast<std::size_t>(size));
    for (const std::size_t place : places) {
      KIP_TRY(const Bytes bytes, read_file(*room_, folder / files[place].path.str(), files[place].size));
      out += bytes;
    }
    return out;
  }

  /// Leaves each patch in the scratch folder. Files whose patch saves nothing are carried whole.
  Result<void> make_patches(Delta& delta, const PackageManifest& from, const PackageManifest& to) {
    std::vector<DeltaPatch> kept;
    for (DeltaPatch& patch : delta.patches) {
      KIP_TRY(const Bytes base, read(*scratch_ / kBase, from.content().files, patch.base));
      KIP_TRY(const Bytes made, read(*scratch_ / kMade, to.content().files, patch.files));
      KIP_TRY(const Bytes bytes, make_patch(base, made));
      KIP_TRY_VOID(report(made.size()));
      if (bytes.size() > Delta::kMaxPatch) {
        total_ += made.size();
        delta.whole.insert(delta.whole.end(), patch.files.begin(), patch.files.end());
        continue;
      }
      KIP_TRY(const auto output,
              room_->open_output(*scratch_ / patch_name(kept.size()), OutputMode::create_new, kFileMode));
      KIP_TRY_VOID(output->write(bytes));
      KIP_TRY_VOID(output->close());
      patch_octets_ += bytes.size();
      kept.push_back(std::move(patch));
    }
    delta.patches = std::move(kept);
    std::sort(delta.whole.begin(), delta.whole.end());
    return {};
  }

  Result<FileDigest> write(const Delta& delta, const PackageManifest& from, const PackageManifest& to) {
    KIP_TRY(const Bytes manifest, make_patch(outline_of(from), outline_of(to)));
    const Bytes head = to_bytes(delta);
    if (head.size() > Delta::kMaxBytes || manifest.size() > Delta::kMaxPatch || !parse_delta(head)) {
      return fail(ErrorCode::too_large, "too many files change for a delta; publish the package alone");
    }
    KIP_TRY(const auto output,
            ArchiveOutput::create(files_, request_.output, form_for(delta, head.size() + manifest.size(), to)));
    KIP_TRY_VOID(output->add(std::string(Delta::kPath), head, kFileMode));
    KIP_TRY_VOID(output->add(std::string(Delta::kManifestPath), manifest, kFileMode));
    for (std::size_t number = 0; number < delta.patches.size(); ++number) {
      KIP_TRY(const Bytes patch, read_file(*room_, *scratch_ / patch_name(number), Delta::kMaxPatch));
      KIP_TRY_VOID(output->add(delta_patch_path(number), patch, kFileMode));
    }
    for (const std::size_t place : delta.whole) {
      const PackageFile& file = to.content().files[place];
      KIP_TRY_VOID(output->add_file(file.path.str(), file.mode(), {*room_, *scratch_ / kMade / file.path.str()},
                                    {file.sha256, file.size}, [this](std::uint64_t octets) { return report(octets); }));
    }
    KIP_TRY(const FileDigest written, output->finish());
    const DeltaSource source{output->temporary_path(), {*scratch_ / kBase, from, room_}, delta.subject.to.manifest};
    if (const auto made = verify_delta(files_, source, [this] { return report(0); }); !made) {
      return fail_while("applying the new delta", made.error());
    }
    KIP_TRY_VOID(output->commit(written));
    return written;
  }

  /// No more window than there is content, up to what a reader allows, and no marks on names that need none: of a small
  /// delta they would be a tenth.
  ArchiveOutput::Form form_for(const Delta& delta, std::uint64_t own_size, const PackageManifest& to) const {
    constexpr int kSmallest = 10;
    const std::uint64_t entries = delta.patches.size() + delta.whole.size() + 4;
    std::uint64_t size = own_size + patch_octets_ + entries * kEntryOverhead;
    bool plain = true;
    for (const std::size_t place : delta.whole) {
      const PackageFile& file = to.content().files[place];
      size += file.size;
      plain = plain && is_plain(file.path.str());
    }
    return {.window_log = std::clamp(static_cast<int>(std::bit_width(size)), kSmallest, DeltaStream::kMaxWindowLog),
            .names = plain ? TarWriter::Names::ascii_only : TarWriter::Names::marked};
  }

  FileSystem& files_;
  const DeltaRequest& request_;
  const PackProgress& progress_;
  MemoryFileSystem memory_;
  FileSystem* room_ = &files_;  ///< for the scratch folder
  std::optional<Scratch> scratch_;
  std::uint64_t patch_octets_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace

Result<WrittenDelta> write_delta(FileSystem& files, const DeltaRequest& request, const PackProgress& progress) {
  return DeltaMaker(files, request, progress).run();
}

}  // namespace kip
