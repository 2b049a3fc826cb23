#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/log/note.hpp>

#include "big_endian.hpp"
#include "certificate_log.hpp"

namespace kip::tlog {
namespace {

constexpr std::string_view kDash = "\u2014 ";
constexpr std::string_view kBlankLine = "\n\n";
constexpr std::size_t kIdOctets = 4;
constexpr std::size_t kTimeOctets = 8;
constexpr std::size_t kMaxName = 1000;

/// Unicode's White_Space. Source: Unicode Character Database, PropList.txt.
constexpr std::array<std::string_view, 25> kSpaces = {
    "\t",     "\n",     "\v",     "\f",     "\r",     " ",      "\u0085", "\u00a0", "\u1680",
    "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
    "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && is_utf8(text) && text.find('+') == std::string_view::npos &&
         std::none_of(kSpaces.begin(), kSpaces.end(),
                      [&](std::string_view space) { return text.find(space) != std::string_view::npos; });
}

/// The signature type and the key, as they stand in the published text and under the key's identifier.
Bytes material_of(NoteSignatureType type, const PublicKey& key) {
  return Bytes(1, static_cast<char>(type)) + key.material();
}

std::uint32_t id_of(std::string_view name, NoteSignatureType type, const PublicKey& key) {
  const auto first_octets = [](BytesView material) {
    const Bytes digest = sha256(material).bytes();
    return static_cast<std::uint32_t>(read_big_endian(BytesView(digest).substr(0, kIdOctets)));
  };
  if (type == NoteSignatureType::ecdsa) return first_octets(key.material());
  const Bytes log_id = Bytes(1, static_cast<char>(type)) + sha256(key.material()).bytes();
  const bool by_log_id = type == NoteSignatureType::tree_head;
  return first_octets(fmt::format("{}\n{}", name, by_log_id ? log_id : material_of(type, key)));
}

bool is_p256(NoteSignatureType type) {
  return type == NoteSignatureType::ecdsa || type == NoteSignatureType::tree_head;
}

bool is_known(NoteSignatureType type) {
  return is_p256(type) || type == NoteSignatureType::ed25519 || type == NoteSignatureType::cosignature;
}

Bytes cosigned(BytesView text, std::uint64_t seconds) {
  return fmt::format("cosignature/v1\ntime {}\n{}", seconds, text);
}

Result<NoteSignature> parse_line(std::string_view line) {
  const auto wrong = [&](std::string_view why) {
    return fail(ErrorCode::malformed,
                fmt::format("a signature of the note {}: \"{}\"", why, printable_line(line.substr(0, 100))));
  };
  if (!line.starts_with(kDash)) return wrong("does not begin with a dash");
  line.remove_prefix(kDash.size());
  const auto space = line.find(' ');
  const std::string_view name = line.substr(0, space);
  if (space == std::string_view::npos || !is_name(name)) return wrong("has no name");
  const auto octets = from_base64(line.substr(space + 1));
  if (!octets) return wrong("is not in base64");
  if (octets->size() <= kIdOctets) return wrong("is too short to be one");
  return NoteSignature{std::string(name),
                       static_cast<std::uint32_t>(read_big_endian(BytesView(*octets).substr(0, kIdOctets))),
                       octets->substr(kIdOctets)};
}

/// When a witness has signed; nothing where its signature does not hold.
std::optional<Instant> verify_cosignature(BytesView text, const PublicKey& key, BytesView signature) {
  constexpr std::uint64_t kLast = 253'402'300'799;  // 9999-12-31
  if (signature.size() <= kTimeOctets) return std::nullopt;
  const std::uint64_t seconds = read_big_endian(signature.substr(0, kTimeOctets));
  if (seconds > kLast || !key.verify(cosigned(text, seconds), signature.substr(kTimeOctets))) return std::nullopt;
  return Instant(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

}  // namespace

Result<NoteKey> NoteKey::create(std::string name, NoteSignatureType type, PublicKey key) {
  if (!is_name(name)) {
    return fail(ErrorCode::malformed, fmt::format("\"{}\" cannot be the name of a key: it must have no spaces and no +",
                                                  printable_line(name.substr(0, 100))));
  }
  if (key.type() != (is_p256(type) ? KeyType::ecdsa_p256 : KeyType::ed25519)) {
    return fail(ErrorCode::malformed, "the key is not of the kind that makes such signatures");
  }
  const std::uint32_t id = id_of(name, type, key);
  return NoteKey(std::move(name), type, std::move(key), id);
}

Result<NoteKey> NoteKey::parse(std::string_view text) {
  constexpr std::size_t kHexDigits = 8;
  const auto wrong = [] { return fail(ErrorCode::malformed, "is no key of a log; it reads NAME+IDENTIFIER+KEY"); };
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos || second - first - 1 != kHexDigits) return wrong();
  const auto id = from_hex(text.substr(first + 1, kHexDigits));
  const auto material = from_base64(text.substr(second + 1));
  if (!id || !material || material->empty()) return wrong();
  const auto type = static_cast<NoteSignatureType>(material->front());
  if (!is_known(type)) {
    return fail(ErrorCode::malformed,
                "the key of a log is of a type that is not known here; it must be Ed25519 or ECDSA P-256");
  }
  const BytesView octets = BytesView(*material).substr(1);
  KIP_TRY(PublicKey key, is_p256(type) ? p256_from_der(octets) : PublicKey::from_ed25519(octets));
  KIP_TRY(NoteKey out, create(std::string(text.substr(0, first)), type, std::move(key)));
  if (out.id() == read_big_endian(*id)) return out;
  return fail(ErrorCode::malformed,
              fmt::format("the key of \"{}\" has the identifier {:08x}, not {}; copy it once more", out.name(),
                          out.id(), text.substr(first + 1, kHexDigits)));
}

std::string NoteKey::text() const {
  return fmt::format("{}+{:08x}+{}", name_, id_, to_base64(material_of(type_, key_)));
}

Result<Note> Note::parse(BytesView bytes) {
  if (bytes.size() > kMaxBytes) return fail(ErrorCode::too_large, "the note has more than a mebibyte");
  const bool is_plain = std::none_of(bytes.begin(), bytes.end(), [](char octet) {
    return octet != '\n' && static_cast<unsigned char>(octet) < static_cast<unsigned char>(' ');
  });
  if (!is_plain || !is_utf8(bytes)) {
    return fail(ErrorCode::malformed, "the note is not plain text: it is no UTF-8, or has control characters");
  }
  const auto blank = bytes.rfind(kBlankLine);
  if (blank == BytesView::npos || !bytes.ends_with('\n')) {
    return fail(ErrorCode::malformed, "the note does not end with a blank line and signatures");
  }
  Note out{Bytes(bytes.substr(0, blank + 1)), {}};
  BytesView lines = bytes.substr(blank + kBlankLine.size());
  for (; !lines.empty(); lines.remove_prefix(lines.find('\n') + 1)) {
    if (out.signatures.size() == kMaxSignatures) {
      return fail(ErrorCode::too_large, fmt::format("the note has more than {} signatures", kMaxSignatures));
    }
    KIP_TRY(NoteSignature signature, parse_line(lines.substr(0, lines.find('\n'))));
    out.signatures.push_back(std::move(signature));
  }
  if (out.signatures.empty()) return fail(ErrorCode::malformed, "the note has no signature");
  return out;
}

Bytes Note::bytes() const {
  Bytes out = text + "\n";
  for (const NoteSignature& one : signatures)
    out += fmt::format("{}{} {}\n", kDash, one.name, to_base64(big_endian(one.id, kIdOctets) + one.signature));
  return out;
}

Result<std::vector<Endorsement>> verify_note(const Note& note, const std::vector<NoteKey>& keys) {
  std::vector<Endorsement> out;
  for (const NoteSignature& one : note.signatures) {
    const auto known = std::find_if(keys.begin(), keys.end(),
                                    [&](const NoteKey& key) { return key.name() == one.name && key.id() == one.id; });
    if (known == keys.end()) continue;
    Endorsement found{static_cast<std::size_t>(known - keys.begin())};
    const bool has_time =
        known->type() == NoteSignatureType::cosignature || known->type() == NoteSignatureType::tree_head;
    if (known->type() == NoteSignatureType::cosignature)
      found.at = verify_cosignature(note.text, known->key(), one.signature);
    if (known->type() == NoteSignatureType::tree_head)
      found.at = verify_tree_head(note.text, known->key(), one.signature);
    if (has_time ? !found.at.has_value() : !known->key().verify(note.text, one.signature)) {
      return fail(ErrorCode::signature, fmt::format("the signature of \"{}\" under the note is not valid", one.name));
    }
    out.push_back(found);
  }
  return out;
}

Result<NoteSignature> sign_note(BytesView text, const NoteKey& key, const PrivateKey& signing,
                                const std::optional<Instant>& at) {
  if (!(signing.public_key() == key.key())) {
    return fail(ErrorCode::usage, fmt::format("this is not the private key of \"{}\"", key.name()));
  }
  KIP_CHECK(!is_p256(key.type()) && at.has_value() == (key.type() == NoteSignatureType::cosignature));
  if (!at) {
    KIP_TRY(Bytes signature, signing.sign(text));
    return NoteSignature{key.name(), key.id(), std::move(signature)};
  }
  KIP_CHECK(*at >= Instant());
  const auto seconds =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(at->time_since_epoch()).count());
  KIP_TRY(const Bytes signature, signing.sign(cosigned(text, seconds)));
  return NoteSignature{key.name(), key.id(), big_endian(seconds, kTimeOctets) + signature};
}

}  // namespace kip::tlog
