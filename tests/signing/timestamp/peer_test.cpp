// The verdicts of `openssl ts -verify`, as of the token's own time, beside ours. Where the two differ on purpose the
// row says why.

#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/timestamp/token.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/temporary_directory.hpp>
#include <testing/time_authorities.hpp>

namespace kip::tsp {
namespace {

using kip::testing::Identity;
using kip::testing::IdentitySpec;
using kip::testing::make_identity;
using kip::testing::make_token;
using kip::testing::TokenSpec;

struct Row {
  std::string name;
  Bytes token;
  bool ours = true;
  bool peers = true;
  std::vector<Bytes> untrusted = {};
  std::string why_different = {};
};

class PeerTest : public ::testing::Test {
 protected:
  TokenSpec spec() const { return {.digest = digest}; }
  TokenSpec spec_with(const std::vector<Bytes>& certificates, bool first = false) const {
    TokenSpec out = spec();
    out.certificates = certificates;
    out.first = first;
    return out;
  }
  Bytes of(IdentitySpec other) const {
    if (other.issuer == nullptr) other.issuer = &root;
    return make_token(make_identity(other), spec());
  }
  template <class Change>
  Bytes changed(Change change) const {
    TokenSpec out = spec();
    change(out);
    return make_token(signer, out);
  }

  bool ours(const Row& row) const {
    const auto token = UnverifiedToken::parse(row.token);
    return token && verify_token(*token, {digest}, {.roots = {root.der()}, .untrusted = row.untrusted});
  }
  bool peers(const Row& row) const {
    const auto write = [&](const char* name, const std::string& content) {
      const std::string path = (folder.path() / name).string();
      kip::testing::write_file(path, content);
      return path;
    };
    std::string more;
    for (const Bytes& der : row.untrusted)
      more += fmt::format("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", wrapped(to_base64(der)));
    const std::string untrusted = more.empty() ? "" : "-untrusted " + write("untrusted.pem", more);
    const std::string command =
        fmt::format("openssl ts -verify -digest {} -in {} -token_in -CAfile {} {} -attime {} >{}/out 2>&1",
                    to_hex(digest), write("token", row.token), write("root.pem", root.pem()), untrusted,
                    parse_instant("2026-03-01T12:00:00Z")->time_since_epoch().count() / 1000, folder.path().string());
    return std::system(command.c_str()) == 0;
  }
  /// With lengths that are not told in advance, as Bouncy Castle writes the three outermost elements.
  static Bytes in_ber(const Bytes& token) {
    return Bytes("\x30\x80", 2) + token.substr(4, 11) + Bytes("\xa0\x80\x30\x80", 4) + token.substr(23) +
           Bytes(6, '\0');
  }
  static std::string wrapped(std::string text) {
    for (std::size_t at = 64; at < text.size(); at += 65)
      text.insert(at, "\n");
    return text;
  }
  std::vector<Row> agreed() const;
  std::vector<Row> different() const;

