// What a witness is sent, and what it answers. Input: the body of a request to cosign (C2SP tlog-witness).
//   - What is accepted is written again as the same octets, within the limits of the format.
//   - The note in it is one that is read alone, too; a checkpoint in that is written again as the same text.
//   - The same octets as the answer of a witness: a size is written again as they are, and signature lines that can
//     stand below a note are those that they are.

#include <signing/log/add_checkpoint.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

void try_request(BytesView input) {
  const auto request = tlog::AddCheckpoint::parse(input);
  if (!request) return;
  KIP_CHECK(request->proof.size() <= tlog::AddCheckpoint::kMaxProof);
  KIP_CHECK(request->bytes() == input);
  const auto note = tlog::Note::parse(request->checkpoint.bytes());
  KIP_CHECK(note && *note == request->checkpoint);
  const auto checkpoint = tlog::Checkpoint::parse(note->text);
  if (checkpoint) KIP_CHECK(checkpoint->text() == note->text);
}

void try_answer(BytesView input) {
  const auto size = tlog::parse_tree_size(input);
  if (size) KIP_CHECK(tlog::tree_size_text(*size) == input);
  const auto note = tlog::Note::parse(tlog::Note{"origin\n1\nroot\n", {}}.bytes() + Bytes(input));
  if (!note || note->text != "origin\n1\nroot\n") return;
  KIP_CHECK(tlog::signature_lines(note->signatures) == input);
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip::fuzz;
  if (size > kMaxInput) return -1;
  try_request(view(data, size));
  try_answer(view(data, size));
  return 0;
}
