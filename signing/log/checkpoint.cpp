#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/log/checkpoint.hpp>

#include "lines.hpp"

namespace kip::tlog {
namespace {

constexpr std::string_view kProofFormat = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kMaxExtensions = 100;

Unexpected malformed(std::string_view what, std::string_view why) {
  return fail(ErrorCode::malformed, fmt::format("the {} {}", what, why));
}

}  // namespace

Result<Checkpoint> Checkpoint::parse(BytesView text) {
  Lines lines(text);
  const auto origin = lines.next();
  const auto size_line = lines.next();
  const auto root_line = lines.next();
  if (!root_line || origin->empty() || !is_utf8(*origin))
    return malformed("checkpoint", "has no origin, size and root");
  const auto size = parse_number(*size_line);
  const auto root = parse_hash(*root_line);
  if (!size) return malformed("checkpoint", "has no size: the second line must be a plain number");
  if (!root) return malformed("checkpoint", "has no root: the third line must be a SHA-256 in base64");
  if (*size == 0 && *root != empty_root()) return malformed("checkpoint", "has a root of no leaves that is none");
  Checkpoint out{std::string(*origin), {*size, *root}, {}};
  while (!lines.left().empty()) {
    const auto line = lines.next();
    if (!line || line->empty() || out.extensions.size() == kMaxExtensions) {
      return malformed("checkpoint", "has something after its root that is no line of an extension");
    }
    out.extensions.emplace_back(*line);
  }
  return out;
}

Bytes Checkpoint::text() const {
  Bytes out = fmt::format("{}\n{}\n{}\n", origin, head.size, to_base64(head.root.bytes()));
  for (const std::string& line : extensions)
    out += line + "\n";
  return out;
}

Result<Checkpoint> open_checkpoint(const Note& note, const NoteKey& log, std::string_view origin) {
  KIP_TRY(const auto found, verify_note(note, {log}));
  if (found.empty()) {
    return fail(ErrorCode::signature, fmt::format("the checkpoint is not signed by \"{}\"", log.name()));
  }
  KIP_TRY(Checkpoint out, Checkpoint::parse(note.text));
  if (out.origin == origin) return out;
  return fail(ErrorCode::integrity, fmt::format("the checkpoint is of the log \"{}\", not of \"{}\"",
                                                printable_line(out.origin.substr(0, 200)), origin));
}

Result<EntryProof> EntryProof::parse(BytesView bytes) {
  BytesView checkpoint;
  KIP_TRY(EntryProof out, parse(bytes, checkpoint));
  KIP_TRY(out.checkpoint, Note::parse(checkpoint));
  return out;
}

Result<EntryProof> EntryProof::parse(BytesView bytes, BytesView& checkpoint) {
  if (bytes.size() > kMaxBytes) return fail(ErrorCode::too_large, "the proof is larger than any can be");
  Lines lines(bytes);
  if (lines.next() != kProofFormat) return malformed("proof", fmt::format("does not begin with {}", kProofFormat));
  EntryProof out;
  auto line = lines.next();
  if (line && line->starts_with(kExtra)) {
    auto extra = from_base64(line->substr(kExtra.size()));
    if (!extra) return malformed("proof", "has extra data that is not in base64");
    out.extra = *std::move(extra);
    line = lines.next();
  }
  const auto index = line && line->starts_with(kIndex) ? parse_number(line->substr(kIndex.size())) : std::nullopt;
  if (!index) return malformed("proof", "does not say at which index the entry stands");
  out.index = *index;
  for (line = lines.next(); line && !line->empty(); line = lines.next()) {
    const auto hash = parse_hash(*line);
    if (!hash || out.inclusion.size() == kMaxProof)
      return malformed("proof", "has a line that is no hash, or too many");
    out.inclusion.push_back(*hash);
  }
  checkpoint = lines.left();
  return out;
}

Bytes EntryProof::bytes() const {
  Bytes out = fmt::format("{}\n", kProofFormat);
  if (!extra.empty()) out += fmt::format("{}{}\n", kExtra, to_base64(extra));
  out += fmt::format("{}{}\n", kIndex, index);
  for (const Sha256Digest& hash : inclusion)
    out += to_base64(hash.bytes()) + "\n";
  return out + "\n" + checkpoint.bytes();
}

Result<Checkpoint> EntryProof::verify(BytesView entry, const NoteKey& log, std::string_view origin) const {
  KIP_TRY(Checkpoint out, open_checkpoint(checkpoint, log, origin));
  KIP_TRY_VOID(verify_inclusion(index, out.head.size, leaf_hash(entry), inclusion, out.head.root));
  return out;
}

}  // namespace kip::tlog
