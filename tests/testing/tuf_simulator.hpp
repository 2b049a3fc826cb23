#pragma once

#include <map>
#include <string>
#include <vector>

#include <signing/tuf/client.hpp>
#include <testing/memory_metadata_store.hpp>

namespace kip::testing {

/// A TUF repository whose metadata a test changes as it likes: what is asked for is signed as it stands at that moment.
/// Roots are the exception: published once, they stay. Not thread-safe.
class TufSimulator final : public tuf::MetadataFetcher {
 public:
  explicit TufSimulator(Instant now);

  /// Signs `root` as its next version by the keys of `signers["root"]`, and by those that this replaces where they
  /// differ.
  void publish_root();
  /// The next version of one role, of the snapshot or of the timestamp, each named by those above it.
  void update_targets(const std::string& role = "targets");
  void update_snapshot();
  void update_timestamp();
  /// Gives a top-level role a new key, and publishes the root.
  void rotate(const std::string& role);
  /// A role that `parent` delegates to, by a key of its own. Its metadata is at version 1.
  void delegate(const std::string& parent, tuf::DelegatedRole delegated);
  void delegate_succinctly(const std::string& parent, int bit_length, const std::string& prefix);

  Result<std::optional<Bytes>> fetch(std::string_view name, std::size_t max_bytes) override;
  Result<tuf::Fetched> fetch_unless(std::string_view name, std::size_t max_bytes,
                                    const tuf::Validators& known) override;
  /// The bytes that a request for a file would get now; nothing where there is none.
  std::optional<Bytes> serve(std::string_view name);

  Bytes sign(const json::Value& body, const std::string& role) const;

  tuf::Root root;
  tuf::Timestamp timestamp;
  tuf::Snapshot snapshot;
  std::map<std::string, tuf::Targets> targets;         ///< the top-level one is "targets"
  std::map<std::string, std::vector<Signer>> signers;  ///< by role
  std::vector<Bytes> roots;                            ///< version N at N - 1
  std::map<std::string, Bytes, std::less<>>
      instead;               ///< served as it stands: what an attacker or an accident put there
  bool with_hashes = false;  ///< timestamp and snapshot list lengths and hashes
  bool with_validators = false;
  std::vector<std::string> requests;

 private:
  tuf::MetaFile meta_of(const std::string& role, std::int64_t version);
  Bytes current(const std::string& role);
  void trust(const std::string& role, const Signer& signer);

  std::vector<Signer> last_root_signers_;
};

Signer new_signer(KeyType type = KeyType::ed25519);

}  // namespace kip::testing
