#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/log/checkpoint.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip::tlog {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

PrivateKey new_key() {
  return PrivateKey::generate(KeyType::ed25519).value();
}

class NoteTest : public ::testing::Test {
 protected:
  NoteKey key_of(const char* name, const PrivateKey& key, NoteSignatureType type = NoteSignatureType::ed25519) {
    return NoteKey::create(name, type, key.public_key()).value();
  }
  Note signed_note() {
    Note note{"updates.example/o\n3\n" + to_base64(leaf_hash("x").bytes()) + "\n", {}};
    note.signatures = {
        sign_note(note.text, log, log_private).value(),
        sign_note(note.text, witness, witness_private, Instant(std::chrono::seconds(1679315147))).value()};
    return note;
  }

  PrivateKey log_private = new_key();
  PrivateKey witness_private = new_key();
  NoteKey log = key_of("updates.example/o", log_private);
  NoteKey witness = key_of("witness.example/w1", witness_private, NoteSignatureType::cosignature);
};

TEST_F(NoteTest, SignaturesAreVerifiedByNameAndIdentifier) {
  const Note note = Note::parse(signed_note().bytes()).value();
  EXPECT_EQ(note, signed_note());
  const auto found = verify_note(note, {witness, log});
  ASSERT_THAT(found, is_ok());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->at(0).key, 1U);
  EXPECT_FALSE(found->at(0).at.has_value());
  EXPECT_EQ(found->at(1).key, 0U);
  EXPECT_EQ(found->at(1).at, Instant(std::chrono::seconds(1679315147)));
  EXPECT_TRUE(verify_note(note, {key_of("updates.example/o", witness_private)})->empty()) << "another identifier";
}

TEST_F(NoteTest, AWrongSignatureOfAKnownKeyRefusesTheNote) {
  for (const std::size_t which : {0U, 1U}) {
    Note note = signed_note();
    note.signatures[which].signature.back() = static_cast<char>(note.signatures[which].signature.back() ^ 1);
    EXPECT_THAT(verify_note(note, {log, witness}), fails_with(ErrorCode::signature, "not valid"));
    Note other = signed_note();
    other.text[0] = 'U';
    EXPECT_THAT(verify_note(other, {log}), fails_with(ErrorCode::signature));
  }
  Note late = signed_note();
  late.signatures[1].signature[7] = static_cast<char>(late.signatures[1].signature[7] ^ 1);
  EXPECT_THAT(verify_note(late, {witness}), fails_with(ErrorCode::signature)) << "another time";
  late.signatures[1].signature.resize(8);
  EXPECT_THAT(verify_note(late, {witness}), fails_with(ErrorCode::signature)) << "a time alone";
}

TEST_F(NoteTest, NobodySignsUnderAnothersName) {
  EXPECT_THAT(sign_note("text\n", log, witness_private), fails_with(ErrorCode::usage, "not the private key"));
}

TEST_F(NoteTest, WhatIsNoNoteIsRefused) {
  const Bytes good = signed_note().bytes();
  ASSERT_THAT(Note::parse(good), is_ok());
  const Bytes line = good.substr(good.find("\n\n") + 2);
  for (const Bytes& bad :
       {Bytes(), good.substr(0, good.size() - 1), good + "x", good + "\n", Bytes("text\n"), "text\n\n" + line.substr(1),
        "text\n\nx" + line, "te\x01xt\n\n" + line, "te\xffxt\n\n" + line, "text\r\n\n" + line,
        Bytes("text\n\n\u2014 na+me aGVsbG8gd29ybGQ=\n"), Bytes("text\n\n\u2014 na\u00a0me aGVsbG8gd29ybGQ=\n"),
        Bytes("text\n\n\u2014  aGVsbG8gd29ybGQ=\n"), Bytes("text\n\n\u2014 name AAAA\n"),
        Bytes("text\n\n\u2014 name !\n")})
    EXPECT_THAT(Note::parse(bad), fails_with(ErrorCode::malformed)) << bad;
  Bytes many = "text\n\n";
  for (std::size_t i = 0; i <= Note::kMaxSignatures; ++i)
    many += "\u2014 name aGVsbG8gd29ybGQ=\n";
  EXPECT_THAT(Note::parse(many), fails_with(ErrorCode::too_large));
  EXPECT_THAT(Note::parse(Bytes(Note::kMaxBytes + 1, 'x')), fails_with(ErrorCode::too_large));
}

