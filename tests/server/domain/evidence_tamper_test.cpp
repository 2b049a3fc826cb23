// What a vendor can do who has its own entry key and signs a changed bundle anew. The keys of officers, installs and
// authorities are not the vendor's to use.

#include <signing/crypto/sha256.hpp>
#include <signing/evidence/log_events.hpp>

#include "evidence_world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

const TaxCode kCustomer = TaxCode::parse("0101243150").value();

class ResealedBundle : public KeptPromise {
 protected:
  /// What is said of a bundle that was changed and signed anew.
  std::string wrong_with(EvidenceFiles files) { return wrong(check(resealed(std::move(files)))); }
  std::string wrong_with_file(EvidenceFiles files, const std::string& name, BytesView content = "x") {
    files[name] = Bytes(content);
    return wrong_with(std::move(files));
  }
  EvidenceFiles with_index(EvidenceFiles files, const std::function<void(EvidenceIndex&)>& change) {
    EvidenceIndex index = parse_evidence_index(files["bundle.json"]).value();
    change(index);
    files["bundle.json"] = json::to_compact(to_json(index));
    return files;
  }
};

TEST_F(ResealedBundle, NoFileCanBeChanged) {
  for (const EvidenceScope& scope : {EvidenceScope{}, EvidenceScope{.obligation = 1}, EvidenceScope{{}, kCustomer}}) {
    const EvidenceFiles whole = bundle(scope);
    for (const auto& [name, content] : whole) {
      if (name.starts_with(kSumsFile)) continue;
      EXPECT_NE(wrong_with_file(whole, name, content + "x"), "") << name;
    }
  }
}

TEST_F(ResealedBundle, WhatIsReadOfItSaysNoMore) {
  const EvidenceFiles whole = bundle();
  for (const char* name : {"bundle.json", "claims/authorities.json"}) {
    Bytes more = whole.at(name);
    more.replace(more.size() - 1, 1, R"(,"verdict":"MET"})");
    EXPECT_THAT(wrong_with_file(whole, name, more), HasSubstr(name));
  }
}

TEST_F(ResealedBundle, NoFileCanBeLeftOutSilently) {
  for (const EvidenceScope& scope : {EvidenceScope{}, EvidenceScope{.obligation = 1}, EvidenceScope{{}, kCustomer}}) {
    const EvidenceFiles whole = bundle(scope);
    for (const auto& [name, content] : whole) {
      if (name.starts_with(kSumsFile)) continue;
      EvidenceFiles files = whole;
      files.erase(name);
      EXPECT_NE(wrong_with(std::move(files)), "") << name;
    }
  }
}

TEST_F(ResealedBundle, NoFileCanBeAddedForWhichTheFormatHasNoPlace) {
  const EvidenceFiles whole = bundle();
  const std::string junk = sha256("x").hex();
  for (const std::string& name : {std::string("more.txt"),
                                  std::string("00-SUMMARY.txt.old"),
                                  std::string("claims/more.txt"),
                                  std::string("log/o/entries/99999999"),
                                  std::string("log/o/entries/0000000x"),
                                  std::string("log/o/growth"),
                                  std::string("log/o/cosigned/99999999"),
                                  std::string("log/o9/checkpoint"),
                                  std::string("log/r/checkpoint"),
                                  std::string("log/r/entries/00000000"),
                                  std::string("events/o/99999999"),
                                  std::string("events/o/00000000.proof"),
                                  std::string("events/r/99999999.proof"),
                                  std::string("events/r/99999999"),
                                  std::string("events/p/00000000"),
                                  "metadata/" + junk + ".json",
                                  "packages/" + junk + ".json",
                                  std::string("packages/more.json"),
                                  "revocation/" + junk + "/00000001.crl",
                                  std::string("revocation/more.crl"),
                                  std::string("certificates/0101243150.vi.html")}) {
    EXPECT_THAT(wrong_with_file(whole, name), HasSubstr(name));
  }
  const Bytes& root = whole.at("metadata/root/00000001.json");
  EXPECT_THAT(wrong_with_file(whole, "metadata/root/1.json", root), HasSubstr("metadata/root/1.json"));
  EXPECT_THAT(wrong_with_file(whole, "metadata/root/00000009.json", root), HasSubstr("metadata/root/00000009.json"));
}

