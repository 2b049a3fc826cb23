// What travels with evidence. Input: one octet that says what the rest is.
//   - 't' a whole bundle: what is accepted is written again as the same octets;
//   - 'p' a proof for one entry, 'n' a signed note, 'c' a checkpoint: what is accepted is the same again after it was
//     written and read;
//   - 'h' histories: what is accepted is judged, and read again from its own text judged the same.

#include <manifests/evidence/history_text.hpp>
#include <signing/evidence/evidence_archive.hpp>
#include <signing/log/checkpoint.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

void try_bundle(BytesView bytes) {
  const auto files = parse_evidence(bytes);
  if (!files) return;
  Bytes again;
  KIP_CHECK(bool(write_evidence(*files, [&](BytesView piece) -> Result<void> {
    again += piece;
    return {};
  })));
  KIP_CHECK(again == bytes);
  static_cast<void>(check_sums(*files));
}

void try_proof(BytesView bytes) {
  const auto proof = tlog::EntryProof::parse(bytes);
  if (!proof) return;
  const auto again = tlog::EntryProof::parse(proof->bytes());
  KIP_CHECK(again && *again == *proof);
}

void try_note(BytesView bytes) {
  const auto note = tlog::Note::parse(bytes);
  if (!note) return;
  const auto again = tlog::Note::parse(note->bytes());
  KIP_CHECK(again && *again == *note);
}

void try_checkpoint(BytesView bytes) {
  const auto checkpoint = tlog::Checkpoint::parse(bytes);
  if (!checkpoint) return;
  const auto again = tlog::Checkpoint::parse(checkpoint->text());
  KIP_CHECK(again && *again == *checkpoint);
}

void try_histories(BytesView bytes) {
  const auto histories = parse_histories(bytes);
  if (!histories) return;
  for (const NamedHistory& history : *histories) {
    const auto again = parse_histories(history_text(history, Shared::written));
    KIP_CHECK(again && again->size() == 1);
    KIP_CHECK(judge_history(again->front()) == judge_history(history));
  }
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip::fuzz;
  if (size > kMaxInput) return -1;
  if (size == 0) return 0;
  const kip::BytesView rest = view(data, size).substr(1);
  if (data[0] == 't') try_bundle(rest);
  if (data[0] == 'p') try_proof(rest);
  if (data[0] == 'n') try_note(rest);
  if (data[0] == 'c') try_checkpoint(rest);
  if (data[0] == 'h') try_histories(rest);
  return 0;
}
