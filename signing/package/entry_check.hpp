#pragma once

#include <filesystem>
#include <string_view>

#include <manifests/model/package_manifest.hpp>
#include <signing/package/tar_reader.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

// What the readers of packages and of deltas ask of an entry. Errors: malformed for an unsafe path; integrity for
// another mode, size or content than said; too_large; those of the archive and of the file system.

/// An unsafe path is named as such before anything else is said about it.
Result<void> expect_safe(const TarReader::Entry& entry);
Result<void> expect_mode(const TarReader::Entry& entry, unsigned mode);
/// Path may be another here: who calls knows what to say of that.
Result<void> expect_file(const TarReader::Entry& entry, const PackageFile& file);
/// The next entry, which must be the package's own one of that path; its content is then read from `tar`.
Result<TarReader::Entry> expect_own_entry(TarReader& tar, std::string_view path, std::uint64_t max_size);
/// The same, and all of its content.
Result<Bytes> read_own_entry(TarReader& tar, std::string_view path, std::uint64_t max_size);
/// The present entry, passed on; gives its hash. `output` may be null.
Result<Sha256Digest> hash_content(TarReader& tar, OutputFile* output);
/// The same, checked.
Result<void> read_content(TarReader& tar, const PackageFile& file, OutputFile* output);
Unexpected wrong_content(const PackageFile& file);

/// Names a package or delta in a fault of it; what the file system says names its path already. Control characters go,
/// so that no file writes to a terminal what its author likes.
Error with_context(Error error, std::string_view kind, const std::filesystem::path& file);

template <class T>
Result<T> with_context(Result<T> result, std::string_view kind, const std::filesystem::path& file) {
  if (result) return result;
  return Unexpected(with_context(std::move(result).error(), kind, file));
}

}  // namespace kip
