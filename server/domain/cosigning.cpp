#include <algorithm>

#include <server/domain/cosigning.hpp>

namespace kip::server {
namespace {

constexpr std::chrono::seconds kFirstWait(1);
constexpr std::chrono::minutes kLongestWait(10);
constexpr unsigned kDoublings = 10;

/// 1, 2, 4 … seconds, and up to a quarter more by chance, so that a witness that comes back is not asked by all at
/// once.
std::chrono::milliseconds wait_after(unsigned failures, RandomSource& random) {
  const std::chrono::milliseconds doubled = kFirstWait * (1 << std::min(failures, kDoublings));
  const std::chrono::milliseconds wait = std::min<std::chrono::milliseconds>(doubled, kLongestWait);
  const auto chance = static_cast<unsigned char>(random.bytes(1).front());
  return wait + wait * chance / 1024;
}

bool is_alarm(ErrorCode code) {
  return code == ErrorCode::rollback || code == ErrorCode::integrity;
}

bool has_signed(const tlog::Note& note, const tlog::NoteKey& key) {
  const auto signers = tlog::verify_note(note, {key});
  return signers && !signers->empty();
}

}  // namespace

Cosigning::Cosigning(Ports ports, const std::vector<tlog::AskedWitness>& witnesses) : ports_(ports) {
  for (const tlog::AskedWitness& witness : witnesses)
    witnesses_.push_back({witness});
}

Result<void> Cosigning::turn(const std::function<bool()>& is_stopping) {
  if (witnesses_.empty()) return {};
  KIP_TRY(const tlog::Note note, ports_.logs.published(LogName::o));
  KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(note.text));
  if (checkpoint.head.size == 0) return {};
  KIP_TRY(const tlog::LogFileReader files, ports_.logs.published_files(LogName::o));
  const tlog::NodeReader nodes = tlog::nodes_of(checkpoint.head.size, tlog::tiles_of(files));
  for (Asked& asked : witnesses_) {
    if (is_stopping()) break;
    if (ports_.clock.now() < asked.next_at) continue;
    if (asked.origin != checkpoint.origin) asked.seen = 0;
    asked.origin = checkpoint.origin;
    if (asked.seen == checkpoint.head.size && has_signed(note, asked.witness.key)) continue;
    auto cosignatures = tlog::ask_witness(ports_.http, asked.witness, note, nodes, asked.seen);
    if (!cosignatures) {
      failed(asked, cosignatures.error());
      continue;
    }
    if (!std::exchange(asked.told, {}).empty())
      ports_.log.write("witness.back", {{"witness", asked.witness.key.name()}});
    asked.failures = 0;
    tlog::Note cosigned = note;
    cosigned.signatures.insert(cosigned.signatures.end(), cosignatures->begin(), cosignatures->end());
    KIP_TRY_VOID(ports_.logs.add_cosignatures(LogName::o, cosigned));
  }
  return {};
}

void Cosigning::failed(Asked& asked, const Error& error) {
  asked.next_at = ports_.clock.now() + wait_after(asked.failures, ports_.random);
  ++asked.failures;
  if (asked.told == error.message) return;
  asked.told = error.message;
  ports_.log.write(is_alarm(error.code) ? "witness.contradicts" : "witness.silent",
                   {{"witness", asked.witness.key.name()}, {"error", error.message}});
}

}  // namespace kip::server
