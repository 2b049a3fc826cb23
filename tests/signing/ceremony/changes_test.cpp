#include <gmock/gmock.h>

#include "officers.hpp"

namespace kip {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::IsEmpty;

class Changes : public testing::Officers {};

TEST_F(Changes, HandingOverIsSignedByThoseWhoStayAndReachesClients) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  sign_all(an_);
  sign_all(chi_);
  ASSERT_THAT(publish(), is_ok());
  const Officer dung{"Dung"};
  const auto staged = change_keys(*folder_, {{}, {dung.half()}, {an_.signer.key_id}, {}}, now_);
  ASSERT_THAT(staged, is_ok());
  // The product's role was signed by An and Chi: by the new keys that is one of two.
  EXPECT_THAT(*staged, ElementsAre("root", "targets", "product-forms"));
  const auto shown = describe_staged(files_, *folder_, "root");
  EXPECT_THAT(shown->lines,
              Contains(AllOf(HasSubstr("root: 2 of 3 keys"), HasSubstr("NEW: Dung"), HasSubstr("NO LONGER: An"))));
  sign_all(binh_);
  sign_all(chi_);
  ASSERT_THAT(publish(), is_ok());
  auto client = refreshed();
  ASSERT_THAT(client, is_ok());
  EXPECT_THAT(client->find("forms/forms-1.0.kpk"), is_ok());
  EXPECT_THAT(add("1.1", "b"), is_ok());
  EXPECT_FALSE(*may_sign(*folder_, "product-forms", an_.signer.key_id));
  EXPECT_TRUE(*may_sign(*folder_, "product-forms", dung.signer.key_id));
}

TEST_F(Changes, WhoLeavesCannotDecideOnTheNewKeysAlone) {
  const Officer dung{"Dung"};
  ASSERT_THAT(change_keys(*folder_, {{}, {dung.half()}, {an_.signer.key_id}, {}}, now_), is_ok());
  sign_all(an_);
  sign_all(dung);
  EXPECT_THAT(publish(), fails_with(ErrorCode::signature, "root"));
}

TEST_F(Changes, AThresholdIsChangedForOneRoleOrForAll) {
  EXPECT_THAT(*change_keys(*folder_, {{"product-forms"}, {}, {}, 3}, now_), ElementsAre("targets", "product-forms"));
  const auto shown = describe_staged(files_, *folder_, "targets");
  EXPECT_THAT(shown->lines,
              Contains(AllOf(HasSubstr("product-forms: 3 of 3 keys"), HasSubstr("BEFORE: 2 signatures"))));
  sign_all(an_);
  sign_all(chi_);
  EXPECT_THAT(publish(), fails_with(ErrorCode::signature, "product-forms is signed by 2 of 3"));
  sign_all(binh_);
  EXPECT_THAT(publish(), is_ok());
  EXPECT_THAT(refreshed(), is_ok());
}

TEST_F(Changes, NobodyStagesKeysThatCouldNotSign) {
  EXPECT_THAT(change_keys(*folder_, {{}, {}, {}, 4}, now_), fails_with(ErrorCode::usage, "nobody could give"));
  EXPECT_THAT(change_keys(*folder_, {{}, {}, {}, 0}, now_), fails_with(ErrorCode::usage));
  EXPECT_THAT(change_keys(*folder_, {{}, {}, {an_.signer.key_id, binh_.signer.key_id}, {}}, now_),
              fails_with(ErrorCode::usage, "nobody could give"));
  EXPECT_THAT(change_keys(*folder_, {{}, {an_.half()}, {}, {}}, now_), fails_with(ErrorCode::usage, "An may sign"));
  EXPECT_THAT(change_keys(*folder_, {{}, {}, {std::string(64, '0')}, {}}, now_), fails_with(ErrorCode::usage));
  EXPECT_THAT(change_keys(*folder_, {{"nothing"}, {}, {}, 1}, now_), fails_with(ErrorCode::not_found));
  EXPECT_THAT(*signing_states(*folder_), IsEmpty());
}

