#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/delta_reader.hpp>
#include <signing/package/zstd_patch.hpp>

#include "delta_stream.hpp"
#include "entry_check.hpp"
#include "staging.hpp"

namespace kip {
namespace {

constexpr std::string_view kKind = "delta";

/// Gives the file to write to; no function where all is only checked.
using OpenFile = std::function<Result<std::unique_ptr<OutputFile>>(const PackageFile&)>;

Result<std::unique_ptr<OutputFile>> nothing() {
  return std::unique_ptr<OutputFile>();
}

Unexpected damaged_base(const std::filesystem::path& path) {
  return fail(ErrorCode::conflict, fmt::format("the delta needs {}, which is not what its version brought; use the "
                                               "whole package",
                                               path.string()));
}

Result<void> expect_identity(std::string_view what, const Sha256Digest& found, const Sha256Digest& expected) {
  if (found == expected) return {};
  return fail(ErrorCode::integrity, fmt::format("{} is {}, expected was {}", what, found.hex(), expected.hex()));
}

Result<void> expect_base(const Delta& delta, const PackageManifest& base) {
  const DeltaSubject& subject = delta.subject;
  if (subject.product != base.content().product) {
    return fail(ErrorCode::integrity,
                fmt::format("it is one of {}, the base is {}", subject.product.str(), base.content().product.str()));
  }
  const std::string what = fmt::format("it starts from version {}; the base", subject.from.version.str());
  return expect_identity(what, sha256(base.bytes()), subject.from.manifest);
}

/// Applies a delta to its base.
class DeltaApplier {
 public:
  DeltaApplier(FileSystem& files, const DeltaSource& source, std::unique_ptr<InputFile> file)
      : files_(files), source_(source), stream_(std::move(file)) {}
  DeltaApplier(const DeltaApplier&) = delete;
  DeltaApplier& operator=(const DeltaApplier&) = delete;

  Result<PackageManifest> read_manifest() {
    KIP_TRY(delta_, stream_.read_delta());
    const PackageManifest& base = source_.base.manifest;
    KIP_TRY_VOID(expect_base(*delta_, base));
    KIP_TRY(const Bytes patch, stream_.read_manifest_patch());
    auto bytes = apply_patch(base.bytes(), patch, PackageManifest::kMaxBytes);
    if (!bytes) return fail_while("the patch of its manifest", std::move(bytes).error());
    const Sha256Digest identity = sha256(*bytes);
    KIP_TRY_VOID(expect_identity("the manifest that it makes", identity, delta_->subject.to.manifest));
    if (source_.identity) KIP_TRY_VOID(expect_identity("what it makes", identity, *source_.identity));
    if (!is_utf8(*bytes)) return fail(ErrorCode::malformed, "the manifest that it makes is not UTF-8");
    KIP_TRY(PackageManifest manifest, PackageManifest::parse(*bytes));
    const PackageContent& content = manifest.content();
    if (content.product != delta_->subject.product || content.version != delta_->subject.to.version) {
      return fail(ErrorCode::integrity,
                  fmt::format("it makes {} {}, but says {} {}", content.product.str(), content.version.str(),
                              delta_->subject.product.str(), delta_->subject.to.version.str()));
    }
    return manifest;
  }

  /// Every file of the version and the end of the delta. read_manifest() comes before.
  Result<void> make_files(const PackageManifest& manifest, const OpenFile& open, const Proceed& proceed) {
    const auto& made = manifest.content().files;
    KIP_TRY(const std::vector<DeltaCopy> copies, plan_delta(*delta_, source_.base.manifest, manifest));
    stream_.limit_to(manifest);
    for (const DeltaCopy& copy : open ? copies : std::vector<DeltaCopy>()) {
      KIP_TRY_VOID(proceed());
      KIP_TRY_VOID(copy_file(base_files()[copy.base], made[copy.file], open));
    }
    for (std::size_t number = 0; number < delta_->patches.size(); ++number) {
      KIP_TRY_VOID(proceed());
      KIP_TRY_VOID(make_patched(number, made, open));
    }
    for (const std::size_t place : delta_->whole) {
      KIP_TRY_VOID(proceed());
      KIP_TRY_VOID(stream_.expect_whole(made[place]));
      KIP_TRY(const auto output, open ? open(made[place]) : nothing());
      KIP_TRY_VOID(read_content(stream_.tar(), made[place], output.get()));
    }
    return stream_.expect_end();
  }

 private:
  const std::vector<PackageFile>& base_files() const { return source_.base.manifest.content().files; }

  /// A base file's octets in pieces, once more and to the end checked by size and hash.
  Result<void> read_base(const PackageFile& file, const std::function<Result<void>(BytesView)>& take) {
    const auto path = source_.base.directory / file.path.str();
    FileSystem& files = source_.base.files == nullptr ? files_ : *source_.base.files;
    KIP_TRY(const auto input, files.open_input(path, Links::refuse));
    Sha256Hasher hasher;
    std::uint64_t size = 0;
    KIP_TRY_VOID(read_in_pieces(*input, [&](BytesView piece) -> Result<void> {
      size += piece.size();
      if (size > file.size) return damaged_base(path);
      hasher.update(piece);
      return take(piece);
    }));
    return size == file.size && hasher.finish() == file.sha256 ? Result<void>() : damaged_base(path);
  }

  Result<void> copy_file(const PackageFile& base, const PackageFile& file, const OpenFile& open) {
    KIP_TRY(const auto output, open(file));
    KIP_TRY_VOID(read_base(base, [&](BytesView piece) { return output->write(piece); }));
    return output->close();
  }