TEST_F(ResealedBundle, AnEventThatIsAProofOfAnotherNumberIsNoticed) {
  EvidenceFiles files = bundle();
  const auto event = files.lower_bound("events/r/");
  const Bytes content = event->second;
  files["events/r/0000000000"] = content;
  EXPECT_THAT(wrong_with(std::move(files)), HasSubstr("events/r/0000000000"));
}

TEST_F(ResealedBundle, AManifestThatIsNotShownIsSaidToBeMissing) {
  // The world's releases have no packages behind them.
  const EvidenceReport report = check(bundle({.customer = kCustomer}));
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(report.not_proven, Contains(AllOf(Field(&NotProven::gap, Gap::package_contents),
                                                Field(&NotProven::shown, 1U), Field(&NotProven::total, 1U))));
}

TEST_F(ResealedBundle, OfEverythingNothingCanBeTakenOutOfSight) {
  const EvidenceFiles whole = bundle();
  EXPECT_NE(wrong_with(with_index(whole, [](EvidenceIndex& index) { index.obligations = {1}; })), "");
  EXPECT_THAT(wrong_with(with_index(bundle({.customer = kCustomer}),
                                    [](EvidenceIndex& index) { index.obligations.erase(index.obligations.begin()); })),
              HasSubstr("obligation 1"));
  EXPECT_THAT(wrong_with(with_index(bundle({.obligation = 1}), [](EvidenceIndex& index) { index.customers.clear(); })),
              HasSubstr("customer 0101243150 is not judged"));
  EXPECT_THAT(wrong_with(with_index(whole,
                                    [](EvidenceIndex& index) {
                                      index.about = EvidenceAbout::obligation;
                                      index.obligations = {1};
                                    })),
              HasSubstr("customer 0101243150 is not judged"));
}

TEST_F(ResealedBundle, AnAuthorityOfTheVendorsOwnIsNotTakenForOneThatIsBelieved) {
  // The pages as they are by a server that believes whomever it likes, under a name that is believed.
  AuthorityHttp own(true_clock, world.random);
  EvidenceExport forger({*world.store, *world.repository, world.recorder, world.board, world.logs, world.entry.key},
                        {own.authority("A")});
  EXPECT_THAT(wrong(check(forger.make({}).value())), HasSubstr("by your policy it is"))
      << "it can claim nothing by stamps that are not there";
  EvidenceExport both({*world.store, *world.repository, world.recorder, world.board, world.logs, world.entry.key},
                      {http.authority("A"), own.authority("B")});
  EvidenceFiles files = both.make({}).value();
  TrustPolicy only_own = policy();
  EvidenceReport report = check(files, only_own);
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(report.not_proven, Not(Contains(Field(&NotProven::gap, Gap::vendors_authorities))))
      << "the other one has stamped nothing";
  AuthorityHttp nobody(true_clock, world.random);
  only_own.authorities = {nobody.authority("A")};
  report = check(files, only_own);
  EXPECT_THAT(report.not_proven, Contains(Field(&NotProven::gap, Gap::vendors_authorities)));
}

TEST_F(ResealedBundle, ALogCannotBeLeftOutWhole) {
  for (const EvidenceScope& scope : {EvidenceScope{}, EvidenceScope{.obligation = 1}, EvidenceScope{{}, kCustomer}}) {
    EvidenceFiles files = with_index(bundle(scope), [](EvidenceIndex& index) {
      std::erase_if(index.logs, [](const LoggedSpan& span) { return span.life.log == LogName::r; });
      if (index.about == EvidenceAbout::obligation) index.customers.clear();
    });
    std::erase_if(files, [](const auto& file) {
      return file.first.starts_with("events/r/") || file.first.starts_with("log/r/");
    });
    EXPECT_THAT(wrong_with(std::move(files)), HasSubstr("of which O has heads, is not in the bundle"));
  }
}

