// How many receipts a second kip-server takes in for good, as a share of what the two things that cannot be left out
// would allow by themselves on the same cores in the same minute. Not timed by the tests; run it by hand:
//
//   build/dev/bin/receipts_benchmark [--batch 100] [--connections 8] [--installs 64] [--receipts 20000] [--rounds 3]
//
// The raw limit is measured, not added up: as many threads as there are cores verify the receipts' Ed25519 signatures,
// and one writer puts a row with the octets that each receipt has in its event into an SQLite table with the server's
// own settings (WAL, synchronous=FULL, secure_delete), a transaction for each 500. Nothing else is done: no HTTP, no
// parsing, no chain, no signatures of the server's, no tables besides. Both sides share the cores with what measures
// them.

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <manifests/core/check.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <testing/files.hpp>
#include <testing/reporting_vendor.hpp>
#include <testing/temporary_directory.hpp>

#include "../server/http/wire.hpp"

namespace kip {
namespace {

using Clock = std::chrono::steady_clock;
using testing::ReportingInstall;
using testing::ReportingVendor;

struct Options {
  std::size_t batch = 100;
  std::size_t connections = 8;
  std::size_t installs = 64;
  std::size_t receipts = 20'000;
  std::size_t rounds = 3;
};

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

double cpu_of(int who) {
  rusage used{};
  KIP_CHECK(::getrusage(who, &used) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// What a process has used so far, in user and system mode. Source: proc(5), fields 14 and 15 of "stat".
double cpu_of_process(pid_t process) {
  const std::string stat = testing::read_file(fmt::format("/proc/{}/stat", process));
  long long user = 0;
  long long system = 0;
  constexpr const char* kAfterName = " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld";
  KIP_CHECK(std::sscanf(stat.c_str() + stat.rfind(')') + 1, kAfterName, &user, &system) == 2);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// --- The raw limit -----------------------------------------------------------------------------------------------

/// What is to be verified and stored of one receipt, ready.
struct RawReceipt {
  PublicKey key;
  Bytes message;
  Bytes signature;
  Bytes row;
};

RawReceipt raw_of(const ReportingInstall& install, const Bytes& receipt) {
  const dsse::Envelope envelope = dsse::parse(receipt).value();
  // The event has the receipt in base64, and is an envelope with its payload in base64.
  const Bytes row = to_base64(to_base64(receipt));
  return {install.public_key(), dsse::pre_authentication_encoding(envelope.payload_type, envelope.payload),
          envelope.signatures.front().octets, row};
}

class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path) {
    KIP_CHECK(sqlite3_open(path.c_str(), &database_) == SQLITE_OK);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
    run("CREATE TABLE events (tenant TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, "
        "envelope BLOB NOT NULL, recorded INTEGER NOT NULL, PRIMARY KEY (tenant, position), UNIQUE (tenant, id)) "
        "STRICT;");
    KIP_CHECK(sqlite3_prepare_v2(database_, "INSERT INTO events VALUES ('acme', ?, ?, 'receipts.recorded', ?, ?)", -1,
                                 &insert_, nullptr) == SQLITE_OK);
  }
  ~RawDatabase() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  void run(const char* sql) { KIP_CHECK(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }
  void insert(const Bytes& row) {
    ++position_;
    const std::string id = fmt::format("01JD{:022}", position_);
    sqlite3_bind_int64(insert_, 1, position_);
    sqlite3_bind_text(insert_, 2, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
    sqlite3_bind_blob(insert_, 3, row.data(), static_cast<int>(row.size()), SQLITE_STATIC);
    sqlite3_bind_int64(insert_, 4, 1'700'000'000'000 + position_);
    KIP_CHECK(sqlite3_step(insert_) == SQLITE_DONE);
    sqlite3_reset(insert_);
  }

 private:
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  std::int64_t position_ = 0;
};

constexpr std::size_t kRowsPerCommit = 500;
constexpr std::size_t kChunk = 50;

double verifications_per_second(const std::vector<RawReceipt>& receipts) {
  const auto begun = Clock::now();
  for (const RawReceipt& one : receipts)
    KIP_CHECK(one.key.verify(one.message, one.signature));
  return static_cast<double>(receipts.size()) / seconds_since(begun);
}

double rows_per_second(const std::vector<RawReceipt>& receipts, const std::filesystem::path& folder) {
  RawDatabase database((folder / "rows.db").string());
  const auto begun = Clock::now();
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    if (i % kRowsPerCommit == 0) database.run("BEGIN IMMEDIATE");
    database.insert(receipts[i].row);
    if ((i + 1) % kRowsPerCommit == 0 || i + 1 == receipts.size()) database.run("COMMIT");
  }
  return static_cast<double>(receipts.size()) / seconds_since(begun);
}

struct Rate {
  double per_second = 0;
  double per_cpu_second = 0;  ///< of what is judged, not of what measures it
};

/// Verifiers and one writer side by side.
class RawPipeline {
 public:
  RawPipeline(const std::vector<RawReceipt>& receipts, const std::filesystem::path& folder)
      : receipts_(receipts), database_((folder / "raw.db").string()) {}

  Rate run() {
    const double cpu = cpu_of(RUSAGE_SELF);
    const auto begun = Clock::now();
    {
      std::vector<std::jthread> verifiers;
      for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
        verifiers.emplace_back([this] { verify(); });
      write();
    }
    const auto count = static_cast<double>(receipts_.size());
    return {count / seconds_since(begun), count / (cpu_of(RUSAGE_SELF) - cpu)};
  }

 private:
  void verify() {
    for (std::size_t first = next_.fetch_add(kChunk); first < receipts_.size(); first = next_.fetch_add(kChunk)) {
      const std::size_t end = std::min(first + kChunk, receipts_.size());
      for (std::size_t i = first; i < end; ++i)
        KIP_CHECK(receipts_[i].key.verify(receipts_[i].message, receipts_[i].signature));
      const std::lock_guard lock(mutex_);
      for (std::size_t i = first; i < end; ++i)
        verified_.push_back(i);
      more_.notify_one();
    }
  }

  void write() {
    for (std::size_t written = 0; written < receipts_.size();) {
      std::vector<std::size_t> some;
      {
        std::unique_lock lock(mutex_);
        const std::size_t wanted = std::min(kRowsPerCommit, receipts_.size() - written);
        more_.wait(lock, [&] { return verified_.size() >= wanted; });
        some.assign(verified_.end() - static_cast<std::ptrdiff_t>(wanted), verified_.end());
        verified_.resize(verified_.size() - wanted);
      }
      database_.run("BEGIN IMMEDIATE");
      for (const std::size_t i : some)
        database_.insert(receipts_[i].row);
      database_.run("COMMIT");
      written += some.size();
    }
  }

  const std::vector<RawReceipt>& receipts_;
  RawDatabase database_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;  ///< guards `verified_`
  std::vector<std::size_t> verified_;
  std::condition_variable more_;
};

// --- The server --------------------------------------------------------------------------------------------------

/// One request, as it goes over the wire, and its answer's body.
struct Delivery {
  std::size_t install = 0;
  std::size_t receipts = 0;
  std::string octets = {};
  std::string answer = {};
};

std::string on_the_wire(const HttpRequest& request) {
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n", request.method,
                                url_path(request.url), request.body.size());
  for (const auto& [name, value] : request.headers)
    out += fmt::format("{}: {}\r\n", name, value);
  return out + "\r\n" + request.body;
}

/// Keeps its connection for as long as the server does.
class Sender {
 public:
  explicit Sender(int port) : port_(port) {}

  std::string send(const std::string& octets) {
    if (!wire_) wire_.emplace(port_);
    wire_->send(octets);
    std::string got = wire_->receive_some();
    std::size_t end = 0;
    while ((end = got.find("\r\n\r\n")) == std::string::npos)
      got += wire_->receive_some();
    const std::string head = got.substr(0, end + 2);
    KIP_CHECK(head.starts_with("HTTP/1.1 200 "));
    const auto at = head.find("Content-Length: ");
    KIP_CHECK(at != std::string::npos);
    const std::size_t length = std::stoul(head.substr(at + 16));
    std::string body = got.substr(end + 4);
    while (body.size() < length)
      body += wire_->receive_some();
    if (head.find("Connection: close") != std::string::npos) wire_.reset();
    return body;
  }

 private:
  int port_;
  std::optional<server::testing::Wire> wire_;
};

constexpr std::array<InstallState, 4> kOfOneUpdate = {InstallState::downloaded, InstallState::verified,
                                                      InstallState::applying, InstallState::installed};

class Load {
 public:
  Load(const Options& options, const testing::ServerProcess& server) : options_(options), server_(server) {
    for (std::size_t i = 0; i < options.installs; ++i)
      installs_.push_back(vendor_.enrol(fmt::format("PC-{}", i)));
    reported_.resize(options.installs);
  }

  /// All that is sent in a round is made before it, so that the time is the server's. Also what of it is raw.
  std::vector<RawReceipt> prepare() {
    std::vector<RawReceipt> raw;
    ways_.assign(options_.connections, {});
    for (std::size_t done = 0, turn = 0; done < options_.receipts; done += options_.batch, ++turn) {
      const std::size_t i = turn % installs_.size();
      std::vector<Bytes> receipts;
      for (std::size_t k = 0; k < options_.batch; ++k) {
        const std::size_t number = reported_[i]++;
        receipts.push_back(installs_[i].next_receipt(kOfOneUpdate[number % kOfOneUpdate.size()],
                                                     fmt::format("1.{}", number / kOfOneUpdate.size())));
        raw.push_back(raw_of(installs_[i], receipts.back()));
      }
      const HttpRequest request = installs_[i].delivery(vendor_.receipts_url(), receipts);
      ways_[i % ways_.size()].push_back({i, receipts.size(), on_the_wire(request)});
    }
    return raw;
  }

  Rate run() {
    const double cpu = cpu_of_process(server_.process());
    const auto begun = Clock::now();
    {
      std::vector<std::jthread> senders;
      for (auto& way : ways_) {
        senders.emplace_back([this, &way] {
          Sender sender(server_.port());
          for (Delivery& delivery : way)
            delivery.answer = sender.send(delivery.octets);
        });
      }
    }
    const double took = seconds_since(begun);
    const auto count = static_cast<double>(check());
    return {count / took, count / (cpu_of_process(server_.process()) - cpu)};
  }

  /// Whether history has each acknowledged receipt at its place.
  bool all_are_there() const { return vendor_.recorded().value() == acknowledged_; }

 private:
  /// Every receipt is acknowledged, by signature.
  std::size_t check() {
    const std::size_t before = acknowledged_.size();
    for (const auto& way : ways_) {
      for (const Delivery& delivery : way) {
        const auto places = installs_[delivery.install].acknowledged(delivery.answer).value();
        KIP_CHECK(places.size() == delivery.receipts);
        acknowledged_.insert(places.begin(), places.end());
      }
    }
    return acknowledged_.size() - before;
  }

  Options options_;
  const testing::ServerProcess& server_;
  ReportingVendor vendor_{server_};
  std::vector<ReportingInstall> installs_;
  std::vector<std::size_t> reported_;
  std::vector<std::vector<Delivery>> ways_;  ///< by connection
  testing::ReceiptPlaces acknowledged_;
};

// --- Both --------------------------------------------------------------------------------------------------------

/// Behind a proxy connections are kept; nothing is allowed to hold the load back.
void settle(const std::filesystem::path& folder) {
  const std::string file = (folder / "kip-server.toml").string();
  std::string settings = testing::read_file(file);
  for (const auto& [commented, meant] :
       {std::pair("# requests_per_connection = 1\n", "requests_per_connection = 1000\n"),
        std::pair("# install_per_minute = 600\n", "install_per_minute = 0\n")}) {
    const auto at = settings.find(commented);
    KIP_CHECK(at != std::string::npos);
    settings.replace(at, std::string_view(commented).size(), meant);
  }
  testing::write_file(file, settings);
}

struct Shares {
  double raw = 0;
  double raw_cpu = 0;
  double cpu_us = 0;  ///< of the server's, for a receipt
};

std::string text(const Rate& rate) {
  return fmt::format("{:.0f}/s ({:.0f} a CPU second)", rate.per_second, rate.per_cpu_second);
}

Shares measure(std::size_t round, Load& load) {
  const auto receipts = load.prepare();
  const testing::TemporaryDirectory scratch;
  const double verified = verifications_per_second(receipts);
  const double rows = rows_per_second(receipts, scratch.path());
  const Rate raw = RawPipeline(receipts, scratch.path()).run();
  const Rate taken = load.run();
  const Shares out{taken.per_second / raw.per_second, taken.per_cpu_second / raw.per_cpu_second,
                   1e6 / taken.per_cpu_second};
  fmt::print(
      "round {}: {:.0f} verifications/s on a core, {:.0f} rows/s of {} octets; raw {}, kip-server {}: {:.1f} %, "
      "{:.0f} us of CPU a receipt\n",
      round, verified, rows, receipts.front().row.size(), text(raw), text(taken), 100 * out.raw, out.cpu_us);
  std::fflush(stdout);
  return out;
}

int run(const Options& options) {
  const testing::TemporaryDirectory folder;
  testing::ServerProcess server(KIP_SERVER_BINARY, folder.path() / "server", "acme");
  KIP_CHECK(server.init().has_value());
  settle(server.directory());
  KIP_CHECK(server.start().has_value());
  Load load(options, server);
  std::vector<Shares> all;
  for (std::size_t round = 1; round <= options.rounds; ++round)
    all.push_back(measure(round, load));
  KIP_CHECK(load.all_are_there());
  const auto median = [&all](double Shares::*which) {
    std::vector<double> values;
    for (const Shares& one : all)
      values.push_back(one.*which);
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  fmt::print(
      "median of {} rounds, {} receipts a request, {} connections, {} installs: {:.1f} % of the raw limit "
      "({:.1f} % by CPU time), {:.0f} us of the server's CPU a receipt\n",
      options.rounds, options.batch, options.connections, options.installs, 100 * median(&Shares::raw),
      100 * median(&Shares::raw_cpu), median(&Shares::cpu_us));
  return 0;
}

int parse_and_run(int argc, char** argv) {
  Options options;
  const std::map<std::string_view, std::size_t*> known = {{"--batch", &options.batch},
                                                          {"--connections", &options.connections},
                                                          {"--installs", &options.installs},
                                                          {"--receipts", &options.receipts},
                                                          {"--rounds", &options.rounds}};
  for (int i = 1; i + 1 < argc; i += 2) {
    const auto option = known.find(argv[i]);
    if (option == known.end()) break;
    *option->second = std::stoul(argv[i + 1]);
    if (i + 3 == argc || i + 2 == argc) return run(options);
  }
  if (argc == 1) return run(options);
  fmt::print("usage: receipts_benchmark [--batch N] [--connections N] [--installs N] [--receipts N] [--rounds N]\n");
  return 64;
}

}  // namespace
}  // namespace kip

int main(int argc, char** argv) {
  return kip::parse_and_run(argc, argv);
}
