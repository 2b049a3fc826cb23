#include <gmock/gmock.h>

#include <signing/crypto/sha256.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/matchers.hpp>
#include <testing/tuf_simulator.hpp>

namespace kip::tuf {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;

/// A client that has refreshed once. Whether verification is remembered shows in what is kept: bytes that were
/// exchanged in the store for others of a wrong signature are noticed only by a client that verifies them.
class Remembered : public ::testing::Test {
 protected:
  void SetUp() override {
    repository_.with_validators = true;
    store_.files["root"] = repository_.roots.front();
    repository_.targets["targets"].targets["forms/x"] = target_of("x");
    ASSERT_THAT(refresh(), is_ok());
    repository_.requests.clear();
  }
  Result<void> refresh() {
    KIP_TRY(Client client, Client::open(repository_, store_, now_));
    return client.refresh();
  }
  /// The store's note, changed to vouch for what the store holds now: the only way to see that the client relies on it.
  void vouch_for_what_is_kept() {
    Verified note = *parse_verified(*store_.note);
    note.root.sha256 = sha256(store_.files.at("root")).hex();
    note.timestamp.sha256 = sha256(store_.files.at("timestamp")).hex();
    note.snapshot.sha256 = sha256(store_.files.at("snapshot")).hex();
    note.targets.sha256 = sha256(store_.files.at("targets")).hex();
    store_.note = to_bytes(note);
  }

  Instant now_ = *parse_instant("2026-11-25T00:00:00Z");
  testing::TufSimulator repository_{now_};
  testing::MemoryMetadataStore store_;
};

TEST_F(Remembered, AnUnchangedCheckMakesTwoRequestsOneOfThemConditional) {
  ASSERT_THAT(refresh(), is_ok());
  EXPECT_THAT(repository_.requests, ElementsAre("2.root.json", "timestamp.json (unchanged)"));
}

TEST_F(Remembered, AnUnchangedCheckParsesNothing) {
  for (const char* role : {"root", "timestamp", "snapshot", "targets"})
    store_.files[role] = "no metadata at all";
  vouch_for_what_is_kept();
  EXPECT_THAT(refresh(), is_ok());
}

TEST_F(Remembered, AlsoWhereTheServerKnowsNoConditions) {
  repository_.with_validators = false;
  ASSERT_THAT(refresh(), is_ok());
  EXPECT_THAT(repository_.requests, ElementsAre("2.root.json", "timestamp.json"));
}

TEST_F(Remembered, ANewTimestampOverTheSameSnapshotLeavesTargetsUnparsed) {
  store_.files["targets"] = "no metadata at all";
  vouch_for_what_is_kept();
  repository_.update_timestamp();
  ASSERT_THAT(refresh(), is_ok());
  repository_.requests.clear();
  ASSERT_THAT(refresh(), is_ok());
  EXPECT_THAT(repository_.requests, ElementsAre("2.root.json", "timestamp.json (unchanged)")) << "noted as well";
}

TEST_F(Remembered, IsBoundToTheExactBytes) {
  for (const char* role : {"timestamp", "snapshot", "targets"}) {
    const Bytes right = store_.files.at(role);
    store_.files[role] += " ";
    repository_.requests.clear();
    EXPECT_THAT(refresh(), is_ok()) << role;
    EXPECT_EQ(repository_.requests[1], "timestamp.json") << role << ": not conditional, all is verified again";
    store_.files[role] = right;
    ASSERT_THAT(refresh(), is_ok());
  }
}

TEST_F(Remembered, IsBoundToTheKeys) {
  // Bytes that no key of the repository has signed, vouched for; a new root with another key for targets ends that.
  Targets forged = repository_.targets["targets"];
  forged.targets["forms/x"] = target_of("other");
  const Signer thief = testing::new_signer();
  store_.files["targets"] = *sign_metadata(to_json(forged), {&thief});
  vouch_for_what_is_kept();
  ASSERT_THAT(refresh(), is_ok());
  repository_.rotate("targets");
  ASSERT_THAT(refresh(), is_ok());
  EXPECT_EQ(store_.files.at("targets"), repository_.serve("1.targets.json"));
}

TEST_F(Remembered, ExpiryIsJudgedOnEachCheck) {
  const Instant start = now_;
  const Instant expires = repository_.root.header.expires;
  for (const char* role : {"timestamp", "snapshot", "targets", "root"}) {
    Verified note = *parse_verified(*store_.note);
    const Bytes before = *store_.note;
    VerifiedFile& file = role == std::string_view("timestamp")  ? note.timestamp
                         : role == std::string_view("snapshot") ? note.snapshot
                         : role == std::string_view("targets")  ? note.targets
                                                                : note.root;
    file.header.expires = start + std::chrono::days(1);
    store_.note = to_bytes(note);
    now_ = start + std::chrono::days(1);
    EXPECT_THAT(refresh(), fails_with(ErrorCode::expired, role));
    now_ -= std::chrono::milliseconds(1);
    EXPECT_THAT(refresh(), is_ok()) << role;
    store_.note = before;
  }
  now_ = expires;
  EXPECT_THAT(refresh(), fails_with(ErrorCode::expired));
}

TEST_F(Remembered, ADamagedOrForeignNoteCostsTimeOnly) {
  for (const char* note : {"", "{}", "not JSON", R"({"format":"kip.verified/2"})"}) {
    store_.note = note;
    EXPECT_THAT(refresh(), is_ok()) << note;
    EXPECT_EQ(parse_verified(*store_.note)->targets.header.version, 1) << note;
  }
}

TEST_F(Remembered, ANoteThatDoesNotHoldIsDroppedWhereTheContentIsAskedFor) {
  store_.files["targets"] = "no metadata at all";
  vouch_for_what_is_kept();
  Client client = *Client::open(repository_, store_, now_);
  ASSERT_THAT(client.refresh(), is_ok());
  EXPECT_FALSE(client.find("forms/x"));
  Client next = *Client::open(repository_, store_, now_);
  ASSERT_THAT(next.refresh(), is_ok());
  EXPECT_THAT(next.find("forms/x"), is_ok());
}

TEST_F(Remembered, FindsWhatWasNotParsed) {
  Client client = *Client::open(repository_, store_, now_);
  ASSERT_THAT(client.refresh(), is_ok());
  const auto found = client.find("forms/x");
  ASSERT_THAT(found, is_ok());
  EXPECT_EQ((*found)->file, target_of("x"));
}

TEST_F(Remembered, ValidatorsThatNoHeaderCanHoldAreNotSent) {
  Verified note = *parse_verified(*store_.note);
  note.validators.etag = "a\r\nX: y";
  EXPECT_THAT(parse_verified(to_bytes(note)), fails_with(ErrorCode::malformed, "etag"));
}

}  // namespace
}  // namespace kip::tuf