TEST_F(ResealedBundle, AnEarlierLifeOfTheLogsCannotBeLeftOutWithItsObligations) {
  ASSERT_THAT(world.logs.restart("server", "the disk was lost", {}), is_ok());
  authorise_new_logs();
  register_another_act();
  stamp();
  const EvidenceFiles whole = bundle();
  EXPECT_EQ(wrong(check(whole)), "");
  EvidenceFiles files = with_index(whole, [](EvidenceIndex& index) {
    std::erase_if(index.logs, [](const LoggedSpan& span) { return span.life.number == 1; });
  });
  std::erase_if(files, [](const auto& file) {
    return file.first.starts_with("log/o/") || file.first.starts_with("log/r/") ||
           file.first.starts_with("events/o/") || file.first.starts_with("events/r/");
  });
  EXPECT_THAT(wrong_with(std::move(files)), HasSubstr("the obligations before number"));
}

TEST_F(ResealedBundle, WhatWasSaidOfAnActCannotBeLeftOut) {
  EvidenceFiles files = bundle({.obligation = 1});
  std::erase_if(files, [](const auto& file) { return file.first.starts_with("events/o/"); });
  EXPECT_THAT(wrong_with(std::move(files)), HasSubstr("does not show all that was said of BTC:99/2025/TT-BTC:2025"));
}

TEST_F(ResealedBundle, AnAuthorityThatHidesBehindAKnownRootIsTold) {
  // Its own root beside one that is believed, under one name.
  AuthorityHttp own(true_clock, world.random);
  tsp::Authority mixed = http.authority("A");
  mixed.trust.roots.push_back(own.authority("A").trust.roots.front());
  const auto outcome = [&] {
    const Bytes checkpoint = world.logs.published(LogName::o)->text;
    return std::pair(checkpoint,
                     tsp::AuthorityClient(own, world.clock)
                         .ask(own.authority("A"), tsp::make_request(sha256(checkpoint), world.random).value()));
  }();
  const auto* stamped = std::get_if<tsp::Stamped>(&outcome.second);
  ASSERT_NE(stamped, nullptr);
  record(event_type::kTimestampRecorded,
         timestamp_recorded_body({outcome.first, "A", stamped->bytes, std::chrono::seconds(1), false}));
  stamp();
  EvidenceExport forger({*world.store, *world.repository, world.recorder, world.board, world.logs, world.entry.key},
                        {mixed});
  const EvidenceReport report = check(forger.make({}).value());
  EXPECT_THAT(report.not_proven,
              Contains(AllOf(Field(&NotProven::gap, Gap::vendors_authorities), Field(&NotProven::shown, 1U))));
}

TEST_F(ResealedBundle, TheServerIsTheOneOfTheEntries) {
  EXPECT_THAT(wrong_with(with_index(bundle(),
                                    [](EvidenceIndex& index) { index.origin = "https://tax-authority.gov.example"; })),
              HasSubstr("no entry of O is of https://tax-authority.gov.example"));
  EXPECT_THAT(wrong_with(with_index(bundle(), [](EvidenceIndex& index) { index.origin += "\x1b[2J"; })),
              HasSubstr("is no address"));
}

TEST_F(ResealedBundle, AForkThatTheLogItselfHasSignedIsNoticed) {
  EvidenceFiles files = bundle();
  const LogLife life = parse_evidence_index(files["bundle.json"])->logs.front().life;
  const auto sign = [&](const tlog::TreeHead& head) {
    tlog::Note note{tlog::Checkpoint{life.origin, head}.text(), {}};
    const auto key = signing_keys(world.log_keeping, life).value().front();
    note.signatures.push_back(tlog::sign_note(note.text, key.key, key.signing).value());
    return note.bytes();
  };
  files["log/o/cosigned/00000003"] = sign({3, sha256("another tree")});
  EXPECT_THAT(wrong_with(std::move(files)), HasSubstr("two histories were shown"));
}

TEST_F(ResealedBundle, ACustomerWhoIsNotShownIsNotSaidToBeJudged) {
  EXPECT_THAT(
      wrong_with(with_index(bundle({.obligation = 1}),
                            [](EvidenceIndex& index) { index.customers.push_back(TaxCode::parse("999").value()); })),
      HasSubstr("does not show the customer 999"));
}

TEST_F(ResealedBundle, ThePagesSayWhomTheirMakerBelieves) {
  EXPECT_THAT(bundle().at("00-SUMMARY.txt"), HasSubstr("\"A\""));
}

}  // namespace
}  // namespace kip::server::testing
