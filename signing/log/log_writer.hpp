#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <signing/log/checkpoint.hpp>
#include <signing/log/tile.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::tlog {

/// What a log is called and by what it signs its checkpoints: by several keys while one follows another.
struct LogIdentity {
  std::string origin;
  struct SigningKey {
    NoteKey key;
    PrivateKey signing;
  };
  std::vector<SigningKey> keys;
};

/// Where a log lies: FOLDER/state.json, FOLDER/lock and FOLDER/public with checkpoint and tiles, for everybody to read;
/// the entries too, or in FOLDER/private.
struct LogPlace {
  std::filesystem::path folder;
  bool entries_are_public = true;

  std::filesystem::path public_folder() const { return folder / "public"; }
  std::filesystem::path entries_folder() const { return folder / (entries_are_public ? "public" : "private"); }
};

/// The one writer of a log. Adds entries in the order entries, tiles, sync, state, checkpoint, so that after an
/// interruption at any point the log extends every checkpoint that anybody has seen: what is not in the state is
/// written again by the next append(), which therefore must bring the same entries. Memory does not grow with the log.
/// Not thread-safe; the file system must outlive it.
class LogWriter {
 public:
  /// Makes an empty log with a checkpoint in a folder whose parent is there; a log of that origin that is empty is left
  /// as it is. Errors: conflict where another one is there; those of the file system.
  static Result<void> create(FileSystem& files, const LogPlace& place, const LogIdentity& identity);
  /// Takes the log up again and publishes a checkpoint of its state where an interruption has kept that back.
  /// Errors: not_found where there is none; busy where another writer has it; conflict where it is of another origin;
  /// integrity where its files do not agree or a checkpoint is ahead of the state; those of the file system.
  static Result<std::unique_ptr<LogWriter>> open(FileSystem& files, const LogPlace& place, LogIdentity identity);

  /// What is published.
  const TreeHead& head() const { return head_; }
  const std::string& origin() const { return identity_.origin; }

  /// On return all of them are durable and under a published checkpoint. After an error the writer is of no further
  /// use: open() again. Errors: too_large for an entry, before anything was written; those of the file system.
  Result<void> append(const std::vector<BytesView>& entries);
  /// Publishes the newest checkpoint with these signatures by others beside the log's own; of one key the later one
  /// counts. Whether they hold is the caller's to check. They stay until there is a newer checkpoint. False, and
  /// nothing done, where `cosigned` is not the newest checkpoint. Errors: those of the file system, after which the
  /// writer goes on as before.
  Result<bool> add_signatures(const Note& cosigned);

 private:
  /// The tiles at the right edge that are not full, per level, and the bundle to the lowest.
  struct Edge {
    std::array<Bytes, 64 / kTileHeight> hashes;
    Bytes bundle;
  };

  LogWriter(FileSystem& files, LogPlace place, LogIdentity identity, std::unique_ptr<FileLock> lock);

  Result<void> publish() const;
  Result<void> load_edge();
  Result<void> add(BytesView entry);
  Result<void> add_hash(unsigned level, std::uint64_t index, const Sha256Digest& hash);
  Result<void> write_partial_tiles(std::uint64_t before);
  Result<Sha256Digest> root() const;
  Result<void> write_tile(const TileId& tile, BytesView hashes);
  Result<void> write_bundle(std::uint64_t index, unsigned width);
  Result<void> write(const std::filesystem::path& folder, const std::string& path, BytesView bytes, unsigned mode);
  void remove_replaced(std::uint64_t before);

  FileSystem& files_;
  LogPlace place_;
  LogIdentity identity_;
  std::unique_ptr<FileLock> lock_;
  TreeHead head_;                      ///< in the state and published
  std::vector<NoteSignature> others_;  ///< under its checkpoint
  std::uint64_t size_ = 0;             ///< with what is being added
  Edge edge_;
  std::set<std::filesystem::path> directories_;  ///< that are known to be there, a few of them
  bool failed_ = false;
};

}  // namespace kip::tlog
