// Receipts that travel as a file, and what comes back.
#include <client-updater/update/receipt_files.hpp>
#include <manifests/model/receipt_file.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/atomic_file.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;

constexpr const char* kOut = "/receipts.json";
constexpr const char* kBack = "/acknowledgements.json";

class ReceiptFiles : public ::testing::Test {
 protected:
  ReceiptFiles() : world_(world_with_old_forms()) {
    world_->vendor.release("1.1", kNewForms);
    world_->vendor.receipts_down = true;
    KIP_CHECK(world_->update()->installed);
  }

  Result<ExportResult> export_to(const char* file = kOut) {
    KIP_TRY(Install install, world_->open());
    return export_receipts(install, file);
  }
  Result<AcknowledgeResult> acknowledge() {
    KIP_TRY(Install install, world_->open());
    return take_acknowledgements(install, kBack);
  }
  Bytes read(const char* file) { return read_file(world_->files, file, 8U << 20U).value(); }
  void put(const char* file, const Bytes& bytes) {
    ASSERT_THAT(replace_file(world_->files, file, bytes, 0644), is_ok());
  }

  std::unique_ptr<World> world_;
};

TEST_F(ReceiptFiles, GoOutAndComeBackAcknowledged) {
  const auto exported = export_to();
  ASSERT_THAT(exported, is_ok());
  EXPECT_EQ(exported->exported, 4);
  EXPECT_EQ(world_->store.counts()->pending, 4) << "they wait for the answer";
  put(kBack, world_->vendor.answer_file(read(kOut)));
  EXPECT_THAT(world_->vendor.reported("1.1"), ElementsAre("downloaded", "verified", "applying", "installed"));
  const auto taken = acknowledge();
  ASSERT_THAT(taken, is_ok());
  EXPECT_EQ(taken->acknowledged, 4);
  EXPECT_EQ(taken->kept, 0);
  EXPECT_THAT(export_to(), fails_with(ErrorCode::not_found, "nothing to report"));
}

TEST_F(ReceiptFiles, AnAnswerThatComesTwiceDoublesNothing) {
  ASSERT_THAT(export_to(), is_ok());
  const Bytes answer = world_->vendor.answer_file(read(kOut));
  EXPECT_EQ(world_->vendor.answer_file(read(kOut)), answer);
  put(kBack, answer);
  ASSERT_THAT(acknowledge(), is_ok());
  const auto again = acknowledge();
  ASSERT_THAT(again, is_ok());
  EXPECT_EQ(again->acknowledged, 0);
  EXPECT_EQ(again->known, 4);
}

TEST_F(ReceiptFiles, WhatWasDeliveredMeanwhileIsKnown) {
  ASSERT_THAT(export_to(), is_ok());
  put(kBack, world_->vendor.answer_file(read(kOut)));
  world_->vendor.receipts_down = false;
  ASSERT_EQ(world_->deliver()->kept, 0);
  EXPECT_EQ(acknowledge()->known, 4);
}

TEST_F(ReceiptFiles, OnlyTheServersKeyIsBelieved) {
  ASSERT_THAT(export_to(), is_ok());
  world_->vendor.other_log_key = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  put(kBack, world_->vendor.answer_file(read(kOut)));
  EXPECT_THAT(acknowledge(), fails_with(ErrorCode::signature));
  EXPECT_EQ(world_->store.counts()->pending, 4);
}

TEST_F(ReceiptFiles, AnAnswerAboutOtherBytesIsRefused) {
  ASSERT_THAT(export_to(), is_ok());
  world_->vendor.forge = [](Acknowledgement& said) { said.receipts[1].receipt = sha256("another receipt"); };
  put(kBack, world_->vendor.answer_file(read(kOut)));
  EXPECT_THAT(acknowledge(), fails_with(ErrorCode::integrity, "other bytes"));
  EXPECT_EQ(world_->store.counts()->pending, 4);
}

TEST_F(ReceiptFiles, WhatAnAnswerLeavesOutStillWaits) {
  ASSERT_THAT(export_to(), is_ok());
  world_->vendor.forge = [](Acknowledgement& said) { said.receipts.erase(said.receipts.begin() + 1); };
  put(kBack, world_->vendor.answer_file(read(kOut)));
  const auto taken = acknowledge();
  ASSERT_THAT(taken, is_ok());
  EXPECT_EQ(taken->acknowledged, 3);
  EXPECT_EQ(taken->kept, 1);
}

TEST_F(ReceiptFiles, AnAnswerThatAddsAReceiptIsRefusedAsAWhole) {
  ASSERT_THAT(export_to(), is_ok());
  world_->vendor.forge = [](Acknowledgement& said) {
    said.receipts.push_back(said.receipts.back());
    said.receipts.back().sequence += 7;
    said.receipts.back().receipt = sha256("another receipt");
  };
  put(kBack, world_->vendor.answer_file(read(kOut)));
  EXPECT_THAT(acknowledge(), fails_with(ErrorCode::integrity, "not of this chain"));
  EXPECT_EQ(world_->store.counts()->pending, 4);
}

TEST_F(ReceiptFiles, AnAnswerForAnotherInstallIsRefused) {
  ASSERT_THAT(export_to(), is_ok());
  ReceiptFile answer =
      parse_receipt_file(world_->vendor.answer_file(read(kOut)), ReceiptFileKind::acknowledgements).value();
  answer.install = InstallId::parse("01JD0000000000000000000002").value();
  put(kBack, to_bytes(answer, ReceiptFileKind::acknowledgements));
  EXPECT_THAT(acknowledge(), fails_with(ErrorCode::conflict, "01JD0000000000000000000002"));
  put(kBack, read(kOut));
  EXPECT_THAT(acknowledge(), fails_with(ErrorCode::malformed)) << "these are receipts";
}

TEST_F(ReceiptFiles, TakeThePlaceOfNothingElse) {
  put(kOut, "a letter");
  EXPECT_THAT(export_to(), fails_with(ErrorCode::conflict, "choose another name"));
  EXPECT_EQ(read(kOut), "a letter");
  ASSERT_THAT(export_to("/first.json"), is_ok());
  EXPECT_THAT(export_to("/first.json"), is_ok()) << "an earlier one of its own may go";
}

}  // namespace
}  // namespace kip::updater