TEST_F(Changes, ACompromisedOnlineKeyIsReplaced) {
  const Online stolen = online_;
  ASSERT_THAT(refreshed(), is_ok());
  online_ = Online();
  EXPECT_THAT(*replace_online_keys(*folder_, online_.halves(), now_), ElementsAre("root", "targets"));
  sign_all(binh_);
  sign_all(chi_);
  ASSERT_THAT(publish(), is_ok());
  ASSERT_THAT(refreshed(), is_ok());
  // The thief's next snapshot and timestamp are worth nothing to whoever has seen the new root.
  ASSERT_THAT(tuf::seal(current_, kRolloutsRole, {}, {stolen.timestamp, stolen.snapshot, stolen.rollouts}, {}, now_),
              fails_with(ErrorCode::conflict));
  OnlineKeys other = online_.halves();
  other.tenant = *TenantId::parse("other");
  EXPECT_THAT(replace_online_keys(*folder_, other, now_), fails_with(ErrorCode::usage, "other"));
}

TEST_F(Changes, OfficersAuthoriseTheKeysOfLogs) {
  const Signer checkpoint = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  const Signer entry = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  const auto log = [&](const std::string& origin) {
    const auto key =
        tlog::NoteKey::create(origin, tlog::NoteSignatureType::ed25519, checkpoint.key.public_key()).value();
    return LogAuthority{LogName::o, {key}, {Key::of(entry.key.public_key())}};
  };
  OnlineKeys keys = online_.halves();
  keys.logs = {log("x.vn/log/o")};
  EXPECT_THAT(*replace_online_keys(*folder_, keys, now_), ElementsAre("targets"));
  EXPECT_THAT(describe_staged(files_, *folder_, "targets")->lines,
              AllOf(Contains(HasSubstr("believes checkpoints of the log x.vn/log/o+")),
                    Contains(HasSubstr("believes entries of the log x.vn/log/o by key " + entry.key_id))));
  sign_all(an_);
  sign_all(binh_);
  ASSERT_THAT(publish(), is_ok());
  ASSERT_THAT(refreshed(), is_ok());
  EXPECT_THAT(*replace_online_keys(*folder_, keys, now_), ::testing::IsEmpty()) << "authorised already";
  keys.logs = {log("x.vn/log/o2")};
  EXPECT_THAT(*replace_online_keys(*folder_, keys, now_), ElementsAre("targets"));
  const auto lines = describe_staged(files_, *folder_, "targets")->lines;
  EXPECT_THAT(lines, Contains(HasSubstr("believes checkpoints of the log x.vn/log/o2+")));
  EXPECT_THAT(lines, ::testing::Not(Contains(HasSubstr("log/o+")))) << "that one is signed already";
  const tuf::Targets staged = tuf::read_targets(folder_->staged("targets")->value().body).value();
  EXPECT_EQ(parse_log_keys(staged.custom)->logs.size(), 2U) << "what was authorised stays";
}

TEST_F(Changes, AFurtherProductHasARoleOfItsOwn) {
  EXPECT_THAT(*add_product(*folder_, *ProductId::parse("program"), now_), ElementsAre("targets", "product-program"));
  EXPECT_THAT(add_product(*folder_, *ProductId::parse("program"), now_), fails_with(ErrorCode::conflict));
  sign_all(an_);
  sign_all(binh_);
  ASSERT_THAT(publish(), is_ok());
  auto client = refreshed();
  ASSERT_THAT(client, is_ok());
  EXPECT_THAT(client->delegated("product-program"), is_ok());
}

