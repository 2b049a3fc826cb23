#pragma once

#include <signing/config/settings.hpp>
#include <signing/fetch/http_client.hpp>
#include <signing/log/add_checkpoint.hpp>

namespace kip::tlog {

/// A witness that a log asks: one [[witness]] in the settings of a server.
struct AskedWitness {
  std::string url;  ///< of which kAddCheckpointPath is asked; without a slash at its end
  NoteKey key;      ///< of the type cosignature
};

/// For Settings::parse().
const SettingList& asked_witness_setting_list();
/// Errors: usage for a URL or key that cannot be, or a key that stands twice.
Result<std::vector<AskedWitness>> read_asked_witnesses(const Settings& settings);

/// Asks a witness to cosign a checkpoint of the tree that `nodes` reads; at most twice, where it has to say first what
/// it has seen. `seen`: the size that it cosigned last, as far as known, and on return what it has said of it. The
/// cosignatures, verified. Errors: rollback where it has cosigned more than this tree has; integrity where it has seen
/// another tree of this size or refuses the proof; signature where its answer has no valid cosignature; those of the
/// HTTP client and of its status; those of the reader. Source: C2SP tlog-witness.
Result<std::vector<NoteSignature>> ask_witness(HttpClient& http, const AskedWitness& witness, const Note& checkpoint,
                                               const NodeReader& nodes, std::uint64_t& seen);

}  // namespace kip::tlog