TEST_F(NoteTest, AKeyIsReadAsItsOperatorWritesIt) {
  // Of the public test log of the Tessera project.
  const std::string text = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
  const NoteKey key = NoteKey::parse(text).value();
  EXPECT_EQ(key.text(), text);
  EXPECT_EQ(key.name(), "example.com/log/testdata");
  EXPECT_EQ(NoteKey::parse(witness.text())->type(), NoteSignatureType::cosignature);
  std::string other = text;
  other[other.find("33d7")] = '4';
  EXPECT_THAT(NoteKey::parse(other), fails_with(ErrorCode::malformed, "copy it once more"));
  for (const char* bad :
       {"", "name", "name+00000000", "na me+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", "name+33d7b496+",
        "name+33d7b4+AeHT", "name+33d7b496+BuHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"})
    EXPECT_THAT(NoteKey::parse(bad), fails_with(ErrorCode::malformed)) << bad;
}

TEST_F(NoteTest, ACheckpointIsOfItsLogOnly) {
  const Note note = signed_note();
  const auto read = open_checkpoint(note, log, "updates.example/o");
  ASSERT_THAT(read, is_ok());
  EXPECT_EQ(read->head, (TreeHead{3, leaf_hash("x")}));
  EXPECT_EQ(read->text(), note.text);
  EXPECT_THAT(open_checkpoint(note, log, "updates.example/r"), fails_with(ErrorCode::integrity, "not of"));
  EXPECT_THAT(open_checkpoint(note, key_of("updates.example/o", new_key()), "updates.example/o"),
              fails_with(ErrorCode::signature, "not signed by"));
}

TEST(CheckpointTest, WhatIsNoCheckpointIsRefused) {
  const std::string root = to_base64(leaf_hash("x").bytes());
  const std::string none = to_base64(empty_root().bytes());
  EXPECT_EQ(Checkpoint::parse("o\n3\n" + root + "\nmore\n")->extensions, std::vector<std::string>{"more"});
  EXPECT_THAT(Checkpoint::parse("o\n0\n" + none + "\n"), is_ok());
  for (const std::string& bad :
       {std::string(), "o\n3\n" + root, "\n3\n" + root + "\n", "o\n03\n" + root + "\n", "o\n\n" + root + "\n",
        "o\n-3\n" + root + "\n", "o\n18446744073709551616\n" + root + "\n", "o\n3\n" + root.substr(4) + "\n",
        "o\n3\n" + root + "\n\n", "o\n3\n" + root + "\nmore", "o\n0\n" + root + "\n"})
    EXPECT_THAT(Checkpoint::parse(bad), fails_with(ErrorCode::malformed)) << bad;
}

TEST(EntryProofTest, IsCheckedWithoutTheLog) {
  const PrivateKey key = new_key();
  const NoteKey log = NoteKey::create("o", NoteSignatureType::ed25519, key.public_key()).value();
  const Sha256Digest root = node_hash(leaf_hash("one"), leaf_hash("two"));
  EntryProof proof{"extra", 1, {leaf_hash("one")}, {Checkpoint{"o", {2, root}}.text(), {}}};
  proof.checkpoint.signatures = {sign_note(proof.checkpoint.text, log, key).value()};
  const EntryProof read = EntryProof::parse(proof.bytes()).value();
  EXPECT_EQ(read, proof);
  EXPECT_EQ(read.verify("two", log, "o")->head.size, 2U);
  EXPECT_THAT(read.verify("one", log, "o"), fails_with(ErrorCode::integrity, "does not hold"));
  EXPECT_THAT(read.verify("two", log, "r"), fails_with(ErrorCode::integrity));
  proof.extra.clear();
  EXPECT_EQ(EntryProof::parse(proof.bytes()).value(), proof);
  const Bytes good = proof.bytes();
  for (const Bytes& bad :
       {Bytes(), "x" + good, good.substr(0, good.find("index")) + good.substr(good.find("index") + 8),
        good.substr(0, good.size() - 1)})
    EXPECT_THAT(EntryProof::parse(bad), fails_with(ErrorCode::malformed)) << bad;
  Bytes many = good;
  for (int i = 0; i < 64; ++i)
    many.insert(many.find("\n\n"), "\n" + to_base64(root.bytes()));
  EXPECT_THAT(EntryProof::parse(many), fails_with(ErrorCode::malformed, "too many"));
}

