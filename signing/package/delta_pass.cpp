#include "delta_pass.hpp"

#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/zstd_patch.hpp>

#include "entry_check.hpp"

namespace kip {
namespace {

Unexpected damaged_base(const std::filesystem::path& path) {
  return fail(ErrorCode::conflict, fmt::format("the delta needs {}, which is not what its version brought; use the "
                                               "whole package",
                                               path.string()));
}

Result<void> expect_identity(std::string_view what, const Sha256Digest& found, const Sha256Digest& expected) {
  if (found == expected) return {};
  return fail(ErrorCode::integrity, fmt::format("{} is {}, expected was {}", what, found.hex(), expected.hex()));
}

Result<void> expect_base(const DeltaSource& source, const DeltaSubject& subject) {
  const PackageContent& base = source.base.manifest.content();
  const Sha256Digest found = sha256(source.base.manifest.bytes());
  if (subject.product == base.product && subject.from.manifest == found) return {};
  return fail(ErrorCode::conflict,
              fmt::format("the delta {} starts from version {} of {} ({}); the base is version {} of {} ({}): give the "
                          "version that it starts from",
                          source.delta.string(), subject.from.version.str(), subject.product.str(),
                          subject.from.manifest.hex(), base.version.str(), base.product.str(), found.hex()));
}

std::uint64_t size_of(const std::vector<PackageFile>& files, const std::vector<std::size_t>& places) {
  std::uint64_t size = 0;
  for (const std::size_t place : places)
    size += files[place].size;
  return size;
}

}  // namespace

Result<PackageManifest> DeltaPass::tell_manifest(const Proceed& proceed) {
  KIP_TRY(PackageManifest outline, read_outline());
  const auto& made = outline.content().files;
  KIP_TRY(const std::vector<DeltaCopy> copies, plan(outline));
  std::vector<Sha256Digest> hashes;
  for (const PackageFile& file : made)
    hashes.push_back(file.sha256);
  for (const DeltaCopy& copy : copies)
    hashes[copy.file] = base_files()[copy.base].sha256;
  const auto take_patched = [&hashes](std::size_t place, BytesView content) -> Result<void> {
    hashes[place] = sha256(content);
    return {};
  };
  const auto take_whole = [&](std::size_t place) -> Result<void> {
    KIP_TRY(hashes[place], hash_content(stream_.tar(), nullptr));
    return {};
  };
  KIP_TRY_VOID(read_rest(made, take_patched, take_whole, proceed));
  PackageManifest manifest = std::move(outline).with_hashes(hashes);
  KIP_TRY_VOID(expect_identity("the manifest that it makes", sha256(manifest.bytes()), delta_->subject.to.manifest));
  return manifest;
}

Result<void> DeltaPass::make_files(const PackageManifest& manifest, const OpenFile& open, const Proceed& proceed) {
  KIP_TRY_VOID(read_head());
  const auto& made = manifest.content().files;
  KIP_TRY(const std::vector<DeltaCopy> copies, plan(manifest));
  for (const DeltaCopy& copy : copies) {
    KIP_TRY_VOID(proceed());
    KIP_TRY_VOID(copy_file(base_files()[copy.base], made[copy.file], open));
  }
  const auto take_patched = [&](std::size_t place, BytesView content) -> Result<void> {
    if (sha256(content) != made[place].sha256) return wrong_content(made[place]);
    KIP_TRY(const auto output, open(made[place]));
    KIP_TRY_VOID(output->write(content));
    return output->close();
  };
  const auto take_whole = [&](std::size_t place) -> Result<void> {
    KIP_TRY(const auto output, open(made[place]));
    return read_content(stream_.tar(), made[place], output.get());
  };
  return read_rest(made, take_patched, take_whole, proceed);
}

Result<Bytes> DeltaPass::read_head() {
  KIP_TRY(delta_, stream_.read_delta());
  const DeltaSubject& subject = delta_->subject;
  if (source_.identity) KIP_TRY_VOID(expect_identity("what it makes", subject.to.manifest, *source_.identity));
  KIP_TRY_VOID(expect_base(source_, subject));
  return stream_.read_manifest_patch();
}

Result<PackageManifest> DeltaPass::read_outline() {
  KIP_TRY(const Bytes patch, read_head());
  auto bytes = apply_patch(outline_of(source_.base.manifest), patch, PackageManifest::kMaxBytes);
  if (!bytes) return fail_while("the patch of its manifest", std::move(bytes).error());
  if (!is_utf8(*bytes)) return fail(ErrorCode::malformed, "the manifest that it makes is not UTF-8");
  KIP_TRY(PackageManifest outline, parse_outline(*bytes));
  const PackageContent& content = outline.content();
  const DeltaSubject& subject = delta_->subject;
  if (content.product == subject.product && content.version == subject.to.version) return outline;
  return fail(ErrorCode::integrity,
              fmt::format("it makes {} {}, but says {} {}", content.product.str(), content.version.str(),
                          subject.product.str(), subject.to.version.str()));
}

Result<std::vector<DeltaCopy>> DeltaPass::plan(const PackageManifest& made) {
  stream_.limit_to(made);
  return plan_delta(*delta_, source_.base.manifest, made);
}

Result<void> DeltaPass::read_rest(const std::vector<PackageFile>& made, const TakeContent& take_patched,
                                  const TakeEntry& take_whole, const Proceed& proceed) {
  for (std::size_t number = 0; number < delta_->patches.size(); ++number) {
    KIP_TRY_VOID(proceed());
    const Places& places = delta_->patches[number].files;
    KIP_TRY(const Bytes contents, apply(number, size_of(made, places)));
    BytesView rest = contents;
    for (const std::size_t place : places) {
      const BytesView content = rest.substr(0, static_cast<std::size_t>(made[place].size));
      rest.remove_prefix(content.size());
      KIP_TRY_VOID(take_patched(place, content));
    }
  }
  for (const std::size_t place : delta_->whole) {
    KIP_TRY_VOID(proceed());
    KIP_TRY_VOID(stream_.expect_whole(made[place]));
    KIP_TRY_VOID(take_whole(place));
  }
  return stream_.expect_end();
}

Result<void> DeltaPass::read_base(const PackageFile& file, const std::function<Result<void>(BytesView)>& take) {
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

Result<Bytes> DeltaPass::read_patch_base(const DeltaPatch& patch) {
  Bytes base;
  base.reserve(static_cast<std::size_t>(size_of(base_files(), patch.base)));
  for (const std::size_t place : patch.base) {
    KIP_TRY_VOID(read_base(base_files()[place], [&base](BytesView piece) -> Result<void> {
      base += piece;
      return {};
    }));
  }
  return base;
}

Result<Bytes> DeltaPass::apply(std::size_t number, std::uint64_t size) {
  const std::string name = fmt::format("its patch {}", number);
  KIP_TRY_VOID(stream_.next_patch(number));
  KIP_TRY(const Bytes base, read_patch_base(delta_->patches[number]));
  auto made = apply_patch(
      base, [this] { return stream_.tar().read(); }, size);
  if (!made) return fail_while(name, std::move(made).error());
  if (made->size() == size) return made;
  return fail(ErrorCode::integrity, fmt::format("{} makes {} bytes, its files have {}", name, made->size(), size));
}

Result<void> DeltaPass::copy_file(const PackageFile& base, const PackageFile& file, const OpenFile& open) {
  KIP_TRY(const auto output, open(file));
  KIP_TRY_VOID(read_base(base, [&](BytesView piece) { return output->write(piece); }));
  return output->close();
}

}  // namespace kip
