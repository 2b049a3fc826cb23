#include <filesystem>

#include <gtest/gtest.h>

#include <manifests/codec/json.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/log/merkle.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip::tlog {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

std::vector<Sha256Digest> leaves(std::uint64_t count) {
  std::vector<Sha256Digest> out;
  for (std::uint64_t i = 0; i < count; ++i)
    out.push_back(leaf_hash("entry " + std::to_string(i)));
  return out;
}

/// The definition of RFC 6962 section 2.1, word for word.
Sha256Digest tree_hash(const std::vector<Sha256Digest>& all, std::size_t begin, std::size_t end) {
  if (begin == end) return sha256("");
  if (end - begin == 1) return all[begin];
  std::size_t left = 1;
  while (2 * left < end - begin)
    left *= 2;
  return node_hash(tree_hash(all, begin, begin + left), tree_hash(all, begin + left, end));
}

NodeReader nodes_among(const std::vector<Sha256Digest>& all) {
  return [&all](unsigned level, std::uint64_t index) -> Result<Sha256Digest> {
    const std::size_t width = std::size_t{1} << level;
    if ((index + 1) * width > all.size()) return fail(ErrorCode::usage, "the tree has no such node");
    return tree_hash(all, index * width, (index + 1) * width);
  };
}

constexpr std::uint64_t kSizes = 40;

