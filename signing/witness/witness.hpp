#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <signing/daemon/log.hpp>
#include <signing/log/add_checkpoint.hpp>
#include <signing/storage/file_system.hpp>

/// Witnesses of transparency logs: who cosigns a log's checkpoints once each extends the one before, and how they are
/// asked. Format: docs/formats/witness.md
namespace kip::tlog {

/// A log that a witness watches.
struct WatchedLog {
  std::string origin;
  std::vector<NoteKey> keys;  ///< any one of them signs for it

  bool operator==(const WatchedLog&) const = default;
};

/// What a witness signs by.
struct WitnessKey {
  NoteKey key;  ///< of the type cosignature
  PrivateKey signing;
};

/// The answer to one request, as HTTP carries it.
struct WitnessAnswer {
  int status = 500;
  std::string type;
  Bytes body;
};

/// Cosigns checkpoints of the logs that it watches, each only if it extends the last one that it cosigned. What it has
/// cosigned is durable before the answer exists, so that no interruption makes it forget. One lock file keeps a second
/// process out. Thread-safe: requests about one log are served one after the other, those about others side by side.
/// Source: C2SP tlog-witness.
class Witness {
 public:
  struct Ports {
    FileSystem& files;
    const Clock& clock;
    Log& log;
  };
  /// Pairs of notes that contradict each other are kept, this many files at most.
  static constexpr std::size_t kMaxConflicts = 64;

  /// Makes the folder in which a witness keeps what it cosigned, in one that is there. Errors: those of the file
  /// system.
  static Result<void> create(FileSystem& files, const std::filesystem::path& folder);
  /// The ports must outlive it. A log of which nothing is kept yet counts as never cosigned. Errors: busy where another
  /// process has the folder; not_found where it was not created, or is gone; usage for two logs of one origin;
  /// integrity and malformed for a state that is not of its log; those of the file system.
  static Result<std::unique_ptr<Witness>> open(const Ports& ports, const std::filesystem::path& folder,
                                               std::vector<WatchedLog> logs, WitnessKey key);

  /// Answers a request to cosign: 200 with the cosignature; 400 malformed; 403 no valid signature of the log; 404
  /// unknown log; 409 another size or tree than was cosigned last, with that size; 413 too large; 422 the proof does
  /// not hold; 500 what was to be cosigned could not be kept. Nothing but 200 changes anything.
  WitnessAnswer add_checkpoint(BytesView body);

 private:
  struct Watched {
    WatchedLog log;
    std::filesystem::path file;
    std::mutex mutex;  ///< from the comparison to the answer, over the write as well: see the source
    TreeHead head;     ///< cosigned last, durable
    Note note;         ///< that told it, where there is one
  };

  Witness(const Ports& ports, std::filesystem::path folder, WitnessKey key, std::unique_ptr<FileLock> lock);

  Result<void> load(Watched& watched) const;
  Result<void> keep(Watched& watched, const Checkpoint& checkpoint, Note note) const;
  WitnessAnswer cosign(Watched& watched, const AddCheckpoint& request, const Checkpoint& checkpoint, Note note) const;
  WitnessAnswer contradiction(const Watched& watched, const Checkpoint& checkpoint, const Note& note) const;
  Result<void> keep_conflict(const Note& note, const Checkpoint& checkpoint) const;

  Ports ports_;
  std::filesystem::path folder_;
  WitnessKey key_;
  std::unique_ptr<FileLock> lock_;
  std::vector<std::unique_ptr<Watched>> logs_;
};

}  // namespace kip::tlog
