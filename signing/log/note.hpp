#pragma once

#include <optional>
#include <string>
#include <vector>

#include <manifests/core/instant.hpp>
#include <signing/crypto/private_key.hpp>

namespace kip::tlog {

/// What a signature under a note says. Source: C2SP signed-note, tlog-cosignature and static-ct-api.
enum class NoteSignatureType : std::uint8_t {
  ed25519 = 1,      ///< over the note's text
  ecdsa = 2,        ///< the same by a P-256 key; verified here, never made
  cosignature = 4,  ///< of a witness: over the text and the time at which it saw that tree
  tree_head = 5,  ///< of a certificate log, over an RFC 6962 tree head, which does not cover the origin; only verified
};

/// A key that signs notes, under its name. A value.
class NoteKey {
 public:
  /// `name`: not empty, no spaces and no '+'. Errors: malformed, also for a key that is not of the type: Ed25519 or,
  /// for ecdsa and tree_head, P-256.
  static Result<NoteKey> create(std::string name, NoteSignatureType type, PublicKey key);
  /// "NAME+IDENTIFIER+KEY", as a log's operator publishes it. Errors: malformed, also where the identifier is not that
  /// of name and key.
  static Result<NoteKey> parse(std::string_view text);

  const std::string& name() const { return name_; }
  NoteSignatureType type() const { return type_; }
  std::uint32_t id() const { return id_; }
  const PublicKey& key() const { return key_; }
  std::string text() const;

 private:
  NoteKey(std::string name, NoteSignatureType type, PublicKey key, std::uint32_t id)
      : name_(std::move(name)), type_(type), key_(std::move(key)), id_(id) {}

  std::string name_;
  NoteSignatureType type_;
  PublicKey key_;
  std::uint32_t id_;
};

struct NoteSignature {
  std::string name;
  std::uint32_t id = 0;
  Bytes signature;

  bool operator==(const NoteSignature&) const = default;
};

/// A text with signatures, none of them verified.
struct Note {
  static constexpr std::size_t kMaxBytes = 1U << 20U;
  static constexpr std::size_t kMaxSignatures = 100;

  Bytes text;  ///< ends with a line feed
  std::vector<NoteSignature> signatures;

  /// Errors: malformed, too_large.
  static Result<Note> parse(BytesView bytes);
  Bytes bytes() const;

  bool operator==(const Note&) const = default;
};

/// Who has signed a note.
struct Endorsement {
  std::size_t key = 0;             ///< its place among the keys that were asked for
  std::optional<Instant> at = {};  ///< of a cosignature or tree head: by the signer's clock
};

/// The signatures under the note by these keys; others are ignored, and there may be none.
/// Errors: signature where one of these keys is named and its signature does not hold.
Result<std::vector<Endorsement>> verify_note(const Note& note, const std::vector<NoteKey>& keys);

/// `key`: of type ed25519 or cosignature. `at`: exactly for a cosignature, not before 1970. Errors: usage where the
/// private key is not that of `key`.
Result<NoteSignature> sign_note(BytesView text, const NoteKey& key, const PrivateKey& signing,
                                const std::optional<Instant>& at = {});

}  // namespace kip::tlog