TEST(Merkle, HashesAreThoseOfTheRfc) {
  EXPECT_EQ(empty_root().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(leaf_hash("").hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(node_hash(leaf_hash(""), leaf_hash("")), sha256("\x01" + leaf_hash("").bytes() + leaf_hash("").bytes()));
}

TEST(Merkle, AFrontierTellsTheRootOfEverySize) {
  const auto all = leaves(kSizes);
  Frontier frontier;
  for (std::uint64_t size = 0; size <= kSizes; ++size) {
    EXPECT_EQ(frontier.root(), tree_hash(all, 0, size)) << size;
    EXPECT_EQ(compute_root(size, nodes_among(all)).value(), frontier.root()) << size;
    EXPECT_EQ(compute_frontier(size, nodes_among(all)).value(), frontier) << size;
    if (size < kSizes) frontier.append(all[size]);
  }
}

TEST(Merkle, AFrontierHasTheSubtreesOfItsSize) {
  EXPECT_THAT(Frontier::create(5, leaves(3)), fails_with(ErrorCode::malformed, "2 perfect subtrees"));
  EXPECT_THAT(Frontier::create(5, leaves(2)), is_ok());
}

TEST(Merkle, EveryInclusionIsProvenAndNothingElse) {
  const auto all = leaves(kSizes);
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    const Sha256Digest root = tree_hash(all, 0, size);
    for (std::uint64_t index = 0; index < size; ++index) {
      const Proof proof = prove_inclusion(index, size, nodes_among(all)).value();
      ASSERT_THAT(verify_inclusion(index, size, all[index], proof, root), is_ok()) << index << " of " << size;
      EXPECT_FALSE(verify_inclusion(index + 1, size, all[index], proof, root));
      EXPECT_FALSE(verify_inclusion(index, size, leaf_hash("other"), proof, root));
      Proof longer = proof;
      longer.push_back(root);
      EXPECT_FALSE(verify_inclusion(index, size, all[index], longer, root));
      if (proof.empty()) continue;
      Proof other = proof;
      other.back() = leaf_hash("other");
      EXPECT_FALSE(verify_inclusion(index, size, all[index], other, root));
      other.pop_back();
      EXPECT_FALSE(verify_inclusion(index, size, all[index], other, root));
    }
  }
  EXPECT_THAT(prove_inclusion(3, 3, nodes_among(all)), fails_with(ErrorCode::usage, "no leaf 3"));
}

TEST(Merkle, EveryExtensionIsProvenAndNothingElse) {
  const auto all = leaves(kSizes);
  for (std::uint64_t later = 1; later <= kSizes; ++later) {
    const TreeHead after{later, tree_hash(all, 0, later)};
    for (std::uint64_t earlier = 1; earlier <= later; ++earlier) {
      const TreeHead before{earlier, tree_hash(all, 0, earlier)};
      const Proof proof = prove_consistency(earlier, later, nodes_among(all)).value();
      ASSERT_THAT(verify_consistency(before, after, proof), is_ok()) << earlier << " to " << later;
      EXPECT_FALSE(verify_consistency({earlier, leaf_hash("other")}, after, proof));
      EXPECT_FALSE(verify_consistency(before, {later, leaf_hash("other")}, proof));
      EXPECT_EQ(verify_consistency(after, before, proof).has_value(), earlier == later);
      Proof longer = proof;
      longer.push_back(after.root);
      EXPECT_FALSE(verify_consistency(before, after, longer));
      if (proof.empty()) continue;
      Proof other = proof;
      other.front() = leaf_hash("other");
      EXPECT_FALSE(verify_consistency(before, after, other));
    }
  }
}

TEST(Merkle, NothingIsProvenAboutAnEmptyTree) {
  const auto all = leaves(2);
  EXPECT_FALSE(verify_consistency({}, {}, {}));
  EXPECT_FALSE(verify_consistency({}, {2, tree_hash(all, 0, 2)}, {}));
  EXPECT_FALSE(verify_inclusion(0, 0, all[0], {}, empty_root()));
  EXPECT_THAT(prove_consistency(0, 2, nodes_among(all)), fails_with(ErrorCode::usage));
  EXPECT_THAT(prove_consistency(2, 1, nodes_among(all)), fails_with(ErrorCode::usage));
}

TEST(Merkle, AProofIsAsLongAsTheSizeAsks) {
  const auto all = leaves(3);
  const Sha256Digest pair = node_hash(all[0], all[1]);
  ASSERT_THAT(verify_inclusion(0, 2, all[0], {all[1]}, pair), is_ok());
  EXPECT_FALSE(verify_inclusion(0, 4, all[0], {all[1]}, pair)) << "a head that tells another size than its tree has";
  const Sha256Digest four = node_hash(pair, all[2]);
  ASSERT_THAT(verify_consistency({2, pair}, {4, four}, {all[2]}), is_ok());
  EXPECT_FALSE(verify_consistency({2, pair}, {8, four}, {all[2]}));
}

TEST(Merkle, AProofAboutTheLargestTreeIsBounded) {
  const Proof proof(kMaxProof + 1, leaf_hash(""));
  EXPECT_FALSE(verify_inclusion(0, ~std::uint64_t{0}, leaf_hash(""), proof, leaf_hash("")));
  EXPECT_FALSE(verify_consistency({1, leaf_hash("")}, {~std::uint64_t{0}, leaf_hash("")}, proof));
}

// Public vectors: those that a person has beside the repository.

/// What has another length than a hash, which our type cannot hold, stands for a hash that nothing else of another
/// kind has.
Sha256Digest digest_of(const json::Value* value, const std::string& kind = "root") {
  const bool is_text = value != nullptr && value->as_text() != nullptr;
  const Bytes octets = is_text ? from_base64(*value->as_text()).value_or(Bytes()) : Bytes();
  const auto digest = Sha256Digest::from_bytes(octets);
  return digest ? *digest : sha256(kind + " of another length: " + octets);
}

Proof proof_of(const json::Value* value) {
  Proof out;
  if (value == nullptr || value->as_array() == nullptr) return out;
  for (const json::Value& item : *value->as_array())
    out.push_back(digest_of(&item, "node"));
  return out;
}

std::uint64_t number_of(const json::Value& value, const char* name) {
  return static_cast<std::uint64_t>(*value.find(name)->as_integer());
}

bool holds_inclusion(const json::Value& test) {
  return verify_inclusion(number_of(test, "leafIdx"), number_of(test, "treeSize"),
                          digest_of(test.find("leafHash"), "leaf"), proof_of(test.find("proof")),
                          digest_of(test.find("root")))
      .has_value();
}

bool holds_consistency(const json::Value& test) {
  return verify_consistency({number_of(test, "size1"), digest_of(test.find("root1"))},
                            {number_of(test, "size2"), digest_of(test.find("root2"))}, proof_of(test.find("proof")))
      .has_value();
}

int agree(const std::string& folder, bool (*holds)(const json::Value&)) {
  const std::filesystem::path root = std::string(KIP_VECTORS "/transparency-dev_merkle/testdata/") + folder;
  int count = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
    if (!file.is_regular_file()) continue;
    std::string text = kip::testing::read_file(file.path().string());
    // One less than nothing, which the strict reader of numbers does not take: as far from a place in the tree.
    if (const auto at = text.find("18446744073709551615"); at != std::string::npos)
      text.replace(at, 20, "9223372036854775807");
    const auto test = json::parse(text);
    EXPECT_THAT(test, is_ok()) << file.path();
    if (!test) continue;
    EXPECT_EQ(!holds(*test), *test->find("wantErr")->as_bool()) << file.path();
    ++count;
  }
  return count;
}

class MerkleVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(KIP_VECTORS "/transparency-dev_merkle")) GTEST_SKIP() << "no public test vectors";
  }
};

TEST_F(MerkleVectors, AgreeAboutInclusion) {
  EXPECT_GT(agree("inclusion", holds_inclusion), 90);
}
TEST_F(MerkleVectors, AgreeAboutConsistency) {
  EXPECT_GT(agree("consistency", holds_consistency), 90);
}

}  // namespace
}  // namespace kip::tlog