TEST_F(Changes, HashBinsHoldFilesThatAreNoReleases) {
  ASSERT_THAT(add_bins(*folder_, 32, now_), is_ok());
  const auto source = directory_.path() / "guide.pdf";
  ASSERT_THAT(replace_file(files_, source, "guide", 0644), is_ok());
  const auto staged = add_file(*folder_, "documents/guide v1.pdf", source, now_);
  ASSERT_THAT(staged, is_ok());
  ASSERT_EQ(staged->size(), 1U) << "one bin only";
  const auto shown = describe_staged(files_, *folder_, staged->front());
  EXPECT_THAT(shown->lines, Contains(HasSubstr("NEW documents/guide v1.pdf (5 B")));
  EXPECT_THAT(describe_staged(files_, *folder_, "targets")->lines, Contains(HasSubstr("32 bins")));
  sign_all(an_);
  sign_all(binh_);
  ASSERT_THAT(publish(), is_ok());
  auto client = refreshed();
  ASSERT_THAT(client, is_ok());
  const auto found = client->find("documents/guide v1.pdf");
  ASSERT_THAT(found, is_ok());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->role, staged->front());
  EXPECT_THAT(add_file(*folder_, "forms/x.pdf", source, now_), fails_with(ErrorCode::usage, "product-forms"));
  EXPECT_THAT(add_file(*folder_, "../x.pdf", source, now_), fails_with(ErrorCode::malformed));
  EXPECT_THAT(add_bins(*folder_, 32, now_), fails_with(ErrorCode::conflict));
}

TEST_F(Changes, ANumberOfBinsThatIsNoPowerOfTwoIsRefused) {
  for (const int count : {-1, 0, 1, 3, 100, 8192})
    EXPECT_THAT(add_bins(*folder_, count, now_), fails_with(ErrorCode::usage, "power of two")) << count;
}

TEST_F(Changes, EveryPathBelongsToExactlyOneBin) {
  for (const int count : {2, 16, 32, 512}) {
    tuf::Targets top;
    const auto other = directory_.path() / std::to_string(count);
    RepositoryFolder folder = *RepositoryFolder::create(
        files_, other, {online_.halves(), {an_.half()}, 1, {*ProductId::parse("forms")}, now_});
    ASSERT_THAT(add_bins(folder, count, now_), is_ok());
    top = *tuf::read_targets(folder.newest("targets")->body);
    std::set<std::string> used;
    for (int i = 0; i < 200; ++i) {
      const auto visits = top.delegates_for("documents/" + std::to_string(i));
      ASSERT_EQ(visits.size(), 1U) << count;
      used.insert(visits.front().role);
    }
    EXPECT_GT(used.size(), std::min<std::size_t>(static_cast<std::size_t>(count), 100) / 2) << count;
  }
}

TEST_F(Changes, RenewalStagesWhatExpiresSoonAndNothingElse) {
  EXPECT_THAT(*renew(*folder_, now_ + std::chrono::days(60), now_), IsEmpty());
  now_ += std::chrono::days(320);
  EXPECT_THAT(*renew(*folder_, now_ + std::chrono::days(60), now_), ElementsAre("root", "targets", "product-forms"));
  EXPECT_THAT(describe_staged(files_, *folder_, "root")->lines, Contains(HasSubstr("nothing but version and expiry")));
  sign_all(an_);
  sign_all(binh_);
  ASSERT_THAT(publish(), is_ok());
  now_ += std::chrono::days(10);
  EXPECT_THAT(refreshed(), is_ok());
  EXPECT_THAT(*renew(*folder_, now_ + std::chrono::days(60), now_), IsEmpty());
}

TEST_F(Changes, TheSameReleaseAgainStagesNothing) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  sign_all(an_);
  EXPECT_THAT(*add("1.0", "a"), IsEmpty());
  EXPECT_EQ(signing_states(*folder_)->front().signed_by, std::vector<std::string>{"An"}) << "and keeps signatures";
}

