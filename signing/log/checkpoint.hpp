#pragma once

#include <signing/log/merkle.hpp>
#include <signing/log/note.hpp>

namespace kip::tlog {

/// What a log says of its tree. Source: C2SP tlog-checkpoint.
struct Checkpoint {
  std::string origin;  ///< which log it is
  TreeHead head = {};
  std::vector<std::string> extensions = {};  ///< further lines; nothing here gives them a meaning

  /// The text of a note. Errors: malformed.
  static Result<Checkpoint> parse(BytesView text);
  Bytes text() const;

  bool operator==(const Checkpoint&) const = default;
};

/// The checkpoint in a note that the log has signed; it may carry other signatures. Errors: malformed, too_large;
/// signature where the log's is missing or not valid; integrity where it is of another origin.
Result<Checkpoint> open_checkpoint(const Note& note, const NoteKey& log, std::string_view origin);

/// That an entry stands in a log, to be checked without the log. Format: "c2sp.org/tlog-proof@v1".
/// Source: C2SP tlog-proof.
struct EntryProof {
  static constexpr std::size_t kMaxBytes = Note::kMaxBytes + (64U << 10U);

  Bytes extra = {};  ///< for the application; nobody has signed it
  std::uint64_t index = 0;
  Proof inclusion = {};
  Note checkpoint = {};

  /// Errors: malformed, too_large.
  static Result<EntryProof> parse(BytesView bytes);
  /// All but the checkpoint, whose text is left to the caller, within `bytes`: many proofs rest on one. The same
  /// errors.
  static Result<EntryProof> parse(BytesView bytes, BytesView& checkpoint);
  Bytes bytes() const;
  /// The checkpoint under which the entry stands. Errors: those of open_checkpoint(); integrity where the proof does
  /// not hold.
  Result<Checkpoint> verify(BytesView entry, const NoteKey& log, std::string_view origin) const;

  bool operator==(const EntryProof&) const = default;
};

}  // namespace kip::tlog