TEST(TesseraVectors, CheckpointsAreSignedByTheirLog) {
  const std::string folder = KIP_VECTORS "/transparency-dev_tessera/testdata/log/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no public test vectors";
  const NoteKey key =
      NoteKey::parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx").value();
  for (std::uint64_t size = 0; size <= 15; ++size) {
    const Bytes bytes = kip::testing::read_file(folder + "checkpoint." + std::to_string(size));
    const auto note = Note::parse(bytes);
    ASSERT_THAT(note, is_ok()) << size;
    EXPECT_EQ(note->bytes(), bytes);
    const auto read = open_checkpoint(*note, key, "example.com/log/testdata");
    ASSERT_THAT(read, is_ok()) << size;
    EXPECT_EQ(read->head.size, size);
  }
}

/// Checkpoints of public logs, with the keys that these publish.
struct PublicCheckpoint {
  const char* key;
  const char* note;
  NoteSignatureType type;
  const char* time;  ///< null where the signature tells none
};

const PublicCheckpoint kPublicCheckpoints[] = {
    // A log of certificates. Source: transparency-dev/formats, note/note_rfc6962_test.go.
    {"rome.ct.filippo.io/"
     "2024h1+78f4abae+BTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAFzPC3fap+uINc1RQ4eRbYMUt84+bKkA8GDLN8KwVdz"
     "AgYhYSv4kS8XSheGLAHCWhIJTJbuC3sL88bNMTtrsBM=",
     "rome.ct.filippo.io/2024h1\n115474666\n2q1K6aiIJR+F7TyhiWOghoWOjY0/3dVBLsBbAvB4xCw=\n\n"
     "\u2014 rome.ct.filippo.io/2024h1 "
     "ePSrrgAAAY5+gVlSBAMARzBFAiEAv8bOMzo3Ed/GbU9fzzJvaStX6i8xTsmEF+NqvpGhIO0CIEn1X+zzVEer"
     "dix64GEn97XCXObA2G5JQ8UDDqCKdG5m\n",
     NoteSignatureType::tree_head, "2024-03-27T06:03:10.034Z"},
    // The public log of Sigstore. Sources: docs of sigstore/rekor and of v2fly/v2ray-core.
    {"rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGvXwBcK5AW5i0hrZLOC96l+"
     "smGNM7n"
     "wZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc=",
     "rekor.sigstore.dev - 2605736670972794746\n86482791\nFehZ1/6CqPAFDaEM1N4xOsFZO1rD6v8nmu8yMjUqzAg=\n\n"
     "\u2014 rekor.sigstore.dev "
     "wNI9ajBEAiBTwFlsQciw2QNcGmPqCfPnArWAV9kgEygav9EeVsa+RgIgC0Q4vazfZksnzDkqpv687OTF99KnwtI8fb9a"
     "9pUHoOU=\n",
     NoteSignatureType::ecdsa, nullptr}};

TEST(PublicCheckpoints, AreVerifiedAndAnyChangeIsSeen) {
  for (const PublicCheckpoint& one : kPublicCheckpoints) {
    const auto key = NoteKey::parse(one.key);
    ASSERT_THAT(key, is_ok());
    EXPECT_EQ(key->type(), one.type);
    EXPECT_EQ(key->text(), one.key);
    const Note note = Note::parse(one.note).value();
    const auto found = verify_note(note, {*key});
    ASSERT_THAT(found, is_ok());
    ASSERT_EQ(found->size(), 1U) << key->name();
    EXPECT_EQ(found->at(0).at, one.time == nullptr ? std::optional<Instant>() : parse_instant(one.time).value());
    Note changed = note;
    changed.text[changed.text.find('\n') + 1] ^= 1;  // the size
    EXPECT_THAT(verify_note(changed, {*key}), fails_with(ErrorCode::signature)) << key->name();
    for (std::size_t at = 0; at < note.signatures[0].signature.size(); ++at) {
      changed = note;
      changed.signatures[0].signature[at] ^= 1;
      EXPECT_FALSE(verify_note(changed, {*key})) << key->name() << " " << at;
    }
  }
}

TEST(PublicCheckpoints, ACertificateLogSignsNoFurtherLines) {
  const NoteKey key = NoteKey::parse(kPublicCheckpoints[0].key).value();
  Note note = Note::parse(kPublicCheckpoints[0].note).value();
  note.text += "further\n";
  EXPECT_THAT(verify_note(note, {key}), fails_with(ErrorCode::signature));
}

}  // namespace
}  // namespace kip::tlog