TEST_F(Changes, AReleaseThatIsSignedAnewIsShownAgainstItsPublishedForm) {
  Release release{*ProductId::parse("forms"), *Version::parse("1.0"), sha256("manifest"), {"A"}, {}, {}, {}, {}};
  const Release bare = release;
  release.floor = Version::parse("0.9").value();
  release.revoked = {{"0.8", "wrong"}};
  release.downgrade_from = {Version::parse("1.1").value()};
  release.force_after = now_;
  release.force_latest = now_;
  release.audience = {Label::parse("pilot").value()};
  release.acts = {"B"};
  release.notes = {{"vi", "x"}};
  EXPECT_THAT(
      describe_terms_change(bare, release),
      ElementsAre(HasSubstr("NARROWS: it is only for installs labelled pilot"), HasSubstr("OPENS: by force"),
                  HasSubstr("OPENS: a rollout may put that off until 2026"),
                  HasSubstr("NARROWS: the version below which no install may be taken is 0.9; so far none"),
                  HasSubstr("OPENS: a rollout may take installs of 1.1 back"), HasSubstr("NARROWS: it revokes 0.8"),
                  HasSubstr("CHANGES: the acts"), HasSubstr("CHANGES: its notes")));
  EXPECT_THAT(
      describe_terms_change(release, bare),
      ElementsAre(HasSubstr("OPENS: it is for all installs"), HasSubstr("NARROWS: by force from never on"),
                  HasSubstr("NARROWS: a rollout may put that off until whenever it likes"),
                  HasSubstr("OPENS: the version below which no install may be taken is none; so far 0.9"),
                  HasSubstr("NARROWS: a rollout may no longer take"), HasSubstr("OPENS: it no longer revokes 0.8"),
                  HasSubstr("CHANGES: the acts"), HasSubstr("CHANGES: its notes")));
}

TEST_F(Changes, NothingIsSignedThatWasChangedWhileItWasShown) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  const auto shown = describe_staged(files_, *folder_, "product-forms");
  ASSERT_THAT(add("1.1", "b"), is_ok());
  EXPECT_THAT(sign_staged(*folder_, "product-forms", shown->canonical, an_.signer),
              fails_with(ErrorCode::conflict, "nothing was signed"));
  EXPECT_THAT(signing_states(*folder_)->front().signed_by, IsEmpty());
}

TEST_F(Changes, ADamagedStagedDocumentIsNamed) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  ASSERT_THAT(replace_file(files_, folder_->path() / "staged/product-forms.json", "{", 0644), is_ok());
  EXPECT_THAT(add("1.1", "b"), fails_with(ErrorCode::malformed, "staged/product-forms.json"));
}

TEST_F(Changes, NoLineOfANoteCanPassForOneOfTheSummarys) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  tuf::Targets targets = *tuf::read_targets((*folder_->staged("product-forms"))->body);
  Release release = *parse_release(targets.targets.begin()->second.custom);
  release.notes["en"] = "fine\nproduct-forms version 9, valid until";
  targets.targets.begin()->second.custom = to_json(release);
  ASSERT_THAT(folder_->stage("product-forms", to_json(targets), {}), is_ok());
  EXPECT_THAT(describe_staged(files_, *folder_, "product-forms")->lines,
              Contains(HasSubstr("note [en] fine\n      | product-forms version 9")));
}

// --- the stick ---

class Courier : public testing::Officers {
 protected:
  std::filesystem::path stick(const std::string& name) const { return directory_.path() / name; }
};

TEST_F(Courier, TwoOfficersSignApartAndBothSignaturesComeBackInAnyOrder) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  sign_all(an_);
  sign_all(chi_);
  ASSERT_THAT(publish(), is_ok());
  ASSERT_THAT(add("1.1", "b"), is_ok());
  for (const char* name : {"first", "second"})
    ASSERT_THAT(export_staged(files_, *folder_, stick(name)), is_ok());
  RepositoryFolder first = *RepositoryFolder::open(files_, stick("first"));
  RepositoryFolder second = *RepositoryFolder::open(files_, stick("second"));
  EXPECT_EQ(describe_staged(files_, first, "product-forms")->lines,
            describe_staged(files_, *folder_, "product-forms")->lines);
  sign_all_in(first, binh_);
  sign_all_in(second, chi_);
  EXPECT_THAT(*import_signatures(*folder_, second), ElementsAre("Chi on product-forms"));
  EXPECT_THAT(publication_of(*folder_), fails_with(ErrorCode::signature));
  EXPECT_THAT(*import_signatures(*folder_, first), ElementsAre("Binh on product-forms"));
  EXPECT_THAT(*import_signatures(*folder_, first), IsEmpty());
  ASSERT_THAT(publish(), is_ok());
  EXPECT_THAT(refreshed()->find("forms/forms-1.1.kpk"), is_ok());
}

