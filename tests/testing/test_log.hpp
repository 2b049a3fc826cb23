#pragma once

#include <string>

#include <signing/log/add_checkpoint.hpp>

namespace kip::testing {

/// A transparency log in memory that can also lie: its leaves are numbers, from `fork` on other ones.
class TestLog {
 public:
  explicit TestLog(const std::string& origin, std::uint64_t fork = ~std::uint64_t{0})
      : origin_(origin),
        fork_(fork),
        signing_(PrivateKey::generate(KeyType::ed25519).value()),
        key_(tlog::NoteKey::create(origin, tlog::NoteSignatureType::ed25519, signing_.public_key()).value()) {}
  /// The same log as another one, with its key, that says something else from `fork` on.
  TestLog(const TestLog& of, std::uint64_t fork)
      : origin_(of.origin_), fork_(fork), signing_(of.signing_), key_(of.key_) {}

  const tlog::NoteKey& key() const { return key_; }
  const std::string& origin() const { return origin_; }

  tlog::TreeHead head(std::uint64_t size) const {
    tlog::Frontier frontier;
    for (std::uint64_t i = 0; i < size; ++i)
      frontier.append(leaf(i));
    return {size, frontier.root()};
  }
  tlog::Note note(std::uint64_t size) const {
    tlog::Note out{tlog::Checkpoint{origin_, head(size)}.text(), {}};
    out.signatures.push_back(tlog::sign_note(out.text, key_, signing_).value());
    return out;
  }
  tlog::NodeReader nodes() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Sha256Digest> {
      tlog::Frontier frontier;
      for (std::uint64_t i = index << level; i < (index + 1) << level; ++i)
        frontier.append(leaf(i));
      return frontier.root();
    };
  }
  tlog::Proof proof(std::uint64_t from, std::uint64_t to) const {
    return from == 0 ? tlog::Proof() : tlog::prove_consistency(from, to, nodes()).value();
  }
  Sha256Digest leaf(std::uint64_t index) const {
    return tlog::leaf_hash((index >= fork_ ? "other " : "entry ") + std::to_string(index));
  }
  /// A right request to cosign.
  tlog::AddCheckpoint request(std::uint64_t from, std::uint64_t to) const { return {from, proof(from, to), note(to)}; }

 private:
  std::string origin_;
  std::uint64_t fork_;
  PrivateKey signing_;
  tlog::NoteKey key_;
};

}  // namespace kip::testing
