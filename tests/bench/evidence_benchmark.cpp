// What checking a bundle of 10,000 receipts costs, beside what it has to cost: their 10,000 signatures. Not timed by
// the tests; run it by hand:
//
//   build/dev/bin/evidence_benchmark          `ratio` is of the same run

#include <chrono>

#include <benchmark/benchmark.h>

#include <server/domain/evidence_export.hpp>
#include <server/domain/stamping.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/install_events.hpp>

#include "../server/authority_http.hpp"
#include "../server/world.hpp"

namespace kip::server::testing {
namespace {

constexpr int kInstalls = 20;

/// A vendor with one customer, whose computers have said much.
class Vendor {
 public:
  explicit Vendor(std::int64_t receipts) {
    KIP_CHECK(bool(world.logs.start()));
    world.register_act_and_commitments();
    world.import_customer();
    stamp();
    KIP_CHECK(bool(world.publish({"1.0"})));
    for (int i = 0; i < kInstalls; ++i)
      report(world.enrol("PC-" + std::to_string(i)), receipts / kInstalls);
    stamp();
    EvidenceExport exporter({*world.store, *world.repository, world.recorder, world.board, world.logs, world.entry.key},
                            {http.authority("A")});
    files = exporter.make({.obligation = 1}).value();
    policy.emplace(TrustPolicy{.tenant = world.tenant,
                               .root = world.repository->roots().value().front(),
                               .authorities = {http.authority("A")}});
  }

  EvidenceReport check() { return check_evidence(files, *policy, {world.calendars, world.zones, world.clock.now()}); }

  /// The signatures that have to be verified, and nothing else.
  std::size_t verify_signatures() const {
    std::size_t valid = 0;
    for (const auto& [key, message, signature] : signatures)
      valid += key.verify(message, signature) ? 1U : 0U;
    return valid;
  }

  World world;
  AuthorityHttp http{world.clock, world.random};
  EvidenceFiles files;
  std::optional<TrustPolicy> policy;
  std::vector<std::tuple<PublicKey, Bytes, Bytes>> signatures;

 private:
  void report(const TestInstall& install, std::int64_t count) {
    std::vector<Bytes> batch;
    std::optional<Sha256Digest> previous;
    for (std::int64_t i = 1; i <= count; ++i) {
      const InstallState state = i == count ? InstallState::installed : InstallState::downloaded;
      batch.push_back(world.signed_receipt(install, world.receipt(install, i, state, "1.0", previous)));
      previous = sha256(batch.back());
      const dsse::Envelope envelope = dsse::parse(batch.back()).value();
      signatures.emplace_back(install.key.public_key(),
                              dsse::pre_authentication_encoding(envelope.payload_type, envelope.payload),
                              envelope.signatures.front().octets);
      if (batch.size() < Receipts::kMaxBatch && i < count) continue;
      KIP_CHECK(bool(world.receipts.take(world.caller(install), batch, OnFork::keep)));
      batch.clear();
    }
  }

  void stamp() {
    world.clock.advance(std::chrono::seconds(20));
    const auto ask = [this](const tsp::Authority& authority, const tsp::Request& request) {
      return tsp::AuthorityClient(http, world.clock).ask(authority, request);
    };
    Stamper stamper({*world.store, world.recorder, world.board, world.logs, ask, world.clock, world.log},
                    {http.authority("A")});
    KIP_CHECK(bool(stamper.turn()));
  }
};

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Both in turn, so that a machine that slows down slows both.
void check_bundle(benchmark::State& state) {
  Vendor vendor(state.range(0));
  double checking = 0;
  double verifying = 0;
  for (auto _ : state) {
    checking += seconds_of([&] {
      if (!vendor.check().holds()) state.SkipWithError("the bundle does not hold");
    });
    verifying += seconds_of([&] {
      if (vendor.verify_signatures() != vendor.signatures.size()) state.SkipWithError("a signature does not hold");
    });
  }
  state.counters["ratio"] = checking / verifying;
  state.counters["signatures_ms"] = 1000 * verifying / static_cast<double>(state.iterations());
  state.counters["check_ms"] = 1000 * checking / static_cast<double>(state.iterations());
}
BENCHMARK(check_bundle)->ArgName("receipts")->Arg(200)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kip::server::testing

BENCHMARK_MAIN();