TEST_F(Courier, SignaturesOnSomethingElseAreNotTaken) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  ASSERT_THAT(export_staged(files_, *folder_, stick("s")), is_ok());
  RepositoryFolder away = *RepositoryFolder::open(files_, stick("s"));
  sign_all_in(away, binh_);
  ASSERT_THAT(add("1.1", "b"), is_ok());
  EXPECT_THAT(import_signatures(*folder_, away), fails_with(ErrorCode::conflict, "signed anew"));
  EXPECT_THAT(signing_states(*folder_)->front().signed_by, IsEmpty());
}

TEST_F(Courier, AForgedSignatureIsLeftBehind) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  ASSERT_THAT(export_staged(files_, *folder_, stick("s")), is_ok());
  RepositoryFolder away = *RepositoryFolder::open(files_, stick("s"));
  const auto document = away.staged("product-forms");
  ASSERT_THAT(away.stage("product-forms", (*document)->body, {{an_.signer.key_id, Bytes(64, 'x')}}), is_ok());
  EXPECT_THAT(*import_signatures(*folder_, away), IsEmpty());
  EXPECT_THAT(signing_states(*folder_)->front().signed_by, IsEmpty());
}

TEST_F(Courier, RefusesWhatCannotBeExportedOrBroughtBack) {
  EXPECT_THAT(export_staged(files_, *folder_, stick("s")), fails_with(ErrorCode::not_found, "nothing is staged"));
  ASSERT_THAT(add("1.0", "a"), is_ok());
  EXPECT_THAT(export_staged(files_, *folder_, folder_->path()), fails_with(ErrorCode::conflict));
  OnlineKeys other = online_.halves();
  other.tenant = *TenantId::parse("other");
  const RepositoryFolder stranger =
      *RepositoryFolder::create(files_, stick("other"), {other, {an_.half()}, 1, {*ProductId::parse("forms")}, now_});
  EXPECT_THAT(import_signatures(*folder_, stranger), fails_with(ErrorCode::usage, "of other"));
}

// --- drill ---

class Drill : public testing::Officers {
 protected:
  Result<std::vector<DrilledRole>> with(std::vector<const Officer*> officers) {
    std::vector<Signer> signers;
    for (const Officer* officer : officers)
      signers.push_back(officer->signer);
    testing::SeededRandom random;
    return drill(*folder_, signers, random);
  }
};

TEST_F(Drill, TwoOfThreeAreEnoughAndNeitherCouldBeAbsent) {
  const auto roles = with({&an_, &chi_});
  ASSERT_THAT(roles, is_ok());
  ASSERT_EQ(roles->size(), 3U);
  for (const DrilledRole& role : *roles) {
    EXPECT_TRUE(role.enough()) << role.role;
    EXPECT_THAT(role.absent, ElementsAre("Binh"));
    EXPECT_THAT(role.needed, ElementsAre("An", "Chi"));
  }
}

TEST_F(Drill, OfAllThreeAnyOneCouldBeAbsent) {
  const auto roles = with({&an_, &binh_, &chi_});
  ASSERT_THAT(roles, is_ok());
  for (const DrilledRole& role : *roles)
    EXPECT_THAT(role.needed, IsEmpty()) << role.role;
}

TEST_F(Drill, OneIsNotEnough) {
  const auto roles = with({&binh_});
  ASSERT_THAT(roles, is_ok());
  for (const DrilledRole& role : *roles)
    EXPECT_FALSE(role.enough()) << role.role;
}

TEST_F(Drill, ABackupOfAnotherKeyIsNoOfficers) {
  const Officer stranger{"Dung"};
  EXPECT_THAT(with({&an_, &stranger}), fails_with(ErrorCode::denied, "old backup"));
}

TEST_F(Drill, SignsNothingOfTheRepository) {
  ASSERT_THAT(add("1.0", "a"), is_ok());
  ASSERT_THAT(with({&an_, &chi_}), is_ok());
  EXPECT_THAT(signing_states(*folder_)->front().signed_by, IsEmpty());
}

}  // namespace
}  // namespace kip
