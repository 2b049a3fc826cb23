#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/evidence/trust_policy.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <signing/timestamp/development_authority.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

constexpr std::string_view kVendor = "[vendor]\ntenant = \"an-phat\"\nroot = \"1.root.json\"\n";
constexpr std::string_view kAuthority = "[[authority]]\nname = \"first\"\nca_file = \"first.pem\"\naccuracy_ms = 500\n";

class TrustPolicyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SystemRandom random;
    const PrivateKey key = PrivateKey::generate(KeyType::ecdsa_p256).value();
    const auto certificates =
        tsp::certify_development_authority(key, kip::testing::SimulatedClock("2026-03-01T12:00:00Z").now(), random)
            .value();
    ASSERT_THAT(replace_file(files, "/first.pem", certificates.ca, 0644), is_ok());
    ASSERT_THAT(replace_file(files, "/1.root.json", "the root", 0644), is_ok());
  }

  Result<TrustPolicy> read(const std::string& text) {
    EXPECT_THAT(replace_file(files, "/trust.toml", text, 0644), is_ok());
    return read_trust_policy(files, "/trust.toml");
  }
  static std::string vendor(std::string_view more = "") { return std::string(kVendor) + std::string(more); }
  static std::string witness(tlog::NoteSignatureType type) {
    const PublicKey key = PrivateKey::generate(KeyType::ed25519).value().public_key();
    return "[[witness]]\nkey = \"" + tlog::NoteKey::create("w.example", type, key).value().text() + "\"\n";
  }

  MemoryFileSystem files;
};

TEST_F(TrustPolicyTest, NamesTheVendorItsAuthoritiesAndItsWitnesses) {
  const auto policy = read(vendor("[stamps]\nquorum = 1\n[witnesses]\nquorum = 1\n") + std::string(kAuthority) +
                           witness(tlog::NoteSignatureType::cosignature));
  ASSERT_THAT(policy, is_ok());
  EXPECT_EQ(policy->tenant.str(), "an-phat");
  EXPECT_EQ(policy->root, "the root");
  ASSERT_EQ(policy->authorities.size(), 1U);
  EXPECT_EQ(policy->authorities.front().accuracy, std::chrono::milliseconds(500));
  EXPECT_EQ(policy->authorities.front().trust.roots.size(), 1U);
  EXPECT_EQ(policy->witnesses.front().name(), "w.example");
  EXPECT_EQ(policy->witness_quorum, 1U);
}

TEST_F(TrustPolicyTest, AsksForNoWitnessesByItself) {
  const auto policy = read(vendor() + std::string(kAuthority));
  ASSERT_THAT(policy, is_ok());
  EXPECT_EQ(policy->quorum, 1U);
  EXPECT_EQ(policy->witness_quorum, 0U);
}

TEST_F(TrustPolicyTest, WhatCouldNeverProveAnythingIsRefused) {
  EXPECT_THAT(read(vendor()), fails_with(ErrorCode::usage, "a quorum of 1 cannot be reached by 0 authorities"));
  EXPECT_THAT(read(vendor("[stamps]\nquorum = 2\n") + std::string(kAuthority)),
              fails_with(ErrorCode::usage, "a quorum of 2 cannot be reached by 1 authorities"));
  EXPECT_THAT(read(vendor("[witnesses]\nquorum = 1\n") + std::string(kAuthority)),
              fails_with(ErrorCode::usage, "by 0 witnesses"));
  EXPECT_THAT(read(vendor() + std::string(kAuthority) + witness(tlog::NoteSignatureType::ed25519)),
              fails_with(ErrorCode::usage, "does not make cosignatures"));
  EXPECT_THAT(read(vendor("[stamps]\nquorum = 0\n") + std::string(kAuthority)), fails_with(ErrorCode::malformed));
  EXPECT_THAT(read(std::string(kAuthority)), fails_with(ErrorCode::malformed, "vendor.tenant is missing"));
  EXPECT_THAT(read(vendor("quorums = 1\n") + std::string(kAuthority)), fails_with(ErrorCode::malformed, "quorums"));
}

TEST_F(TrustPolicyTest, FilesThatAreMissingAreNamed) {
  ASSERT_THAT(files.remove("/first.pem"), is_ok());
  EXPECT_THAT(read(vendor() + std::string(kAuthority)), fails_with(ErrorCode::not_found, "/first.pem"));
  ASSERT_THAT(files.remove("/1.root.json"), is_ok());
  EXPECT_THAT(read(vendor() + std::string(kAuthority)), fails_with(ErrorCode::not_found, "/1.root.json"));
}

}  // namespace
}  // namespace kip
