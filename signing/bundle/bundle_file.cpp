#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <signing/bundle/bundle_file.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/tar_reader.hpp>

namespace kip {
namespace {

constexpr std::size_t kPiece = 1U << 16U;

Unexpected other_entry(std::string_view found, std::string_view expected) {
  constexpr std::size_t kLongest = 200;
  return fail(ErrorCode::malformed, fmt::format("its archive has \"{}\" where its index has \"{}\"",
                                                printable_line(found.substr(0, kLongest)), expected));
}

Result<Bytes> read_index(TarReader& archive) {
  KIP_TRY(const auto entry, archive.next());
  if (!entry || entry->unchecked_path != BundleIndex::kPath)
    return fail(ErrorCode::malformed, fmt::format("its archive does not begin with {}", BundleIndex::kPath));
  if (entry->size > BundleIndex::kMaxBytes)
    return fail(ErrorCode::too_large, fmt::format("its {} has {} bytes", BundleIndex::kPath, entry->size));
  Bytes bytes;
  while (bytes.size() < entry->size) {
    KIP_TRY(const BytesView piece, archive.read());
    bytes += piece;
  }
  return bytes;
}

Result<void> check_entry(TarReader& archive, const BundleEntry& expected, std::uint64_t size) {
  if (size != expected.size) {
    return fail(ErrorCode::malformed, fmt::format("\"{}\" has {} bytes in its archive and {} in its index",
                                                  expected.path.str(), size, expected.size));
  }
  Sha256Hasher hasher;
  for (std::uint64_t left = size; left > 0;) {
    KIP_TRY(const BytesView piece, archive.read());
    hasher.update(piece);
    left -= piece.size();
  }
  if (hasher.finish() == expected.sha256) return {};
  return fail(ErrorCode::integrity,
              fmt::format("\"{}\" was changed or damaged on the way; copy the file again from where it came from",
                          expected.path.str()));
}

}  // namespace

Result<std::unique_ptr<BundleFile>> BundleFile::open(FileSystem& files, const std::filesystem::path& path) {
  KIP_TRY(auto input, files.open_input(path, Links::follow));
  std::unique_ptr<BundleFile> bundle(new BundleFile(path, std::move(input)));
  auto read = bundle->read_through();
  if (read) return bundle;
  Error error = std::move(read).error();
  if (error.code == ErrorCode::malformed) error.message += "; it may have been cut off on the way: copy it again";
  return fail_while(fmt::format("reading the bundle {}", path.string()), error);
}

Result<void> BundleFile::read_through() {
  std::array<char, kPiece> piece;
  TarReader archive([&]() -> Result<BytesView> {
    KIP_TRY(const std::size_t size, file_->read(piece));
    return BytesView(piece.data(), size);
  });
  KIP_TRY(const Bytes bytes, read_index(archive));
  KIP_TRY(index_, parse_bundle_index(bytes));
  for (const BundleEntry& expected : index_->entries) {
    KIP_TRY(const auto entry, archive.next());
    if (!entry) return fail(ErrorCode::malformed, fmt::format("its archive ends before \"{}\"", expected.path.str()));
    if (entry->unchecked_path != expected.path.str()) return other_entry(entry->unchecked_path, expected.path.str());
    offsets_[expected.path.str()] = archive.position();
    KIP_TRY_VOID(check_entry(archive, expected, entry->size));
  }
  KIP_TRY(const auto more, archive.next());
  return more ? other_entry(more->unchecked_path, "nothing more") : Result<void>();
}

const BundleEntry* BundleFile::find(std::string_view path) const {
  const auto found = std::find_if(index_->entries.begin(), index_->entries.end(),
                                  [path](const BundleEntry& entry) { return entry.path.str() == path; });
  return found == index_->entries.end() ? nullptr : &*found;
}

Result<Bytes> BundleFile::read(const BundleEntry& entry, std::uint64_t max_bytes) {
  if (entry.size > max_bytes) {
    return fail(ErrorCode::too_large,
                fmt::format("\"{}\" has {} bytes, allowed are {}", entry.path.str(), entry.size, max_bytes));
  }
  Bytes out;
  KIP_TRY_VOID(read_from(entry, 0, [&out](BytesView piece) -> Result<void> {
    out += piece;
    return {};
  }));
  return out;
}

Result<void> BundleFile::read_from(const BundleEntry& entry, std::uint64_t offset,
                                   const std::function<Result<void>(BytesView)>& take) {
  const std::uint64_t begin = offsets_.find(entry.path.str())->second;
  std::array<char, kPiece> piece;
  while (offset < entry.size) {
    const std::size_t wanted = std::min<std::uint64_t>(piece.size(), entry.size - offset);
    KIP_TRY(const std::size_t size, file_->read_at(begin + offset, std::span(piece).first(wanted)));
    if (size != wanted) {
      return fail(ErrorCode::storage,
                  fmt::format("{} became shorter while it was read; leave it alone and try again", path_.string()));
    }
    KIP_TRY_VOID(take(BytesView(piece.data(), size)));
    offset += size;
  }
  return {};
}

}  // namespace kip
