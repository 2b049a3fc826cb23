// What a TUF client's time goes into: reading metadata and verifying signatures. Not timed by the tests; run it by
// hand:
//
//   build/dev/bin/tuf_benchmark

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <signing/tuf/client.hpp>
#include <signing/tuf/repository.hpp>

namespace kip::tuf {
namespace {

constexpr std::size_t kMaxBytes = 64U << 20U;

/// Targets metadata that lists so many files, signed by one key.
Bytes targets_metadata(std::int64_t count, const Signer& signer) {
  Targets targets;
  targets.header = {1, parse_instant("2099-01-01T00:00:00Z").value()};
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string path = fmt::format("forms/{:04}/form-{:06}.xml", i / 100, i);
    targets.targets[path] = target_of(path);
  }
  return sign_metadata(to_json(targets), {&signer}).value();
}

void parse_targets(benchmark::State& state) {
  const Signer signer = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  const Bytes bytes = targets_metadata(state.range(0), signer);
  for (auto _ : state) {
    const Document document = parse_document(bytes, kMaxBytes).value();
    benchmark::DoNotOptimize(read_targets(document.body));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(parse_targets)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond);

void verify(benchmark::State& state) {
  const Signer signer = Signer::of(PrivateKey::generate(static_cast<KeyType>(state.range(0))).value());
  const Document document = parse_document(targets_metadata(10, signer), kMaxBytes).value();
  const KeyMap keys = {{signer.key_id, Key::of(signer.key.public_key())}};
  const Role role{{signer.key_id}, 1};
  for (auto _ : state)
    benchmark::DoNotOptimize(verify_threshold(document, keys, role, "targets"));
}
BENCHMARK(verify)
    ->Arg(static_cast<std::int64_t>(KeyType::ed25519))
    ->Arg(static_cast<std::int64_t>(KeyType::ecdsa_p256))
    ->ArgName("key_type")
    ->Unit(benchmark::kMicrosecond);

void find_delegate(benchmark::State& state) {
  Targets targets;
  for (std::int64_t bin = 0; bin < state.range(0); ++bin)
    targets.delegations.push_back({fmt::format("bin-{:03x}", bin), {}, {}, true, {fmt::format("{:03x}", bin)}});
  for (auto _ : state)
    benchmark::DoNotOptimize(targets.delegates_for("documents/guide.pdf"));
}
BENCHMARK(find_delegate)->Arg(16)->Arg(256)->Arg(4096)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kip::tuf

BENCHMARK_MAIN();