  Bytes digest = sha256("data").bytes();
  kip::testing::TemporaryDirectory folder;
  Identity root = make_identity({.name = "Root", .ca = true, .rsa = true});
  Identity middle = make_identity({.name = "Middle", .issuer = &root, .ca = true});
  Identity signer = make_identity({.name = "Signer", .issuer = &root, .more = "subjectAltName=DNS:time.example"});
  Identity deep = make_identity({.name = "Deep", .issuer = &middle, .rsa = true});
  Identity stranger = make_identity({.name = "Stranger"});
};

std::vector<Row> PeerTest::agreed() const {
  std::vector<Row> rows{{"plain", make_token(signer, spec())},
                        {"RSA", of({.rsa = true})},
                        {"middle embedded", make_token(deep, spec_with({middle.der()}))},
                        {"middle given", make_token(deep, spec()), true, true, {middle.der()}},
                        {"middle missing", make_token(deep, spec()), false, false},
                        {"another middle", make_token(deep, spec_with({stranger.der()})), false, false},
                        {"stranger", make_token(stranger, spec()), false, false},
                        {"stranger beside the signer", make_token(stranger, spec_with({signer.der()})), false, false},
                        {"injected behind", make_token(signer, spec_with({stranger.der()}))},
                        {"injected before", make_token(signer, spec_with({stranger.der()}, true))},
                        {"expired", of({.not_after = "2026-03-01T11:00:00Z"}), false, false},
                        {"not yet valid", of({.not_before = "2026-03-01T13:00:00Z"}), false, false},
                        {"no usage", of({.usage = ""}), false, false},
                        {"usage not critical", of({.usage = "timeStamping"}), false, false},
                        {"two usages", of({.usage = "critical,timeStamping,codeSigning"}), false, false},
                        {"another usage", of({.usage = "critical,serverAuth"}), false, false},
                        {"key for ciphers", of({.key_usage = "critical,keyEncipherment"}), false, false},
                        {"any key usage", of({.key_usage = ""})}};
  const Identity past =
      make_identity({.name = "Past", .issuer = &root, .ca = true, .not_after = "2025-01-01T00:00:00Z"});
  rows.push_back(
      {"middle expired", make_token(make_identity({.issuer = &past}), spec_with({past.der()})), false, false});
  rows.push_back({"no certificate", changed([](TokenSpec& s) { s.embed_signer = false; }), false, false});
  rows.push_back({"given", changed([](TokenSpec& s) { s.embed_signer = false; }), true, true, {signer.der()}});
  rows.push_back({"name", changed([](TokenSpec& s) { s.tsa = "time.example"; })});
  rows.push_back({"another name", changed([](TokenSpec& s) { s.tsa = "other.example"; }), false, false});
  rows.push_back({"not named", changed([](TokenSpec& s) { s.name_certificate = false; }), false, false});
  rows.push_back({"other data", changed([](TokenSpec& s) { s.digest.back() ^= 1; }), false, false});
  rows.push_back({"another version", changed([](TokenSpec& s) { s.version = 2; }), false, false});
  rows.push_back({"two signatures", changed([&](TokenSpec& s) { s.second_signer = &stranger; }), false, false});
  rows.push_back({"another content", changed([](TokenSpec& s) { s.content_type = 21; }), false, false});
  rows.push_back({"signed by SHA-512", changed([](TokenSpec& s) { s.signing_digest = "SHA512"; })});
  rows.push_back({"accuracy not stated", changed([](TokenSpec& s) { s.seconds = 0; })});
  rows.push_back({"frame in BER", in_ber(make_token(signer, spec()))});
  rows.push_back({"half a token", make_token(signer, spec()).substr(0, 400), false, false});
  return rows;
}

std::vector<Row> PeerTest::different() const {
  const Identity rsa = make_identity({.name = "Rsa", .issuer = &root, .rsa = true});
  TokenSpec pss = spec();
  pss.pss = true;
  return {{"RSA-PSS", make_token(rsa, pss), true, false, {}, "the peer reads only PKCS #7"},
          {"another usage without a name",
           of({.usage = "critical,timeStamping,1.2.3.4.5"}),
           false,
           true,
           {},
           "RFC 3161 wants one usage; the peer does not see those that it has no name for"},
          {"octets behind", make_token(signer, spec()) + "x", false, true, {}, "nothing covers them"},
          {"critical extension",
           changed([](TokenSpec& s) { s.critical_extension = true; }),
           false,
           true,
           {},
           "it is critical and not understood"},
          {"signed by SHA-1", changed([](TokenSpec& s) { s.signing_digest = "SHA1"; }), false, true, {}, "it is weak"},
          {"negative accuracy",
           changed([](TokenSpec& s) { s.seconds = -5; }),
           false,
           true,
           {},
           "it would move the time the wrong way"}};
}

TEST_F(PeerTest, JudgesAsWeDo) {
  ASSERT_EQ(std::system("openssl version >/dev/null"), 0) << "the program openssl is needed";
  for (const Row& row : agreed()) {
    EXPECT_EQ(row.ours, row.peers) << row.name;
    EXPECT_EQ(ours(row), row.ours) << row.name;
    EXPECT_EQ(peers(row), row.peers) << row.name << ": " << kip::testing::read_file((folder.path() / "out").string());
  }
}

TEST_F(PeerTest, JudgesOtherwiseOnlyWhereWeWantIt) {
  for (const Row& row : different()) {
    EXPECT_NE(row.ours, row.peers) << row.name;
    EXPECT_EQ(ours(row), row.ours) << row.name << ": " << row.why_different;
    EXPECT_EQ(peers(row), row.peers) << row.name << ": " << kip::testing::read_file((folder.path() / "out").string());
  }
}

}  // namespace
}  // namespace kip::tsp
