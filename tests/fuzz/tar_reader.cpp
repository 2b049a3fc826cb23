// Archives of packages. Input: one octet, then a tar archive. Unless the octet is '=', the checksum of each block with
// the magic of ustar is put right first, since nothing finds one by chance.
//   - In which pieces an archive comes makes no difference.
//   - An entry has as many octets as it says, and all of them fit into the archive.
//   - What is accepted, with paths that a package may have, libarchive reads in the same way: no archive is one to us
//   and
//     another to somebody else.

#include <algorithm>
#include <memory>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include <manifests/core/safe_path.hpp>
#include <signing/package/tar_reader.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

constexpr std::size_t kBlock = 512;

struct File {
  std::string path;
  unsigned mode = 0;
  Bytes content;

  bool operator==(const File&) const = default;
};
using Files = std::vector<File>;

void repair_checksums(Bytes& archive) {
  for (std::size_t at = 0; at + kBlock <= archive.size(); at += kBlock) {
    if (BytesView(archive).substr(at + 257, 5) != "ustar") continue;
    std::fill_n(archive.begin() + static_cast<std::ptrdiff_t>(at + 148), 8, ' ');
    unsigned sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i)
      sum += static_cast<unsigned char>(archive[at + i]);
    for (std::size_t digit = 6; digit-- > 0; sum /= 8)
      archive[at + 148 + digit] = static_cast<char>('0' + sum % 8);
    archive[at + 154] = '\0';
  }
}

Result<Files> read_in_pieces_of(std::size_t piece, BytesView archive) {
  BytesView rest = archive;
  TarReader reader([&]() -> Result<BytesView> {
    const BytesView next = rest.substr(0, piece);
    rest.remove_prefix(next.size());
    return next;
  });
  Files out;
  while (true) {
    KIP_TRY(const auto entry, reader.next());
    if (!entry) break;
    out.push_back({entry->unchecked_path, entry->mode, {}});
    while (true) {
      KIP_TRY(const BytesView bytes, reader.read());
      if (bytes.empty()) break;
      out.back().content += bytes;
    }
    KIP_CHECK(out.back().content.size() == entry->size);
  }
  KIP_CHECK(rest.empty());
  return out;
}

void expect_as_libarchive_reads(const Files& files, BytesView bytes) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> handle(archive_read_new(), &archive_read_free);
  KIP_CHECK(archive_read_support_format_tar(handle.get()) == ARCHIVE_OK);
  KIP_CHECK(archive_read_open_memory(handle.get(), bytes.data(), bytes.size()) == ARCHIVE_OK);
  archive_entry* entry = nullptr;
  for (const File& file : files) {
    KIP_CHECK(archive_read_next_header(handle.get(), &entry) == ARCHIVE_OK);
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr) path = archive_entry_pathname_utf8(entry);
    KIP_CHECK(path != nullptr && path == file.path);
    KIP_CHECK(archive_entry_filetype(entry) == AE_IFREG);
    KIP_CHECK(archive_entry_uid(entry) == 0 && archive_entry_gid(entry) == 0 && archive_entry_mtime(entry) == 0);
    KIP_CHECK(archive_entry_hardlink(entry) == nullptr && archive_entry_sparse_count(entry) == 0);
    KIP_CHECK((archive_entry_perm(entry) & 07777U) == (file.mode & 07777U));
    KIP_CHECK(static_cast<std::size_t>(archive_entry_size(entry)) == file.content.size());
    Bytes content(file.content.size() + 1, '\0');
    const auto count = archive_read_data(handle.get(), content.data(), content.size());
    KIP_CHECK(count >= 0 && BytesView(content).substr(0, static_cast<std::size_t>(count)) == file.content);
  }
  KIP_CHECK(archive_read_next_header(handle.get(), &entry) == ARCHIVE_EOF);
}

void try_archive(BytesView archive) {
  const auto whole = read_in_pieces_of(archive.size() + 1, archive);
  for (const std::size_t piece : {std::size_t{1}, kBlock, std::size_t{700}}) {
    const auto again = read_in_pieces_of(piece, archive);
    KIP_CHECK(again.has_value() == whole.has_value());
    KIP_CHECK(whole ? *again == *whole : again.error() == whole.error());
  }
  if (!whole) return;
  std::size_t least = 2 * kBlock;
  for (const File& file : *whole)
    least += kBlock + file.content.size();
  KIP_CHECK(least <= archive.size());
  const bool safe = std::all_of(whole->begin(), whole->end(),
                                [](const File& file) { return SafeRelativePath::parse(file.path).has_value(); });
  // Without entries, libarchive may not know that it is a tar archive.
  if (safe && !whole->empty()) expect_as_libarchive_reads(*whole, archive);
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kip::fuzz::kMaxInput) return -1;
  if (size == 0) return 0;
  kip::Bytes archive(kip::fuzz::view(data, size).substr(1));
  if (data[0] != '=') kip::fuzz::repair_checksums(archive);
  kip::fuzz::try_archive(archive);
  return 0;
}
