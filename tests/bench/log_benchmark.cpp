// What appending to a transparency log costs, beside what it has to cost: one SHA-256 of each leaf and one for each
// inner node. Not timed by the tests; run it by hand:
//
//   build/dev/bin/log_benchmark

#include <filesystem>

#include <benchmark/benchmark.h>

#include <signing/crypto/sha256.hpp>
#include <signing/log/log_writer.hpp>
#include <signing/storage/posix_file_system.hpp>

namespace kip::tlog {
namespace {

/// As long as an entry of O; those of R have 32 octets.
constexpr std::size_t kEntry = 400;
constexpr std::size_t kBatch = 10'000;

std::vector<Bytes> make_entries() {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < kBatch; ++i)
    out.push_back(std::to_string(i) + Bytes(kEntry, 'x'));
  return out;
}

/// The least: two hashes for each leaf, in memory.
void hashes_alone(benchmark::State& state) {
  const auto entries = make_entries();
  for (auto _ : state) {
    Frontier frontier;
    for (const Bytes& entry : entries)
      frontier.append(leaf_hash(entry));
    benchmark::DoNotOptimize(frontier.root());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(hashes_alone)->Unit(benchmark::kMillisecond);

/// Entries, tiles, syncs, state and checkpoint on a disk, in batches as a busy server has them.
void append(benchmark::State& state) {
  const auto entries = make_entries();
  const std::vector<BytesView> views(entries.begin(), entries.end());
  const auto folder = std::filesystem::temp_directory_path() / "kip-log-benchmark";
  std::filesystem::remove_all(folder);
  PosixFileSystem files;
  PrivateKey key = PrivateKey::generate(KeyType::ed25519).value();
  NoteKey note = NoteKey::create("x/o", NoteSignatureType::ed25519, key.public_key()).value();
  const LogIdentity identity{"x/o", {{std::move(note), std::move(key)}}};
  const LogPlace place{folder};
  if (!LogWriter::create(files, place, identity)) return state.SkipWithError("cannot make a log");
  const auto writer = LogWriter::open(files, place, identity).value();
  for (auto _ : state) {
    if (!writer->append(views)) return state.SkipWithError("cannot append");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
  std::filesystem::remove_all(folder);
}
BENCHMARK(append)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace kip::tlog

BENCHMARK_MAIN();
