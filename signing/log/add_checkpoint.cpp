#include <fmt/format.h>

#include <signing/log/add_checkpoint.hpp>

#include "lines.hpp"

namespace kip::tlog {
namespace {

constexpr std::string_view kOld = "old ";

Unexpected malformed(std::string_view why) {
  return fail(ErrorCode::malformed, fmt::format("the request to cosign {}", why));
}

}  // namespace

Result<AddCheckpoint> AddCheckpoint::parse(BytesView bytes) {
  if (bytes.size() > kMaxBytes) {
    return fail(ErrorCode::too_large, fmt::format("the request to cosign has more than {} octets", kMaxBytes));
  }
  Lines lines(bytes);
  auto line = lines.next();
  const auto old_size = line && line->starts_with(kOld) ? parse_number(line->substr(kOld.size())) : std::nullopt;
  if (!old_size) return malformed("does not begin with \"old SIZE\"");
  AddCheckpoint out{.old_size = *old_size};
  for (line = lines.next(); line && !line->empty(); line = lines.next()) {
    const auto hash = parse_hash(*line);
    if (!hash) return malformed("has a line of proof that is no hash in base64");
    if (out.proof.size() == kMaxProof) return malformed(fmt::format("has more than {} lines of proof", kMaxProof));
    out.proof.push_back(*hash);
  }
  if (!line) return malformed("has no blank line after its proof");
  KIP_TRY(out.checkpoint, Note::parse(lines.left()));
  return out;
}

Bytes AddCheckpoint::bytes() const {
  Bytes out = fmt::format("{}{}\n", kOld, old_size);
  for (const Sha256Digest& hash : proof)
    out += to_base64(hash.bytes()) + "\n";
  return out + "\n" + checkpoint.bytes();
}

Result<std::uint64_t> parse_tree_size(BytesView body) {
  Lines lines(body);
  const auto line = lines.next();
  const auto size = line && lines.left().empty() ? parse_number(*line) : std::nullopt;
  if (size) return *size;
  return fail(ErrorCode::malformed, "the answer tells no size: it must be a plain number in one line");
}

Bytes tree_size_text(std::uint64_t size) {
  return fmt::format("{}\n", size);
}

Bytes signature_lines(const std::vector<NoteSignature>& signatures) {
  const Bytes whole = Note{"\n", signatures}.bytes();
  return whole.substr(2);
}

}  // namespace kip::tlog
