#pragma once

#include <filesystem>

#include <signing/log/checkpoint.hpp>
#include <signing/log/tile.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::tlog {

/// The name under which a log serves its newest checkpoint. Source: C2SP tlog-tiles.
inline constexpr const char* kCheckpointFile = "checkpoint";

/// Beside it: the identity of the newest time stamp that stands in the log, in hexadecimal, and a line feed. Nobody can
/// know it before that stamp was made, so that nothing else has to prove it. Not of C2SP.
inline constexpr const char* kNewestStampFile = "newest-stamp";

/// What a log consists of, by the paths of C2SP tlog-tiles: on a disk, behind a URL. Errors: not_found, too_large,
/// those of the medium.
using LogFileReader = std::function<Result<Bytes>(const std::string& path, std::size_t max_bytes)>;

/// Below a folder. The file system must outlive it.
LogFileReader files_below(FileSystem& files, std::filesystem::path folder);

/// Errors: those of the reader; malformed, too_large.
Result<Note> read_checkpoint_note(const LogFileReader& read);

/// Reads tiles; for a partial one that is gone, its part of the full one, since a log may remove those.
TileReader tiles_of(LogFileReader read);

/// Every entry of a tree of `size` leaves from index `first` on, in order, one bundle in memory at a time.
/// Errors: those of the reader and of `take`; malformed where a bundle is.
Result<void> read_entries(const LogFileReader& read, std::uint64_t first, std::uint64_t size,
                          const std::function<Result<void>(std::uint64_t index, BytesView entry)>& take);

}  // namespace kip::tlog
