#include <gmock/gmock.h>

#include <server/domain/cosigning.hpp>
#include <signing/witness/witness.hpp>

#include "../world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A witness in the place of the network, which can be away or answer otherwise.
class WitnessHttp final : public HttpClient {
 public:
  WitnessHttp(World& world, const std::string& name)
      : world_(world),
        signing_(PrivateKey::generate(KeyType::ed25519).value()),
        key(tlog::NoteKey::create(name, tlog::NoteSignatureType::cosignature, signing_.public_key()).value()) {
    EXPECT_THAT(tlog::Witness::create(files_, "/w"), is_ok());
  }

  void watch(const tlog::WatchedLog& log) {
    witness_.reset();
    witness_ =
        tlog::Witness::open({files_, world_.clock, world_.log}, "/w", {log}, tlog::WitnessKey{key, signing_}).value();
  }

  tlog::WitnessAnswer answer(BytesView body) { return witness_->add_checkpoint(body); }

  Result<HttpResponse> send(const HttpRequest& request) override {
    asked.push_back(tlog::AddCheckpoint::parse(request.body).value());
    if (before_answer) std::exchange(before_answer, {})();
    if (away) return fail(ErrorCode::network, "nobody answers");
    if (instead) return *instead;
    const tlog::WitnessAnswer answer = this->answer(request.body);
    return HttpResponse{answer.status, {{"content-type", answer.type}}, answer.body};
  }
  Result<HttpResponse> download(const HttpDownload& /*request*/, kip::BodySink& /*sink*/) override {
    return fail(ErrorCode::internal, "unused");
  }

 private:
  World& world_;
  MemoryFileSystem files_;
  std::unique_ptr<tlog::Witness> witness_;
  PrivateKey signing_;

 public:
  tlog::NoteKey key;
  bool away = false;
  std::optional<HttpResponse> instead;
  std::function<void()> before_answer;
  std::vector<tlog::AddCheckpoint> asked;
};

/// Several witnesses behind one client, by the names in their URLs.
class Switchboard final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    EXPECT_EQ(request.method, "POST");
    const std::string host = request.url.substr(7, request.url.find('/', 7) - 7);
    EXPECT_EQ(request.url, "http://" + host + "/add-checkpoint");
    return witnesses.at(host)->send(request);
  }
  Result<HttpResponse> download(const HttpDownload& /*request*/, kip::BodySink& /*sink*/) override {
    return fail(ErrorCode::internal, "unused");
  }

  std::map<std::string, WitnessHttp*> witnesses;
};

class CosigningTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(world.logs.start(), is_ok());
    world.register_act_and_commitments();
    ASSERT_THAT(world.logs.flush(), is_ok());
    const tlog::WatchedLog log{published().origin, log_keys()};
    w1.watch(log);
    w2.watch(log);
    http.witnesses = {{"w1", &w1}, {"w2", &w2}};
  }

  std::vector<tlog::NoteKey> log_keys() {
    return {tlog::NoteKey::create(published().origin, tlog::NoteSignatureType::ed25519,
                                  world.log_keeping.checkpoint_key.public_key())
                .value()};
  }
  Cosigning cosigning(const std::vector<std::string>& names = {"w1", "w2"}) {
    std::vector<tlog::AskedWitness> out;
    for (const std::string& name : names)
      out.push_back({"http://" + name, http.witnesses.at(name)->key});
    return Cosigning({http, world.logs, world.clock, world.random, world.log}, out);
  }
  tlog::Checkpoint published() {
    return tlog::Checkpoint::parse(world.logs.published(LogName::o).value().text).value();
  }
  LogLife life() { return world.store->begin(world.tenant, Access::read).value()->leaves().lives(LogName::o)->back(); }
  /// Whose signatures hold under what is published.
  std::vector<std::string> signers() { return signers_of(world.logs.published(LogName::o).value()); }
  std::vector<std::string> signers_of(const tlog::Note& note) {
    const std::vector<tlog::NoteKey> keys{log_keys().front(), w1.key, w2.key};
    std::vector<std::string> out;
    for (const tlog::Endorsement& one : tlog::verify_note(note, keys).value())
      out.push_back(one.key == 0 ? "log" : keys.at(one.key).name());
    return out;
  }
  /// O by one entry: the head of R.
  void grow() {
    ASSERT_THAT(world.access.provide_token("server", "person-" + std::to_string(++people_), every_role()), is_ok());
    ASSERT_THAT(world.logs.flush(), is_ok());
    ASSERT_THAT(world.logs.record_private_head(), is_ok());
    ASSERT_THAT(world.logs.flush(), is_ok());
  }
  std::size_t lines(std::string_view event) {
    std::size_t out = 0;
    for (const std::string& line : world.log.lines())
      out += line.starts_with("event=" + std::string(event)) ? 1U : 0U;
    return out;
  }

  World world;
  WitnessHttp w1{world, "w1"};
  WitnessHttp w2{world, "w2"};
  Switchboard http;

 private:
  int people_ = 0;
};

