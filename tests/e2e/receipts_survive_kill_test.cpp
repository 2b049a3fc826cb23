// Receipts are sent without pause while kip-server is killed and started again; every receipt that it acknowledged must
// be among its events afterwards, at the index that it acknowledged.

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <manifests/model/enrolment.hpp>
#include <manifests/model/event.hpp>
#include <manifests/model/receipt.hpp>
#include <signing/ceremony/repository_plan.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/protocol/request_signature.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>
#include <testing/server_process.hpp>
#include <testing/temporary_directory.hpp>

namespace kip {
namespace {

using testing::is_ok;

constexpr int kKills = 5;
constexpr int kAcknowledgedBetweenKills = 20;
constexpr std::size_t kBatch = 3;

Instant now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Digest of a receipt's envelope -> the index that was acknowledged for it.
using Acknowledged = std::map<Sha256Digest, std::int64_t>;

/// An install that only reports. Runs in a thread of its own until it is told to stop.
class Reporter {
 public:
  Reporter(std::string base, EnrolmentCode code) : base_(std::move(base)), code_(std::move(code)) {}

  void enrol() {
    const EnrolmentRequest request{code_.tenant, code_.product, code_.secret, Key::of(signer_.key.public_key()).json(),
                                   "storm"};
    const auto envelope = dsse::sign(std::string(kEnrolmentType), json::to_compact(to_json(request)), signer_);
    CurlHttpClient http;
    const auto answer =
        http.send({"POST", base_ + "/enrolments", {{"Content-Type", "application/json"}}, dsse::to_bytes(*envelope)});
    ASSERT_THAT(answer, is_ok());
    ASSERT_EQ(answer->status, 201) << answer->body;
    install_ = *InstallId::parse(*json::parse(answer->body)->find("install")->as_text());
  }

  void run() {
    CurlHttpClient http({.user_agent = "", .ca_file = "", .connect_timeout = std::chrono::seconds(2)});
    std::vector<Bytes> pending;
    while (!stop_) {
      while (pending.size() < kBatch)
        pending.push_back(next_receipt());
      if (send(http, pending)) pending.clear();
      // A server that is down refuses at once: the same receipts are sent again until it is up.
    }
  }

  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    grown_.wait(lock, [&] { return acknowledged_.size() >= count; });
  }
  void stop() { stop_ = true; }
  const Acknowledged& acknowledged() const { return acknowledged_; }

 private:
  Bytes next_receipt() {
    const Receipt receipt{code_.tenant,         *install_,     std::string(32, '1'),   ++sequence_, previous_, now(),
                          InstallState::failed, code_.product, *Version::parse("1.0"), {},          "storm"};
    const auto envelope = dsse::sign(std::string(kReceiptType), json::to_compact(to_json(receipt)), signer_);
    Bytes bytes = dsse::to_bytes(*envelope);
    previous_ = sha256(bytes);
    return bytes;
  }

  bool send(CurlHttpClient& http, const std::vector<Bytes>& envelopes) {
    json::Array list;
    for (const Bytes& envelope : envelopes)
      list.emplace_back(to_base64(envelope));
    HttpRequest request{"POST", base_ + "/receipts", {}, json::to_compact(json::Object{{"receipts", std::move(list)}})};
    request.headers =
        *sign_request(*install_, signer_.key, "POST", url_path(request.url), request.body, now(), random_);
    request.headers.emplace_back("Content-Type", "application/json");
    const auto answer = http.send(request);
    if (!answer || answer->status != 200) return false;
    const auto body = json::parse(answer->body);
    const PublicKey log_key = *PublicKey::from_ed25519(code_.log_key);
    const std::lock_guard lock(mutex_);
    for (const json::Value& item : *body->find("acknowledgements")->as_array()) {
      const auto envelope = dsse::parse(*from_base64(*item.as_text()));
      const auto payload = dsse::verify(*envelope, kAcknowledgementType, {log_key});
      EXPECT_THAT(payload, is_ok());
      const auto acknowledgement = parse_acknowledgement(*payload);
      acknowledged_.insert_or_assign(acknowledgement->receipt, acknowledgement->event_index);
    }
    grown_.notify_all();
    return true;
  }

