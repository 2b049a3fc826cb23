#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manifests/model/evidence_index.hpp>
#include <signing/evidence/evidence_archive.hpp>
#include <signing/evidence/log_keys.hpp>
#include <signing/log/checkpoint.hpp>

namespace kip {

/// "log/o", "log/o2": where a bundle has a life of a log.
std::string log_path(const LogLife& life);
/// "log/o/entries/00000012", "events/o/00000012"
std::string entry_path(const LogLife& life, std::uint64_t index);
std::string event_path(const LogLife& life, std::uint64_t index);

/// The event that a bundle shows of an entry: 32 octets of salt and its envelope; its SHA-256 is the commitment. Null
/// where it shows none.
const Bytes* find_event(const EvidenceFiles& files, const LogLife& life, std::uint64_t index);
/// The envelope in it.
BytesView envelope_in(BytesView salted);

/// One entry of O, signed by a key that officers have authorised.
struct OpenEntry {
  std::uint64_t place = 0;  ///< over all lives
  LogEntry entry;
  std::optional<Event> event = {};  ///< the whole event, where it was shown
};

/// All of O, as a bundle has it: the lives of the log one after the other, each verified against its checkpoint and
/// continued by the next one. A value.
class OpenLog {
 public:
  /// Errors: signature for a checkpoint or an entry that nobody authorised has signed; integrity where entries do not
  /// have the checkpoint's root, a life does not continue the one before, an event is not the one of its entry, or an
  /// event stands twice; malformed.
  static Result<OpenLog> read(const EvidenceFiles& files, const EvidenceIndex& index, const LogKeys& keys);

  const std::vector<OpenEntry>& entries() const { return entries_; }
  /// How many entries a checkpoint covers, over all lives; nothing where it is of no entries, not of this log, or of
  /// one that does not have its root.
  std::optional<std::uint64_t> covered_by(const tlog::Checkpoint& checkpoint) const;
  /// The newest checkpoint, as it is signed.
  const tlog::Note& newest() const { return newest_; }
  /// The life to which the entry belongs.
  const LogLife& life_at(std::uint64_t place) const;
  /// How many entries were published and are lost at the end of a life, by its origin, where there are any.
  const std::map<std::string, std::uint64_t>& lost() const { return lost_; }

 private:
  struct Life {
    LogLife life;
    std::uint64_t begin = 0;                           ///< place of its first entry
    std::map<std::uint64_t, Sha256Digest> roots = {};  ///< by sizes that somebody names
  };

  Result<void> read_life(const EvidenceFiles& files, const LoggedSpan& span, const LogAuthority& authority,
                         const TenantId& tenant);
  Result<OpenEntry> read_entry(const EvidenceFiles& files, const LoggedSpan& span, std::uint64_t index, BytesView bytes,
                               const std::vector<PublicKey>& keys) const;
  Result<void> check_roots(const LoggedSpan& span, const std::vector<Sha256Digest>& leaves,
                           const tlog::Checkpoint& checkpoint);
  Result<void> expect_continues(const LogLife& life, const OpenEntry& first);

  std::vector<OpenEntry> entries_;
  std::vector<Life> lives_;
  std::map<std::string, std::uint64_t> lost_;
  tlog::Note newest_;
};

/// Those of an authority that can be used here.
std::vector<PublicKey> usable_keys(const std::vector<Key>& keys);
/// The checkpoint of a note that one of these keys has signed. Errors: signature, malformed.
Result<tlog::Checkpoint> open_by_any(const tlog::Note& note, const LogAuthority& authority);

}  // namespace kip