TEST_F(CosigningTest, TheNewestCheckpointIsCosignedByAll) {
  Cosigning asking = cosigning();
  const tlog::Checkpoint before = published();
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(signers(), ElementsAre("log", "w1", "w2"));
  EXPECT_EQ(published(), before) << "it is the same checkpoint";
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(w1.asked, SizeIs(1)) << "nothing new, nobody is asked";
  EXPECT_EQ(w1.asked.front().old_size, 0U);
}

TEST_F(CosigningTest, AGrownLogIsProvenFromWhatEachHasSeen) {
  Cosigning asking = cosigning();
  ASSERT_THAT(asking.turn(), is_ok());
  const std::uint64_t seen = published().head.size;
  grow();
  EXPECT_THAT(signers(), ElementsAre("log"));
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(signers(), ElementsAre("log", "w1", "w2"));
  ASSERT_THAT(w1.asked, SizeIs(2));
  EXPECT_EQ(w1.asked.back().old_size, seen);
}

TEST_F(CosigningTest, AServerThatStartsAnewLearnsWhatWitnessesHaveSeen) {
  ASSERT_THAT(cosigning().turn(), is_ok());
  grow();
  ASSERT_THAT(cosigning().turn(), is_ok());
  EXPECT_THAT(signers(), ElementsAre("log", "w1", "w2"));
  EXPECT_THAT(w1.asked, SizeIs(3)) << "once to be told the size";
}

TEST_F(CosigningTest, AfterAStartAllAreAskedWhetherTheLogHasGoneBack) {
  ASSERT_THAT(cosigning().turn(), is_ok());
  EXPECT_THAT(signers(), ElementsAre("log", "w1", "w2"));
  Cosigning again = cosigning();
  ASSERT_THAT(again.turn(), is_ok());
  ASSERT_THAT(again.turn(), is_ok());
  EXPECT_THAT(w1.asked, SizeIs(3)) << "of size 0, which it says is another, and of the same; then no more";
  EXPECT_THAT(signers(), ElementsAre("log", "w1", "w2"));
  w1.instead = HttpResponse{409, {{"content-type", "text/x.tlog.size"}}, "1000000\n"};
  ASSERT_THAT(cosigning().turn(), is_ok());
  EXPECT_EQ(lines("witness.contradicts"), 1U);
}

TEST_F(CosigningTest, OneThatIsAwayHoldsUpNobodyAndIsToldOfOnce) {
  Cosigning asking = cosigning();
  w1.away = true;
  for (int i = 0; i < 5; ++i)
    ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(signers(), ElementsAre("log", "w2"));
  EXPECT_THAT(w1.asked, SizeIs(1)) << "not again at once";
  EXPECT_EQ(lines("witness.silent"), 1U);
  world.clock.advance(std::chrono::seconds(2));
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(w1.asked, SizeIs(2));
  world.clock.advance(std::chrono::seconds(2));
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(w1.asked, SizeIs(2)) << "later and later";
  EXPECT_EQ(lines("witness.silent"), 1U) << "the same is told once";
  for (int i = 0; i < 40; ++i) {
    world.clock.advance(std::chrono::minutes(13));
    ASSERT_THAT(asking.turn(), is_ok());
  }
  EXPECT_THAT(w1.asked, SizeIs(42)) << "but never later than ten minutes and a quarter";
  w1.away = false;
  world.clock.advance(std::chrono::minutes(13));
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(signers(), ElementsAre("log", "w2", "w1"));
  EXPECT_EQ(lines("witness.back"), 1U);
}

TEST_F(CosigningTest, WhatIsNoCosignatureIsNotPublished) {
  Cosigning asking = cosigning({"w1"});
  const auto answers = {HttpResponse{200, {}, ""},
                        HttpResponse{200, {}, "<html>\n"},
                        HttpResponse{200, {}, tlog::signature_lines({{"w1", w1.key.id(), Bytes(72, 'x')}})},
                        HttpResponse{200, {}, tlog::signature_lines({{"w2", w2.key.id(), Bytes(72, 'x')}})},
                        HttpResponse{409, {{"content-type", "text/x.tlog.size"}}, "x\n"},
                        HttpResponse{409, {{"content-type", "text/plain"}}, "3\n"},
                        HttpResponse{500, {}, ""}};
  for (const HttpResponse& answer : answers) {
    w1.instead = answer;
    world.clock.advance(std::chrono::minutes(13));
    ASSERT_THAT(asking.turn(), is_ok());
    EXPECT_THAT(signers(), ElementsAre("log")) << answer.body;
  }
  w1.instead.reset();
  world.clock.advance(std::chrono::minutes(13));
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(signers(), ElementsAre("log", "w1"));
}