  std::string base_;
  EnrolmentCode code_;
  Signer signer_ = Signer::of(*PrivateKey::generate(KeyType::ed25519));
  SystemRandom random_;
  std::optional<InstallId> install_;
  std::int64_t sequence_ = 0;
  std::optional<Sha256Digest> previous_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable grown_;
  Acknowledged acknowledged_;
};

class ReceiptsSurviveKill : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(server_.init(), is_ok());
    ASSERT_THAT(server_.start(), is_ok());
    base_ = server_.url() + "/v1/tenants/acme";
    publish();
    const json::Value customer = *json::parse(
        R"({"customers":[{"format":"kip.customer/1","tax_code":"0100109106","name":"Storm","email":"","product":"forms",
        "contract_start":"2026-01-01","periods":{"months":[120]},"seats":1}],"dry_run":false})");
    call("POST", "/customers/import", customer);
    const json::Value codes =
        call("POST", "/enrolment-codes", json::Object{{"tax_code", "0100109106"}, {"product", "forms"}});
    code_ = *parse_enrolment_code(*codes.find("codes")->as_array()->front().as_text(), sha256);
  }

  json::Value call(const std::string& method, const std::string& route, const json::Value& body) {
    CurlHttpClient http;
    HttpRequest request{method, base_ + route, {{"Authorization", "Bearer " + server_.token()}}};
    if (!body.is_null()) {
      request.body = json::to_compact(body);
      request.headers.emplace_back("Content-Type", "application/json");
    }
    const auto answer = http.send(request);
    EXPECT_THAT(answer, is_ok());
    EXPECT_LT(answer->status, 300) << answer->body;
    return json::parse(answer->body).value_or(json::Value());
  }

  void publish() {
    const Signer officer = Signer::of(*PrivateKey::generate(KeyType::ed25519));
    const auto online = parse_online_keys(testing::read_file(server_.directory() / "online-keys.json"));
    ASSERT_THAT(online, is_ok());
    const auto first =
        first_versions({*online, {{"An", Key::of(officer.key.public_key())}}, 1, {*ProductId::parse("forms")}, now()});
    json::Object documents;
    documents["root"] = json::Array{to_base64(*tuf::sign_metadata(to_json(first->root), {&officer}))};
    documents["targets"] = to_base64(*tuf::sign_metadata(to_json(first->targets), {&officer}));
    for (const auto& [role, targets] : first->products) {
      documents[role] = to_base64(*tuf::sign_metadata(to_json(targets), {&officer}));
    }
    call("POST", "/publications", json::Object{{"documents", std::move(documents)}});
  }

  /// Receipts among the server's events: digest -> index.
  Acknowledged recorded() {
    Acknowledged out;
    for (std::int64_t after = 0;;) {
      const json::Value page = call("GET", fmt::format("/events?after={}&limit=1000", after), {});
      const json::Array& events = *page.find("events")->as_array();
      if (events.empty()) return out;
      for (const json::Value& item : events) {
        after = *item.find("index")->as_integer();
        if (*item.find("type")->as_text() != "receipt.recorded") continue;
        const auto envelope = dsse::parse(*from_base64(*item.find("envelope")->as_text()));
        const auto event = parse_event(envelope->payload);
        const Bytes receipt = *from_base64(*event->body.find("receipt")->as_text());
        EXPECT_TRUE(out.emplace(sha256(receipt), after).second) << "a receipt was recorded twice";
      }
    }
  }

  testing::TemporaryDirectory directory_;
  testing::ServerProcess server_{KIP_SERVER_BINARY, directory_.path() / "server", "acme"};
  std::string base_;
  std::optional<EnrolmentCode> code_;
};

TEST_F(ReceiptsSurviveKill, NoneAcknowledgedIsLostAndNoneIsDoubled) {
  Reporter reporter(base_, *code_);
  reporter.enrol();
  std::jthread sender([&] { reporter.run(); });
  for (int kill = 1; kill <= kKills; ++kill) {
    reporter.wait_for(static_cast<std::size_t>(kill * kAcknowledgedBetweenKills));
    server_.kill();
    ASSERT_THAT(server_.start(), is_ok());
  }
  reporter.wait_for(static_cast<std::size_t>((kKills + 1) * kAcknowledgedBetweenKills));
  reporter.stop();
  sender.join();
  const Acknowledged kept = recorded();
  for (const auto& [digest, index] : reporter.acknowledged()) {
    const auto found = kept.find(digest);
    ASSERT_NE(found, kept.end()) << "an acknowledged receipt is lost";
    EXPECT_EQ(found->second, index);
  }
}

}  // namespace
}  // namespace kip
