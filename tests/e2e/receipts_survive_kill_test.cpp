// Several installs send receipts without pause while kip-server is killed and started again. Every receipt that it has
// acknowledged must be among its events afterwards, once and at the place that it acknowledged, and the log that it has
// published must go on from each of its earlier heads. With SQLite, and under with_postgresql.sh with PostgreSQL.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <signing/crypto/sha256.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <testing/matchers.hpp>
#include <testing/reporting_vendor.hpp>
#include <testing/temporary_directory.hpp>

namespace kip {
namespace {

using ::testing::ElementsAre;
using testing::is_ok;
using ::testing::IsEmpty;
using testing::ReceiptPlaces;
using testing::ReportingInstall;
using testing::ReportingVendor;

constexpr int kKills = 6;
constexpr std::size_t kInstalls = 6;
constexpr std::size_t kAcknowledgedBetweenKills = 150;
constexpr std::size_t kBatch = 4;

/// What was acknowledged to all, and who waits for more of it. Thread-safe.
class Acknowledged {
 public:
  void add(const ReceiptPlaces& places) {
    const std::lock_guard lock(mutex_);
    places_.insert(places.begin(), places.end());
    grown_.notify_all();
  }
  void wait_for(std::size_t more) {
    std::unique_lock lock(mutex_);
    const std::size_t wanted = places_.size() + more;
    grown_.wait(lock, [&] { return places_.size() >= wanted; });
  }
  ReceiptPlaces places() const {
    const std::lock_guard lock(mutex_);
    return places_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable grown_;
  ReceiptPlaces places_;
};

/// Sends until it is stopped. A server that is down refuses at once: the same receipts are sent again until it is up.
void report(ReportingInstall install, const std::string& url, const std::atomic<bool>& stop, Acknowledged& to) {
  CurlHttpClient http({.user_agent = "", .ca_file = "", .connect_timeout = std::chrono::seconds(2)});
  std::vector<Bytes> pending;
  while (!stop) {
    while (pending.size() < kBatch)
      pending.push_back(install.next_receipt(InstallState::failed, "1.0"));
    const auto answer = http.send(install.delivery(url, pending));
    if (!answer || answer->status != 200) continue;
    const auto places = install.acknowledged(answer->body);
    ASSERT_THAT(places, is_ok());
    ASSERT_EQ(places->size(), pending.size());
    to.add(*places);
    pending.clear();
  }
}

/// The acknowledged receipts that history does not have at their place.
std::vector<Sha256Digest> lost(const ReceiptPlaces& acknowledged, const ReceiptPlaces& recorded) {
  std::vector<Sha256Digest> out;
  for (const auto& [digest, index] : acknowledged) {
    const auto found = recorded.find(digest);
    if (found == recorded.end() || found->second != index) out.push_back(digest);
  }
  return out;
}

/// One server for all tests: under with_postgresql.sh there is one database.
class ReceiptsSurviveKill : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_.emplace();
    server_.emplace(KIP_SERVER_BINARY, directory_->path() / "server", "acme");
    ASSERT_THAT(server_->init(), is_ok());
    ASSERT_THAT(server_->start(), is_ok());
    vendor_.emplace(*server_);
  }
  static void TearDownTestSuite() {
    vendor_.reset();
    server_.reset();
    directory_.reset();
  }

  /// Within the two seconds in which it has to be, and as many again for a slow machine.
  bool is_published(std::int64_t events) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < until) {
      if (static_cast<std::int64_t>(vendor_->checkpoint().head.size) == events) return true;
      std::this_thread::yield();
    }
    return false;
  }

  inline static std::optional<testing::TemporaryDirectory> directory_;
  inline static std::optional<testing::ServerProcess> server_;
  inline static std::optional<ReportingVendor> vendor_;
};

TEST_F(ReceiptsSurviveKill, NoneAcknowledgedIsLostAndNoneIsDoubled) {
  Acknowledged acknowledged;
  std::atomic<bool> stop = false;
  std::vector<tlog::TreeHead> heads;
  {
    std::vector<std::jthread> senders;
    for (std::size_t i = 0; i < kInstalls; ++i) {
      senders.emplace_back(report, vendor_->enrol(fmt::format("PC-{}", i)), vendor_->receipts_url(), std::cref(stop),
                           std::ref(acknowledged));
    }
    for (int kill = 0; kill < kKills; ++kill) {
      acknowledged.wait_for(kAcknowledgedBetweenKills);
      server_->kill();
      heads.push_back(vendor_->checkpoint().head);
      ASSERT_THAT(server_->start(), is_ok());
    }
    acknowledged.wait_for(kAcknowledgedBetweenKills);
    stop = true;
  }
  const auto recorded = vendor_->recorded();
  ASSERT_THAT(recorded, is_ok());
  EXPECT_THAT(lost(acknowledged.places(), *recorded), IsEmpty());
  EXPECT_TRUE(is_published(vendor_->private_events()));
  for (const tlog::TreeHead& head : heads)
    EXPECT_NE(vendor_->change_since(head).value(), tlog::HeadChange::forked) << "from " << head.size;
  EXPECT_EQ(vendor_->change_since(heads.back()).value(), tlog::HeadChange::extends);
}

/// The negative control: what was claimed to be acknowledged and is not there, is there at another place, or was
/// published otherwise, is noticed.
TEST_F(ReceiptsSurviveKill, ALostReceiptWouldBeNoticed) {
  ReportingInstall install = vendor_->enrol("control");
  CurlHttpClient http;
  const std::vector<Bytes> sent = {install.next_receipt(InstallState::failed, "1.0"),
                                   install.next_receipt(InstallState::failed, "1.0")};
  const auto answer = http.send(install.delivery(vendor_->receipts_url(), sent));
  ASSERT_THAT(answer, is_ok());
  ReceiptPlaces acknowledged = install.acknowledged(answer->body).value();
  const ReceiptPlaces recorded = vendor_->recorded().value();
  EXPECT_THAT(lost(acknowledged, recorded), IsEmpty());
  const Sha256Digest never_sent = sha256(install.next_receipt(InstallState::failed, "1.0"));
  acknowledged[never_sent] = 1;
  EXPECT_THAT(lost(acknowledged, recorded), ElementsAre(never_sent));
  acknowledged.erase(never_sent);
  acknowledged[sha256(sent[0])] += 1;
  EXPECT_THAT(lost(acknowledged, recorded), ElementsAre(sha256(sent[0])));

  ASSERT_TRUE(is_published(vendor_->private_events()));
  tlog::TreeHead other = vendor_->checkpoint().head;
  EXPECT_EQ(vendor_->change_since(other).value(), tlog::HeadChange::same);
  other.root = sha256("another history");
  EXPECT_EQ(vendor_->change_since(other).value(), tlog::HeadChange::forked);
}

}  // namespace
}  // namespace kip