  Result<Bytes> read_patch_base(const DeltaPatch& patch) {
    std::uint64_t size = 0;
    for (const std::size_t place : patch.base)
      size += base_files()[place].size;
    Bytes base;
    base.reserve(static_cast<std::size_t>(size));
    for (const std::size_t place : patch.base) {
      KIP_TRY_VOID(read_base(base_files()[place], [&base](BytesView piece) -> Result<void> {
        base += piece;
        return {};
      }));
    }
    return base;
  }

  Result<Bytes> apply(std::size_t number, std::uint64_t size) {
    const std::string name = fmt::format("its patch {}", number);
    KIP_TRY(const Bytes patch, stream_.read_patch(number));
    KIP_TRY(const Bytes base, read_patch_base(delta_->patches[number]));
    auto made = apply_patch(base, patch, size);
    if (!made) return fail_while(name, std::move(made).error());
    if (made->size() == size) return made;
    return fail(ErrorCode::integrity, fmt::format("{} makes {} bytes, its files have {}", name, made->size(), size));
  }

  Result<void> make_patched(std::size_t number, const std::vector<PackageFile>& files, const OpenFile& open) {
    std::uint64_t size = 0;
    for (const std::size_t place : delta_->patches[number].files)
      size += files[place].size;
    KIP_TRY(const Bytes made, apply(number, size));
    BytesView rest = made;
    for (const std::size_t place : delta_->patches[number].files) {
      const PackageFile& file = files[place];
      const BytesView content = rest.substr(0, static_cast<std::size_t>(file.size));
      rest.remove_prefix(content.size());
      if (sha256(content) != file.sha256) return wrong_content(file);
      if (!open) continue;
      KIP_TRY(const auto output, open(file));
      KIP_TRY_VOID(output->write(content));
      KIP_TRY_VOID(output->close());
    }
    return {};
  }

  FileSystem& files_;
  const DeltaSource& source_;
  DeltaStream stream_;
  std::optional<Delta> delta_;
};

Result<PackageManifest> make_version(FileSystem& files, const DeltaSource& source, const OpenFile& open,
                                     const Proceed& proceed) {
  const auto attempt = [&]() -> Result<PackageManifest> {
    KIP_TRY(auto file, files.open_input(source.delta, Links::follow));
    DeltaApplier applier(files, source, std::move(file));
    KIP_TRY(PackageManifest manifest, applier.read_manifest());
    KIP_TRY_VOID(applier.make_files(manifest, open, proceed));
    return manifest;
  };
  return with_context(attempt(), kKind, source.delta);
}

OpenFile into(Staging& staging) {
  return [&staging](const PackageFile& file) { return staging.open(file); };
}

/// All but contents and what only the base can tell.
Result<InspectedDelta> read_structure(DeltaStream& stream) {
  KIP_TRY(Delta delta, stream.read_delta());
  KIP_TRY_VOID(stream.read_manifest_patch());
  InspectedDelta out{std::move(delta), {sha256(""), 0}};
  for (std::size_t number = 0; number < out.delta.patches.size(); ++number) {
    KIP_TRY(const Bytes patch, stream.read_patch(number));
    out.patch_octets += patch.size();
  }
  std::string before;
  for (std::size_t count = 0; count < out.delta.whole.size(); ++count) {
    KIP_TRY(const TarReader::Entry entry, stream.next_whole());
    if (entry.unchecked_path <= before) {
      return fail(ErrorCode::malformed, fmt::format("\"{}\" is there twice or out of order", entry.unchecked_path));
    }
    before = entry.unchecked_path;
    out.whole_octets += entry.size;
  }
  KIP_TRY_VOID(stream.expect_end());
  return out;
}

}  // namespace

Result<InspectedDelta> inspect_delta(FileSystem& files, const std::filesystem::path& delta) {
  KIP_TRY(const FileDigest file, digest_file(files, delta));
  KIP_TRY(auto input, files.open_input(delta, Links::follow));
  DeltaStream stream(std::move(input));
  auto out = with_context(read_structure(stream), kKind, delta);
  if (out) out->file = file;
  return out;
}

Result<PackageManifest> read_delta_manifest(FileSystem& files, const DeltaSource& source) {
  KIP_TRY(auto file, files.open_input(source.delta, Links::follow));
  DeltaApplier applier(files, source, std::move(file));
  return with_context(applier.read_manifest(), kKind, source.delta);
}

Result<PackageManifest> verify_delta(FileSystem& files, const DeltaSource& source,
                                     const std::function<Result<void>()>& proceed) {
  return make_version(files, source, nullptr, proceed);
}

Result<PackageManifest> extract_delta(FileSystem& files, const DeltaSource& source,
                                      const std::filesystem::path& staging,
                                      const std::function<Result<void>()>& proceed) {
  return fill_staging(files, staging,
                      [&](Staging& folder) { return make_version(files, source, into(folder), proceed); });
}

Result<PackageManifest> extract_delta_durably(FileSystem& files, const DeltaSource& source,
                                              const std::filesystem::path& folder,
                                              const std::function<Result<void>()>& proceed) {
  return fill_staging(files, folder, [&](Staging& staging) -> Result<PackageManifest> {
    KIP_TRY(PackageManifest manifest, make_version(files, source, into(staging), proceed));
    KIP_TRY_VOID(staging.make_durable());
    return manifest;
  });
}

}  // namespace kip
