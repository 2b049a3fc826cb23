#include <gtest/gtest.h>

#include <signing/fetch/curl_http_client.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/posix_file_system.hpp>
#include <signing/witness/witness_handler.hpp>
#include <signing/witness/witness_service.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>
#include <testing/no_log.hpp>
#include <testing/temporary_directory.hpp>
#include <testing/test_log.hpp>

namespace kip::tlog {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using kip::testing::TestLog;

constexpr const char* kName = "witness.example/w1";

class WitnessServiceTest : public ::testing::Test {
 protected:
  void make() { key_ = make_witness(files_, folder_, kName).value(); }
  void watch(const std::string& groups) {
    Bytes text = read_file(files_, folder_ / kWitnessSettingsFile, 100'000).value();
    ASSERT_THAT(replace_file(files_, folder_ / kWitnessSettingsFile, text + groups, 0600), is_ok());
  }
  Result<std::unique_ptr<WitnessService>> start() {
    return WitnessService::start({files_, clock_, log_, {}}, folder_, ListenAddress{"127.0.0.1", 0});
  }
  HttpResponse send(const WitnessService& service, const char* method, const char* path, const Bytes& body) {
    CurlHttpClient http;
    return http.send({method, service.address() + path, {}, body}).value();
  }
  static std::string group(const TestLog& log) { return "\n[[log]]\nkey = \"" + log.key().text() + "\"\n"; }

  kip::testing::TemporaryDirectory directory_;
  std::filesystem::path folder_ = directory_.path() / "witness";
  PosixFileSystem files_;
  kip::testing::SimulatedClock clock_{"2026-01-02T03:04:05Z"};
  kip::testing::NoLog log_;
  std::optional<NoteKey> key_;
  TestLog o_{"updates.example.vn/log/o"};
};

TEST_F(WitnessServiceTest, CosignsOverHttp) {
  make();
  watch(group(o_));
  const auto service = start().value();
  EXPECT_EQ(send(*service, "GET", "/", {}).body, key_->text() + "\n");
  const AddCheckpoint request = o_.request(0, 5);
  const HttpResponse answer = send(*service, "POST", "/add-checkpoint", request.bytes());
  ASSERT_EQ(answer.status, 200);
  const Note note = Note::parse(request.checkpoint.bytes() + answer.body).value();
  EXPECT_EQ(verify_note(note, {*key_}).value().size(), 1U);
  const HttpResponse again = send(*service, "POST", "/add-checkpoint", request.bytes());
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.header("content-type"), "text/x.tlog.size");
  EXPECT_EQ(again.body, "5\n");
}

TEST_F(WitnessServiceTest, OtherRequestsAreRefused) {
  make();
  watch(group(o_));
  const auto service = start().value();
  EXPECT_EQ(send(*service, "GET", "/add-checkpoint", {}).status, 405);
  EXPECT_EQ(send(*service, "POST", "/", "x").status, 405);
  EXPECT_EQ(send(*service, "GET", "/logs", {}).status, 404);
  EXPECT_EQ(send(*service, "POST", "/add-checkpoint", {}).status, 400);
  EXPECT_EQ(send(*service, "POST", "/add-checkpoint", Bytes(AddCheckpoint::kMaxBytes + 1, 'x')).status, 413);
  EXPECT_EQ(send(*service, "POST", "/add-checkpoint", TestLog("other.example").request(0, 1).bytes()).status, 404);
}

TEST_F(WitnessServiceTest, ASecondOneOnTheSameFolderIsKeptOut) {
  make();
  watch(group(o_));
  const auto service = start().value();
  EXPECT_THAT(start(), fails_with(ErrorCode::busy));
}

TEST_F(WitnessServiceTest, AWitnessOfNothingDoesNotStart) {
  EXPECT_THAT(start(), fails_with(ErrorCode::not_found, "kip witness init"));
  make();
  EXPECT_THAT(start(), fails_with(ErrorCode::usage, "[[log]]"));
  watch("\n[[log]]\nkey = \"nonsense\"\n");
  EXPECT_THAT(start(), fails_with(ErrorCode::malformed, "[[log]]"));
}

TEST_F(WitnessServiceTest, AFolderWithSomethingInItIsLeftAlone) {
  make();
  EXPECT_THAT(make_witness(files_, folder_, kName), fails_with(ErrorCode::conflict));
  EXPECT_THAT(make_witness(files_, directory_.path() / "other", "two words"), fails_with(ErrorCode::malformed));
  EXPECT_FALSE(path_exists(files_, directory_.path() / "other").value());
}

TEST(WitnessSettingsTest, GroupsOfOneOriginAreKeysOfOneLog) {
  const TestLog first("a.example/log");
  const TestLog second("a.example/log");
  const TestLog third("b.example/log");
  const auto group = [](const TestLog& log, const std::string& more = {}) {
    return "[[log]]\nkey = \"" + log.key().text() + "\"\n" + more;
  };
  const auto settings = read_witness_settings(
      "[witness]\nname = \"w\"\n" + group(first) + group(second) + group(third, "origin = \"b.example/renamed\"\n"),
      "/w/kip-witness.toml");
  ASSERT_THAT(settings, is_ok());
  EXPECT_EQ(settings->listen.port, 8319);
  ASSERT_EQ(settings->logs.size(), 2U);
  EXPECT_EQ(settings->logs[0].keys.size(), 2U);
  EXPECT_EQ(settings->logs[1].origin, "b.example/renamed");
}

TEST(WitnessSettingsTest, AWitnessIsNoLog) {
  const PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  const NoteKey witness = NoteKey::create("w", NoteSignatureType::cosignature, key.public_key()).value();
  EXPECT_THAT(read_witness_settings("[witness]\nname = \"w\"\n[[log]]\nkey = \"" + witness.text() + "\"\n", "/w.toml"),
              fails_with(ErrorCode::usage, "type 1 or 2"));
}

/// A body that lasts: the clock goes on with each of its pieces.
class DrippingBody final : public http::BodyReader {
 public:
  DrippingBody(kip::testing::SimulatedClock& clock, Bytes body) : clock_(clock), body_(std::move(body)) {}

  Result<void> read(std::uint64_t /*max_bytes*/, const http::BodySink& sink) override {
    for (const char octet : body_) {
      clock_.advance(std::chrono::seconds(1));
      KIP_TRY_VOID(sink(BytesView(&octet, 1)));
      ++taken;
    }
    return {};
  }

  std::size_t taken = 0;

 private:
  kip::testing::SimulatedClock& clock_;
  Bytes body_;
};

TEST_F(WitnessServiceTest, ABodyThatDripsIsGivenUp) {
  ASSERT_THAT(Witness::create(files_, folder_), is_ok());
  PrivateKey signing = PrivateKey::generate(KeyType::ed25519).value();
  const NoteKey key = NoteKey::create("w", NoteSignatureType::cosignature, signing.public_key()).value();
  const auto witness =
      Witness::open({files_, clock_, log_}, folder_, {{o_.origin(), {o_.key()}}}, {key, signing}).value();
  const WitnessHandler handler(*witness, clock_, key);
  DrippingBody body(clock_, o_.request(0, 1).bytes());
  http::Request request{"POST", "/add-checkpoint", {}, &body};
  EXPECT_EQ(handler.handle(request).status, 408);
  EXPECT_EQ(body.taken, 10U);
}

}  // namespace
}  // namespace kip::tlog
