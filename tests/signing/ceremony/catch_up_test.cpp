#include <signing/ceremony/catch_up.hpp>

#include "officers.hpp"

namespace kip {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::is_ok;
using ::testing::IsEmpty;

/// The folder's neighbour: a copy in which somebody else works.
class CatchUp : public testing::Officers {
 protected:
  void both_sign() {
    sign_all(an_);
    sign_all(chi_);
  }
  /// The server takes what is staged in; the folder does not hear of it.
  Result<void> approve() {
    KIP_TRY(const tuf::Publication publication, publication_of(*folder_));
    KIP_TRY(tuf::Accepted accepted, tuf::accept(current_, publication, kRolloutsRole, now_));
    current_ = std::move(accepted.files);
    roots_.insert(roots_.end(), publication.roots.begin(), publication.roots.end());
    return {};
  }
  tuf::Publication on_server() {
    tuf::Publication out{{*current_.root}, current_.targets, current_.delegated};
    if (!roots_.empty()) out.roots = roots_;
    out.delegated.erase(std::string(kRolloutsRole));
    return out;
  }
  Result<CaughtUp> fetch() { return catch_up(*folder_, on_server(), now_); }
  std::int64_t staged_version(const std::string& role) { return version_of(**folder_->staged(role)); }

  std::vector<Bytes> roots_;
};

TEST_F(CatchUp, AnApprovalThatNobodyNotedIsNoted) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  both_sign();
  ASSERT_THAT(approve(), is_ok());
  const auto done = fetch();
  ASSERT_THAT(done, is_ok());
  EXPECT_THAT(done->settled, ElementsAre("product-forms"));
  EXPECT_THAT(*signing_states(*folder_), IsEmpty());
  EXPECT_EQ(version_of(**folder_->published("product-forms")), 2);
  EXPECT_THAT(fetch()->taken, IsEmpty()) << "a second time there is nothing new";
}

TEST_F(CatchUp, WhatWasStagedOnTopIsStagedAboveWhatIsPublished) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  both_sign();
  ASSERT_THAT(approve(), is_ok());
  ASSERT_THAT(add("1.1", "b"), is_ok());
  both_sign();
  ASSERT_THAT(approve(), fails_with(ErrorCode::conflict, "kip repo fetch"));
  const auto done = fetch();
  ASSERT_THAT(done, is_ok());
  EXPECT_THAT(done->restaged, ElementsAre("product-forms"));
  EXPECT_EQ(staged_version("product-forms"), 3);
  EXPECT_THAT(signing_states(*folder_)->front().signed_by, IsEmpty()) << "what was signed had another number";
  both_sign();
  ASSERT_THAT(approve(), is_ok());
  EXPECT_THAT(fetch()->settled, ElementsAre("product-forms"));
}

TEST_F(CatchUp, WhatARestoredServerHasLostComesBackWithoutNewSignatures) {
  const tuf::RepositoryFiles backup = current_;
  ASSERT_THAT(add("1.0", "a"), is_ok());
  both_sign();
  ASSERT_THAT(approve(), is_ok());
  ASSERT_THAT(fetch(), is_ok());
  EXPECT_THAT(lost_by(*folder_, on_server())->delegated, IsEmpty());
  current_ = backup;
  EXPECT_THAT(fetch(), fails_with(ErrorCode::rollback, "kip publish"));
  const auto lost = lost_by(*folder_, on_server());
  ASSERT_THAT(lost, is_ok());
  EXPECT_THAT(lost->roots, IsEmpty());
  EXPECT_FALSE(lost->targets);
  const auto accepted = tuf::accept(current_, *lost, kRolloutsRole, now_);
  ASSERT_THAT(accepted, is_ok());
  current_ = accepted->files;
  EXPECT_THAT(lost_by(*folder_, on_server())->delegated, IsEmpty());
}

TEST_F(CatchUp, NobodysReleaseIsLostByWhatWasStagedBeside) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  both_sign();
  ASSERT_THAT(approve(), is_ok());
  ASSERT_THAT(unstage(*folder_), is_ok());
  ASSERT_THAT(add("2.0", "b"), is_ok());  // by somebody who has not heard of 1.0
  EXPECT_THAT(fetch(), fails_with(ErrorCode::conflict, "kip repo unstage"));
  EXPECT_EQ(version_of(**folder_->published("product-forms")), 1) << "nothing changes on errors";
  EXPECT_THAT(*unstage(*folder_), ElementsAre("product-forms"));
  ASSERT_THAT(fetch(), is_ok());
  ASSERT_THAT(add("2.0", "b"), is_ok());
  EXPECT_EQ(staged_version("product-forms"), 3);
}

TEST_F(CatchUp, ASignatureThatCameLaterChangesNothing) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  both_sign();
  ASSERT_THAT(approve(), is_ok());
  sign_all(binh_);
  EXPECT_THAT(fetch()->settled, ElementsAre("product-forms"));
}

TEST_F(CatchUp, KeysComeWithTheRootsThatNameThem) {
  Officer dung{"Dung"};
  ASSERT_THAT(change_keys(*folder_, {{}, {dung.half()}, {an_.signer.key_id}, {}}, now_), is_ok());
  sign_all(binh_);
  sign_all(chi_);
  ASSERT_THAT(approve(), is_ok());
  ASSERT_THAT(unstage(*folder_), is_ok());
  EXPECT_THAT(fetch()->taken, ElementsAre("root", "targets", "product-forms"));
  EXPECT_TRUE(*may_sign(*folder_, "product-forms", dung.signer.key_id));
}

TEST_F(CatchUp, ExpiryDoesNotKeepAnybodyFromRenewing) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  both_sign();
  ASSERT_THAT(approve(), is_ok());
  now_ += std::chrono::days(3000);
  EXPECT_THAT(fetch(), is_ok());
}

TEST_F(CatchUp, AServersWordAloneIsWorthNothing) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  sign_all(an_);
  const auto staged = folder_->staged("product-forms").value().value();
  tuf::Publication alone = on_server();
  alone.delegated["product-forms"] = tuf::to_bytes(staged.body, staged.signatures);
  EXPECT_THAT(catch_up(*folder_, alone, now_), fails_with(ErrorCode::signature));
  both_sign();
  const tuf::Publication before = on_server();
  ASSERT_THAT(publish(), is_ok());
  EXPECT_THAT(catch_up(*folder_, before, now_), fails_with(ErrorCode::rollback, "restored from a backup"));
}

TEST_F(CatchUp, ARepositoryThatNobodyPublishedFollowsItsOwnRootOnly) {
  const auto make = [&](const char* name) {
    return *RepositoryFolder::create(
        files_, directory_.path() / name,
        {online_.halves(), {an_.half(), binh_.half(), chi_.half()}, 2, {*ProductId::parse("forms")}, now_});
  };
  RepositoryFolder fresh = make("fresh");
  EXPECT_THAT(unstage(fresh), fails_with(ErrorCode::conflict, "kip repo init"));
  EXPECT_THAT(catch_up(fresh, on_server(), now_), is_ok()) << "made just so, it is the same repository";
  now_ += std::chrono::hours(1);
  RepositoryFolder other = make("other");
  EXPECT_THAT(catch_up(other, on_server(), now_), fails_with(ErrorCode::conflict, "two repositories"));
}

}  // namespace
}  // namespace kip
