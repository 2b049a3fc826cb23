#pragma once

#include <signing/log/checkpoint.hpp>

namespace kip::tlog {

/// Where a witness takes checkpoints, below its URL. Source: C2SP tlog-witness, "add-checkpoint".
inline constexpr const char* kAddCheckpointPath = "/add-checkpoint";
/// The type of an answer 409 that tells the size which the witness has cosigned last.
inline constexpr const char* kTreeSizeType = "text/x.tlog.size";

/// What a witness is asked: to cosign a checkpoint that extends the one of `old_size`. Nothing of it is verified.
/// Source: C2SP tlog-witness, "add-checkpoint".
struct AddCheckpoint {
  static constexpr std::size_t kMaxBytes = 128U << 10U;
  static constexpr std::size_t kMaxProof = 63;

  std::uint64_t old_size = 0;  ///< of the checkpoint that the witness has cosigned last; 0 for none
  Proof proof = {};            ///< of consistency, from there
  Note checkpoint = {};

  /// Errors: malformed, too_large.
  static Result<AddCheckpoint> parse(BytesView bytes);
  Bytes bytes() const;

  bool operator==(const AddCheckpoint&) const = default;
};

/// A size as an answer of type kTreeSizeType has it, with its line end. Errors: malformed.
Result<std::uint64_t> parse_tree_size(BytesView body);
Bytes tree_size_text(std::uint64_t size);

/// Signature lines alone, as a witness answers them.
Bytes signature_lines(const std::vector<NoteSignature>& signatures);

}  // namespace kip::tlog