TEST_F(CosigningTest, OnlyTheAskedWitnesssSignatureIsTaken) {
  Cosigning asking = cosigning({"w1"});
  w1.before_answer = [&] {
    const tlog::WitnessAnswer answer =
        w1.answer(tlog::AddCheckpoint{0, {}, world.logs.published(LogName::o).value()}.bytes());
    const tlog::NoteSignature alien{"alien", 7, Bytes(72, 'x')};
    w1.instead = HttpResponse{200, {}, tlog::signature_lines({alien}) + answer.body + answer.body};
  };
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(world.logs.published(LogName::o)->signatures, SizeIs(2)) << "and once";
  EXPECT_THAT(signers(), ElementsAre("log", "w1"));
}

TEST_F(CosigningTest, ALogThatGrowsMeanwhileKeepsTheCosignatureForEvidence) {
  Cosigning asking = cosigning({"w1"});
  const tlog::Checkpoint before = published();
  w1.before_answer = [this] { grow(); };
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(signers(), ElementsAre("log")) << "it is not of the newest";
  EXPECT_GT(published().head.size, before.head.size);
  const auto kept = world.logs.cosigned(life()).value();
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(tlog::Checkpoint::parse(kept.front().text).value(), before);
  EXPECT_THAT(signers_of(kept.front()), ElementsAre("log", "w1"));
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_THAT(signers(), ElementsAre("log", "w1"));
  EXPECT_THAT(world.logs.cosigned(life()).value(), SizeIs(1)) << "of each witness the newest";
}

TEST_F(CosigningTest, AWitnessThatHasSeenMoreOrElseRaisesAnAlarm) {
  Cosigning asking = cosigning({"w1"});
  w1.instead = HttpResponse{409, {{"content-type", "text/x.tlog.size"}}, "1000000\n"};
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_EQ(lines("witness.contradicts"), 1U);
  EXPECT_THAT(world.log.lines().back(), HasSubstr("gone back"));
  w1.instead = HttpResponse{409, {{"content-type", "text/x.tlog.size"}}, tlog::tree_size_text(published().head.size)};
  world.clock.advance(std::chrono::minutes(13));
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_EQ(lines("witness.contradicts"), 2U);
  EXPECT_THAT(world.log.lines().back(), HasSubstr("another tree"));
  w1.instead = HttpResponse{422, {}, ""};
  world.clock.advance(std::chrono::minutes(13));
  ASSERT_THAT(asking.turn(), is_ok());
  EXPECT_EQ(lines("witness.contradicts"), 3U);
  EXPECT_THAT(world.log.lines().back(), HasSubstr("extend"));
}

TEST_F(CosigningTest, WhatIsAheadOfTheLogIsNeverPublished) {
  tlog::Note ahead = world.logs.published(LogName::o).value();
  tlog::Checkpoint checkpoint = published();
  checkpoint.head.size += 1;
  ahead.text = checkpoint.text();
  EXPECT_THAT(world.logs.add_cosignatures(LogName::o, ahead), fails_with(ErrorCode::conflict));
  checkpoint = published();
  checkpoint.head.root = sha256("another tree");
  ahead.text = checkpoint.text();
  static_cast<void>(world.logs.add_cosignatures(LogName::o, ahead));
  EXPECT_NE(published().head.root, checkpoint.head.root);
  checkpoint = published();
  checkpoint.origin = "another/log";
  ahead.text = checkpoint.text();
  EXPECT_THAT(world.logs.add_cosignatures(LogName::o, ahead), is_ok());
  EXPECT_NE(published().origin, "another/log");
  for (const tlog::Note& note : world.logs.cosigned(life()).value())
    EXPECT_NE(tlog::Checkpoint::parse(note.text)->origin, "another/log");
}

TEST_F(CosigningTest, AServerThatStopsAsksNobodyElse) {
  Cosigning asking = cosigning();
  ASSERT_THAT(asking.turn([this] { return !w1.asked.empty(); }), is_ok());
  EXPECT_THAT(w1.asked, SizeIs(1));
  EXPECT_THAT(w2.asked, IsEmpty());
}

}  // namespace
}  // namespace kip::server::testing
