#include <manifests/model/act_events.hpp>
#include <server/domain/erasure.hpp>
#include <server/domain/evidence_export.hpp>
#include <server/domain/stamping.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/certificate.hpp>
#include <signing/evidence/evidence_pages.hpp>
#include <signing/evidence/install_events.hpp>
#include <signing/evidence/log_events.hpp>
#include <signing/evidence/open_log.hpp>
#include <signing/evidence/private_log.hpp>
#include <signing/evidence/receipts_recorded.hpp>
#include <signing/log/tile.hpp>
#include <signing/storage/atomic_file.hpp>
#include <testing/files.hpp>

#include "evidence_world.hpp"

namespace kip::server::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view kDay3 = "2025-10-30T02:00:00Z";
constexpr std::string_view kAfterDue = "2025-11-05T02:00:00Z";  ///< the limit is 2025-11-03T17:00:00Z

TEST_F(KeptPromise, IsProvenToWhoeverBelievesTheAuthority) {
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_TRUE(report.holds());
  EXPECT_EQ(verdict(report, "1 published"), "MET");
  EXPECT_EQ(verdict(report, "2/0101243150 customer"), "MET");
  EXPECT_EQ(verdict(report, "2/0101243150 installed"), "MET");
  EXPECT_EQ(report.cases.at(0).deadline->due, parse_instant("2025-11-03T17:00:00Z").value());
  EXPECT_THAT(report.not_proven, Contains(NotProven{Gap::development_authority}));
  EXPECT_THAT(report.wrong_claims, IsEmpty());
}

TEST_F(KeptPromise, TheReportIsAsItsSchemaSays) {
  const json::Value schema =
      json::parse(kip::testing::read_file(KIP_SAMPLES "/../schemas/evidence-report.schema.json")).value();
  const json::Value report = to_json(check(bundle()));
  const auto names = [](const json::Value& object) {
    std::set<std::string> out;
    for (const auto& [name, member] : *object.as_object())
      out.insert(name);
    return out;
  };
  const json::Value& properties = *schema.find("properties");
  EXPECT_EQ(names(report), names(properties));
  for (const char* list : {"steps", "judgements", "stamps"}) {
    std::set<std::string> named = names(*properties.find(list)->find("items")->find("properties"));
    named.erase("not_revoked_as_of");  // nobody issues statements about a development authority
    ASSERT_FALSE(report.find(list)->as_array()->empty()) << list;
    EXPECT_EQ(names(report.find(list)->as_array()->front()), named) << list;
  }
}

TEST_F(KeptPromise, OneObligationOrOneCustomerIsEnough) {
  const EvidenceReport one = check(bundle({.obligation = 1}));
  EXPECT_EQ(wrong(one), "");
  EXPECT_EQ(verdict(one, "1/0101243150 installed"), "MET");
  EXPECT_EQ(verdict(one, "2 published"), "") << "it was not asked for";
  const EvidenceReport customer = check(bundle({.customer = TaxCode::parse("0101243150").value()}));
  EXPECT_EQ(wrong(customer), "");
  EXPECT_EQ(verdict(customer, "1/0101243150 published"), "MET");
  EXPECT_THAT(exporter().make({.obligation = 99}), fails_with(ErrorCode::not_found, "99"));
  EXPECT_THAT(exporter().make({.customer = TaxCode::parse("999").value()}), fails_with(ErrorCode::not_found, "999"));
}

TEST_F(KeptPromise, ACertificateSaysWhatFollowsInFourLanguages) {
  EXPECT_TRUE(has_all_evidence_words());
  const EvidenceFiles files = bundle({.customer = TaxCode::parse("0101243150").value()});
  const EvidenceReport report = check(files);
  for (const Language language : kLanguages) {
    const auto page = make_certificate(report, {TaxCode::parse("0101243150").value(), language}, world.calendars);
    ASSERT_THAT(page, is_ok());
    EXPECT_EQ(*page, files.at("certificates/0101243150." + std::string(to_string(language)) + ".html"))
        << "the auditor believes what the server believes";
    EXPECT_THAT(*page, AllOf(HasSubstr("Minh Anh"), HasSubstr("PC-1"), HasSubstr("PC-2"), HasSubstr("99/2025/TT-BTC"),
                             HasSubstr("2025-11-04T00:00:00 (UTC+07:00)"), Not(HasSubstr("<script"))));
    EXPECT_THAT(*page, HasSubstr(EvidenceWords(language).verdict(Verdict::met)));
    EXPECT_THAT(*page, HasSubstr(EvidenceWords(language)("not-independent")));
  }
  EXPECT_THAT(make_certificate(report, {TaxCode::parse("999").value(), Language::en}, world.calendars),
              fails_with(ErrorCode::not_found, "999"));
}

TEST_F(EvidenceTest, ACertificateNamesTheSiteOfAComputer) {
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const CodeRequest request{TaxCode::parse("0101243150").value(), world.product, 1, "Branch <2>", 2};
  const auto codes = world.enrolment.create_codes("staff:an", request, world.publisher.first_root().value());
  ASSERT_THAT(world.enrolment.enrol(world.enrolment_envelope(codes->codes.front(),
                                                             PrivateKey::generate(KeyType::ed25519).value(), "PC-7")),
              is_ok());
  stamp();
  EXPECT_THAT(bundle({.customer = request.customer}).at("certificates/0101243150.en.html"),
              HasSubstr("Branch &lt;2&gt;: PC-7"));
}

TEST_F(EvidenceTest, ACertificateShowsNamesAsTheyAreWritten) {
  Customer odd = world.customer("x@example.vn");
  odd.name = "<script>alert(1)</script> & Sons";
  ASSERT_THAT(world.registry.import_customers("staff:an", {odd}, false), is_ok());
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  stamp();
  const EvidenceFiles files = bundle({.customer = odd.tax_code});
  EXPECT_THAT(files.at("certificates/0101243150.en.html"),
              AllOf(HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons"), Not(HasSubstr("<script>"))));
}

TEST_F(KeptPromise, NamesNobodyWhoWasNotAskedFor) {
  const Customer other =
      parse_customer(R"({"format":"kip.customer/1","tax_code":"OTHER-0303","name":"Other","product":"forms",
      "seats":1,"contract_start":"2025-01-15","periods":{"months":[24]}})")
          .value();
  ASSERT_THAT(world.registry.import_customers("staff:an", {other}, false), is_ok());
  stamp();
  for (const auto& [name, content] : bundle({.customer = TaxCode::parse("0101243150").value()}))
    EXPECT_THAT(content, Not(HasSubstr("OTHER-0303"))) << name;
}

TEST_F(KeptPromise, ProvesNothingToWhomTheAuthorityIsNobody) {
  TrustPolicy other = policy();
  AuthorityHttp stranger(true_clock, world.random);
  other.authorities = {stranger.authority("B")};
  const EvidenceReport report = check(bundle(), other);
  EXPECT_EQ(verdict(report, "1 published"), "INDETERMINATE");
  EXPECT_THAT(wrong(report), HasSubstr("by your policy it is"));
  other.authorities = {http.authority("A"), stranger.authority("B")};
  other.quorum = 2;
  EXPECT_EQ(verdict(check(bundle(), other), "1 published"), "INDETERMINATE");
}

TEST_F(KeptPromise, IsOfThisVendorOnly) {
  TrustPolicy other = policy();
  other.tenant = TenantId::parse("another").value();
  EXPECT_THAT(wrong(check(bundle(), other)), HasSubstr("the policy is about another"));
  World stranger;
  ASSERT_THAT(stranger.publish({"1.0"}), is_ok());
  other = policy();
  other.root = stranger.repository->roots().value().front();
  EXPECT_THAT(wrong(check(bundle(), other)), HasSubstr("the officers' keys"));
}

TEST_F(KeptPromise, EveryFileCounts) {
  const EvidenceFiles whole = bundle();
  for (const auto& [name, content] : whole) {
    EvidenceFiles files = whole;
    files.erase(name);
    EXPECT_FALSE(check(files).holds()) << name << " left out";
    files = whole;
    files[name] += "x";
    EXPECT_FALSE(check(files).holds()) << name << " changed";
  }
  EvidenceFiles files = whole;
  files["more.txt"] = "x";
  EXPECT_THAT(wrong(check(files)), HasSubstr("more.txt"));
}

TEST_F(KeptPromise, NoOctetOfTheArchiveCanChangeUnnoticed) {
  const EvidenceFiles whole = bundle({.obligation = 1});
  Bytes tar;
  ASSERT_THAT(write_evidence(whole,
                             [&](BytesView piece) -> Result<void> {
                               tar += piece;
                               return {};
                             }),
              is_ok());
  const auto read = [&](const Bytes& bytes) {
    EXPECT_THAT(replace_file(world.files, "/bundle.tar", bytes, 0600), is_ok());
    return read_evidence(world.files, "/bundle.tar");
  };
  ASSERT_EQ(read(tar).value(), whole);
  std::uint64_t seed = 1;
  for (int i = 0; i < 2000; ++i) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    Bytes changed = tar;
    changed[(seed >> 20U) % changed.size()] ^= static_cast<char>(1U << (seed >> 10U) % 8);
    const auto files = read(changed);
    if (files) {
      ASSERT_FALSE(check_sums(*files) && check_sums_signature(*files, {world.entry.key.public_key()}))
          << "octet " << (seed >> 20U) % tar.size();
    }
  }
  EXPECT_THAT(read(tar + Bytes(512, '\0')), fails_with(ErrorCode::malformed, "follows after the end"));
  EXPECT_THAT(read(tar.substr(0, tar.size() - 512)), fails_with(ErrorCode::malformed, "ends early"));
}

TEST_F(KeptPromise, ADeletedEditedOrMovedEntryIsNoticedThoughItIsSealed) {
  const EvidenceFiles whole = bundle();
  EvidenceFiles edited = whole;
  edited[entry(3)] = edited[entry(2)];
  EXPECT_THAT(wrong(check(resealed(edited))), HasSubstr("the log O"));
  // By whoever has the entry key, where no event is shown beside it.
  EvidenceFiles signed_anew = whole;
  Bytes& rollout = signed_anew[entry(place_of(whole, "rollout.changed"))];
  LogEntry later = parse_log_entry(dsse::parse(rollout).value().payload).value();
  later.claimed_time += std::chrono::hours(1);
  rollout = world.recorder.sign(kLogEntryType, to_json(later)).value();
  EXPECT_THAT(wrong(check(resealed(signed_anew))), HasSubstr("do not have the root"));
  EvidenceFiles moved = whole;
  std::swap(moved[entry(2)], moved[entry(3)]);
  EXPECT_THAT(wrong(check(resealed(moved))), HasSubstr("the log O"));
  EvidenceFiles missing = whole;
  missing.erase(entry(3));
  EXPECT_THAT(wrong(check(resealed(missing))), HasSubstr("is missing"));
}

TEST_F(KeptPromise, AnEventThatIsAnotherThanWasLoggedIsNoticed) {
  const EvidenceFiles whole = bundle();
  const std::string act = event_path({LogName::o, 1, ""}, place_of(whole, "act.registered"));
  ASSERT_TRUE(whole.contains(act));
  EvidenceFiles changed = whole;
  changed[act][0] ^= 1;  // its salt
  EXPECT_THAT(wrong(check(resealed(changed))), HasSubstr("not the one that was logged"));
  EvidenceFiles hidden = whole;
  hidden.erase(act);
  EXPECT_EQ(verdict(check(resealed(hidden)), "1 published"), "INDETERMINATE") << "nobody knows who stated the date";
  const auto receipt = whole.lower_bound("events/r/");
  changed = whole;
  changed[receipt->first] += " ";
  EXPECT_THAT(wrong(check(resealed(changed))), HasSubstr("the log R"));
  changed = whole;
  changed.erase(receipt->first + ".proof");
  EXPECT_THAT(wrong(check(resealed(changed))), HasSubstr("nothing proves that it was logged"));
}

TEST_F(KeptPromise, ClaimsHaveToFollow) {
  EvidenceFiles files = bundle();
  Bytes& claimed = files[std::string(kJudgementsFile)];
  claimed.replace(claimed.find("MET"), 3, "LATE");
  EXPECT_THAT(wrong(check(resealed(files))), HasSubstr("it claims \"1 published LATE\""));
  files = bundle();
  files[std::string(kHistoriesFile)] += "history 9\n";
  EXPECT_THAT(wrong(check(resealed(files))), HasSubstr("what the bundle says: claims/histories.txt"));
}

TEST_F(KeptPromise, AStolenCheckpointKeyRewritesTheLogButNotItsStamps) {
  EvidenceFiles files = bundle();
  // Whoever has both keys takes an entry out and signs the tree that is left.
  const std::uint64_t gone = place_of(files, "coverage.disposed") - 1;  // the last one
  files.erase(entry(gone));
  std::uint64_t first = place_of(files, "act.registered");
  LogEntry changed = parse_log_entry(dsse::parse(files[entry(first)]).value().payload).value();
  changed.claimed_time -= std::chrono::hours(1);
  files[entry(first)] = world.recorder.sign(kLogEntryType, to_json(changed)).value();
  files.erase(event_path({LogName::o, 1, ""}, first));
  tlog::Frontier tree;
  for (std::uint64_t i = 0; i < gone; ++i)
    tree.append(tlog::leaf_hash(files[entry(i)]));
  const LogLife life = first_lives(world.recorder.origin(), world.tenant).at(0);
  tlog::Note note{tlog::Checkpoint{life.origin, {tree.size(), tree.root()}}.text(), {}};
  const auto key = signing_keys(world.log_keeping, life).value().front();
  note.signatures.push_back(tlog::sign_note(note.text, key.key, key.signing).value());
  files["log/o/checkpoint"] = note.bytes();
  EvidenceIndex index = parse_evidence_index(files["bundle.json"]).value();
  index.logs.front().size = gone;
  files["bundle.json"] = json::to_compact(to_json(index));
  const EvidenceReport report = check(resealed(files));
  EXPECT_THAT(report.stamps, Contains(::testing::Field(&SeenStamp::problem, HasSubstr("not of this log"))));
  EXPECT_NE(verdict(report, "1 published"), "MET");
  EXPECT_FALSE(report.holds());
}

TEST_F(KeptPromise, AnExpiredAuthorityCountsOnlyWhileSomethingLaterRenewsIt) {
  const EvidenceFiles files = bundle();
  const Instant much_later = true_clock.now() + std::chrono::hours(24 * 365 * 60);
  const EvidenceReport report = check(files, policy(), much_later);
  EXPECT_EQ(verdict(report, "1 published"), "INDETERMINATE");
  EXPECT_THAT(report.stamps, Contains(::testing::Field(&SeenStamp::problem, HasSubstr("has expired"))));
}

TEST_F(KeptPromise, ATokenForOtherDataIsNone) {
  // The same token under another checkpoint's text, by somebody who has the entry key and the checkpoint key.
  const EvidenceReport report = check(bundle());
  ASSERT_FALSE(report.stamps.empty());
  const auto unit = world.store->begin(world.tenant, Access::write).value();
  TimestampRecorded wrong_data;
  for (const StoredEvent& stored : unit->events().after(0, 1000).value()) {
    if (stored.type != "timestamp.recorded") continue;
    wrong_data = read_timestamp_recorded(parse_event(dsse::parse(stored.envelope)->payload)->body).value();
    break;
  }
  wrong_data.checkpoint = world.logs.published(LogName::o).value().text;
  ASSERT_THAT(
      world.recorder.record(*unit, event_type::kTimestampRecorded, kServerActor, timestamp_recorded_body(wrong_data)),
      is_ok());
  ASSERT_THAT(unit->commit(), is_ok());
  const EvidenceReport after = check(bundle());
  EXPECT_FALSE(after.stamps.back().counts());
  EXPECT_EQ(verdict(after, "1 published"), "MET") << "by the good ones";
}

TEST_F(KeptPromise, AStolenInstallKeyMakesADispute) {
  Receipt other = world.receipt(computers[0], 1, InstallState::failed, "1.0");
  take(computers[0], other);
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_EQ(verdict(report, "2/0101243150 install:" + computers[0].id.str()), "DISPUTED");
  EXPECT_EQ(verdict(report, "2/0101243150 installed"), "DISPUTED");
}

TEST_F(EvidenceTest, AReleaseThatOfficersHaveNotSignedAsItWasLoggedCountsForNothing) {
  set_time(kDay3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  stamp();
  const EvidenceReport honest = check(bundle());
  ReleasePublished lie = honest.cases.at(0).releases.at(0).release;
  lie.version = Version::parse("1.1").value();
  record(event_type::kReleasePublished, release_published_body(lie));
  EXPECT_THAT(exporter().make({}), fails_with(ErrorCode::conflict, "officers have signed another version"));
}

TEST_F(EvidenceTest, AReleaseWhoseMetadataIsNotShownCountsForNothing) {
  set_time(kDay3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  stamp();
  EvidenceFiles files = bundle();
  std::erase_if(files, [&](const auto& file) {
    return file.first.starts_with("metadata/") && !file.first.starts_with("metadata/root/") &&
           file.second.find("product-forms") == Bytes::npos && file.second.find("forms-1.0.kpk") != Bytes::npos;
  });
  const EvidenceReport report = check(resealed(files));
  EXPECT_THAT(wrong(report), HasSubstr("the metadata \"product-forms\" by which it was published is missing"));
  EXPECT_EQ(verdict(report, "1 published"), "INDETERMINATE");
}

TEST_F(KeptPromise, LogsThatBeganAnewStillProveWhatWasProven) {
  ASSERT_THAT(world.logs.restart("server", "the disk was lost", {}), is_ok());
  authorise_new_logs();
  stamp();
  const EvidenceFiles files = bundle();
  const EvidenceReport report = check(files);
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(report.index->logs, SizeIs(4)) << "two lives of two logs";
  EXPECT_EQ(verdict(report, "1 published"), "MET");
  EXPECT_EQ(verdict(report, "1/0101243150 installed"), "MET");
  // A life that is not the one which was continued.
  EvidenceFiles other = files;
  EvidenceIndex index = *report.index;
  index.logs.at(0).size -= 1;  // the oldest one of O
  other[std::string(EvidenceIndex::kPath)] = json::to_compact(to_json(index));
  tlog::Frontier shorter;
  for (std::uint64_t i = 0; i < index.logs.at(0).size; ++i)
    shorter.append(tlog::leaf_hash(other[entry(i)]));
  const LogLife& life = index.logs.at(0).life;
  tlog::Note note{tlog::Checkpoint{life.origin, {shorter.size(), shorter.root()}}.text(), {}};
  const auto key = signing_keys(world.log_keeping, life).value().front();
  note.signatures.push_back(tlog::sign_note(note.text, key.key, key.signing).value());
  other["log/o/checkpoint"] = note.bytes();
  EXPECT_THAT(wrong(check(resealed(other))), HasSubstr("does not continue"));
}

TEST_F(KeptPromise, AStampOverTheEmptyBeginningOfALaterLogCoversNothingBeforeIt) {
  // Made long before: nothing in it depends on what was logged.
  LogLife later{LogName::o, 2, ""};
  later.origin = log_origin(world.recorder.origin(), world.tenant, later);
  const Bytes empty = tlog::Checkpoint{later.origin, {}}.text();
  const auto outcome = tsp::AuthorityClient(http, world.clock)
                           .ask(http.authority("A"), tsp::make_request(sha256(empty), world.random).value());
  const auto* stamped = std::get_if<tsp::Stamped>(&outcome);
  ASSERT_NE(stamped, nullptr);
  ASSERT_THAT(world.logs.restart("server", "the disk was lost", {}), is_ok());
  record(event_type::kTimestampRecorded,
         timestamp_recorded_body({empty, "A", stamped->bytes, std::chrono::seconds(1), false}));
  authorise_new_logs();
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(report.stamps, Contains(::testing::Field(&SeenStamp::problem, HasSubstr("not of this log"))));
}

TEST_F(KeptPromise, AHeadOfALaterPrivateLogCannotStandBeforeItsTime) {
  LogLife later{LogName::r, 2, ""};
  later.origin = log_origin(world.recorder.origin(), world.tenant, later);
  tlog::Note early{tlog::Checkpoint{later.origin, {}}.text(), {}};
  const auto key = signing_keys(world.log_keeping, later).value().front();
  early.signatures.push_back(tlog::sign_note(early.text, key.key, key.signing).value());
  record(event_type::kHeadRecorded, head_recorded_body(early));
  installs(world.enrol("PC-3"));
  // The head by which that receipt will be proven.
  ASSERT_THAT(world.logs.flush(), is_ok());
  ASSERT_THAT(world.logs.record_private_head(), is_ok());
  ASSERT_THAT(world.logs.restart("server", "the disk was lost", {}), is_ok());
  authorise_new_logs();
  EXPECT_THAT(exporter().make({}), fails_with(ErrorCode::conflict, "behind one of a later life"));
}

TEST_F(KeptPromise, AnActThatIsRegisteredAnewChangesNothing) {
  Act later = parse_act(R"({"format":"kip.act/1","issuer":"BTC","number":"99/2025/TT-BTC","year":2025,"kind":"circular",
      "title":"x","signed_on":"2025-12-27","changes":["report-form"]})")
                  .value();
  record(event_type::kActRegistered, json::Object{{"act", to_json(later)}});
  EXPECT_THAT(exporter().make({}), fails_with(ErrorCode::conflict, "what was said of it stays"));
}

TEST_F(KeptPromise, APromiseThatIsRegisteredAnewChangesNothing) {
  const auto promises = parse_commitments(kip::testing::read_file(KIP_SAMPLES "/commitments-sample.json")).value();
  record(event_type::kCommitmentRegistered, json::Object{{"commitment", to_json(promises.front())}});
  EXPECT_THAT(exporter().make({}), fails_with(ErrorCode::conflict, "it cannot change"));
}

TEST_F(KeptPromise, OfALogWhoseFilesAreGoneWhatCameAfterIsShown) {
  ASSERT_THAT(world.logs.restart("server", "the disk was lost", {}), is_ok());
  authorise_new_logs();
  stamp();
  ASSERT_THAT(world.files.remove_tree("/logs/o"), is_ok());
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_EQ(report.index->logs.front().life.number, 2);
  EXPECT_TRUE(report.cases.empty()) << "what was opened there is not shown";
  EXPECT_THAT(report.not_proven, Contains(AllOf(::testing::Field(&NotProven::gap, Gap::earlier_lives),
                                                ::testing::Field(&NotProven::shown, 1U))));
}

TEST_F(KeptPromise, APrivateLogThatWasRewrittenIsNoticed) {
  EvidenceFiles files = bundle();
  Bytes& growth = files["log/r/growth"];
  ASSERT_THAT(growth, HasSubstr(" "));
  const auto hash = growth.find_last_of(' ') + 1;
  growth[hash] = growth[hash] == 'A' ? 'B' : 'A';
  EXPECT_THAT(wrong(check(resealed(files))), HasSubstr("two histories were shown"));
  growth.clear();
  EXPECT_THAT(wrong(check(resealed(files))), HasSubstr("does not show that R grew"));
}

TEST_F(KeptPromise, AReceiptThatItsInstallHasNotSignedIsNoticed) {
  const TestInstall forger{computers[0].id, PrivateKey::generate(KeyType::ed25519).value()};
  const Bytes forged = world.signed_receipt(forger, world.receipt(forger, 2, InstallState::installed, "1.0"));
  record(event_type::kReceiptsRecorded, receipts_recorded_body({forged}));
  EXPECT_THAT(exporter().make({}), fails_with(ErrorCode::conflict, "the bundle would not hold: receipts"));
}

TEST_F(KeptPromise, OneForgedReceiptAmongOthersIsNoticed) {
  const TestInstall forger{computers[0].id, PrivateKey::generate(KeyType::ed25519).value()};
  const Bytes right = world.signed_receipt(computers[0], world.receipt(computers[0], 2, InstallState::verified, "1.0"));
  const Bytes forged = world.signed_receipt(forger, world.receipt(forger, 3, InstallState::installed, "1.0"));
  record(event_type::kReceiptsRecorded, receipts_recorded_body({right, forged}));
  EXPECT_THAT(exporter().make({}), fails_with(ErrorCode::conflict, "the bundle would not hold: receipts"));
}

TEST_F(KeptPromise, AnEventWithReceiptsOfTwoInstallsNeverComesToStandInHistory) {
  const auto unit = world.store->begin(world.tenant, Access::write).value();
  const Bytes first = world.signed_receipt(computers[0], world.receipt(computers[0], 2, InstallState::verified, "1.0"));
  const Bytes other = world.signed_receipt(computers[1], world.receipt(computers[1], 2, InstallState::verified, "1.0"));
  EXPECT_THAT(world.recorder.record(*unit, event_type::kReceiptsRecorded, "x", receipts_recorded_body({first, other})),
              fails_with(ErrorCode::malformed, "two installs"));
}

TEST_F(KeptPromise, AnEventOfRThatNoAuthorisedEntryKeyHasSignedIsNoticed) {
  // Whoever has the checkpoint key alone puts it into R.
  const Recorder forger(world.tenant, world.recorder.origin(), Signer::of(*PrivateKey::generate(KeyType::ed25519)),
                        world.clock, world.random);
  ASSERT_THAT(StaffAccess(*world.store, forger).provide_token(kServerActor, "another", every_role()), is_ok());
  EXPECT_THAT(exporter().make({}), fails_with(ErrorCode::conflict, "the bundle would not hold: the log R"));
}

TEST_F(KeptPromise, AnEventThatStandsInOTwiceIsNoticed) {
  EvidenceFiles files = bundle();
  EvidenceIndex index = parse_evidence_index(files["bundle.json"]).value();
  const std::uint64_t size = index.logs.front().size++;
  files[entry(size)] = files[entry(place_of(files, "act.registered"))];
  tlog::Frontier tree;
  for (std::uint64_t i = 0; i <= size; ++i)
    tree.append(tlog::leaf_hash(files[entry(i)]));
  const auto key = signing_keys(world.log_keeping, index.logs.front().life).value().front();
  tlog::Note note{tlog::Checkpoint{index.logs.front().life.origin, {tree.size(), tree.root()}}.text(), {}};
  note.signatures.push_back(tlog::sign_note(note.text, key.key, key.signing).value());
  files["log/o/checkpoint"] = note.bytes();
  files["bundle.json"] = json::to_compact(to_json(index));
  EXPECT_THAT(wrong(check(resealed(std::move(files)))), HasSubstr("stands twice in O"));
}

TEST_F(KeptPromise, ANumberThatWasLeftOutIsNoticed) {
  {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    ASSERT_THAT(world.recorder.record(*unit, event_type::kObligationOpened, "staff:an",
                                      obligation_opened_body({7, ActKey::parse("BTC:99/2025/TT-BTC:2025").value(),
                                                              CommitmentId::parse("forms-published-7d").value()})),
                is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  EXPECT_THAT(exporter().make({}), fails_with(ErrorCode::conflict, "a number was left out"));
}

TEST_F(KeptPromise, AnErasedCustomerLeavesEverythingElseProven) {
  import_another_customer();
  stamp();
  const auto head = tlog::Checkpoint::parse(world.logs.published(LogName::r)->text).value();
  const TaxCode customer = TaxCode::parse("0101243150").value();
  EXPECT_THAT(erase_customer(*world.store, world.recorder, "staff:an", customer, ""), fails_with(ErrorCode::usage));
  EXPECT_THAT(erase_customer(*world.store, world.recorder, "staff:an", TaxCode::parse("999").value(), "x"),
              fails_with(ErrorCode::not_found, "999"));
  const auto erased = erase_customer(*world.store, world.recorder, "staff:an", customer, "request 12");
  ASSERT_THAT(erased, is_ok());
  EXPECT_EQ(*erased, 1 + 2 * 3) << "the customer; of each computer code, enrolment and receipt";
  EXPECT_THAT(erase_customer(*world.store, world.recorder, "staff:an", customer, "again"),
              fails_with(ErrorCode::not_found));
  {
    const auto unit = world.store->begin(world.tenant, Access::read).value();
    for (const StoredEvent& event : unit->events().after(0, 1000).value()) {
      EXPECT_THAT(event.envelope, Not(HasSubstr(to_base64("0101243150").substr(0, 12))));
      if (event.is_erased()) continue;
      const Bytes payload = dsse::parse(event.envelope)->payload;
      EXPECT_THAT(payload, AllOf(Not(HasSubstr("0101243150")), Not(HasSubstr("Minh Anh")),
                                 Not(HasSubstr(computers[0].id.str()))));
    }
    EXPECT_TRUE(unit->projection().customers.find({TaxCode::parse("0303").value(), world.product}).value().has_value());
    EXPECT_FALSE(unit->projection().installs.find(computers[0].id).value().has_value());
  }
  stamp();
  const EvidenceFiles files = bundle();
  for (const auto& [name, content] : files)
    EXPECT_THAT(content, AllOf(Not(HasSubstr("0101243150")), Not(HasSubstr("Minh Anh")))) << name;
  const EvidenceReport report = check(files);
  EXPECT_EQ(wrong(report), "") << "both logs verify, with every head of R";
  EXPECT_EQ(verdict(report, "1 published"), "MET");
  EXPECT_NE(verdict(report, "1/0303 installed"), "") << "the other customer is judged as before";
  EXPECT_THAT(report.not_proven, Contains(::testing::Field(&NotProven::gap, Gap::nothing_else)));
  EXPECT_GT(tlog::Checkpoint::parse(world.logs.published(LogName::r)->text)->head.size, head.head.size)
      << "that it was done is recorded";
}

TEST_F(KeptPromise, ARetiredComputerStillCounts) {
  const TestInstall third = world.enrol("PC-3");
  const auto code = world.enrolment.create_replacement("staff:an", third.id, world.publisher.first_root().value());
  ASSERT_THAT(code, is_ok());
  ASSERT_THAT(
      world.enrolment.enrol(world.enrolment_envelope(code->code, PrivateKey::generate(KeyType::ed25519).value())),
      is_ok());
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(verdict(report, "2/0101243150 install:" + third.id.str()), "INDETERMINATE");
  EXPECT_EQ(verdict(report, "2/0101243150 installed"), "INDETERMINATE");
}

TEST_F(KeptPromise, AComputerThatTheVendorRetiresStillCounts) {
  const TestInstall third = world.enrol("PC-3");
  ASSERT_THAT(world.enrolment.retire("staff:an", {third.id, "sold"}), is_ok());
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_EQ(verdict(report, "2/0101243150 install:" + third.id.str()), "INDETERMINATE");
  EXPECT_EQ(verdict(report, "2/0101243150 installed"), "INDETERMINATE");
}

TEST_F(KeptPromise, AComputerThatWaitsIsNobody) {
  const CodeRequest request{TaxCode::parse("0101243150").value(), world.product, 1, "branch", 2, true};
  const auto codes = world.enrolment.create_codes("staff:an", request, world.publisher.first_root().value());
  ASSERT_TRUE(world.enrolment
                  .enrol(world.enrolment_envelope(codes->codes.front(), PrivateKey::generate(KeyType::ed25519).value()))
                  ->waiting);
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_EQ(verdict(report, "2/0101243150 installed"), "MET");
}

TEST_F(EvidenceTest, AfterTheLimitWithAStampBeforeItIsLate) {
  set_time(kAfterDue);
  stamp();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_EQ(verdict(report, "1 published"), "LATE");
}

TEST_F(EvidenceTest, ABackDatedPublicationIsLateAndSaidToBeBackDated) {
  set_time(kAfterDue);
  stamp();
  world.clock.set(kDay3);  // the vendor's own clock, and not the authority's
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  ASSERT_THAT(world.logs.flush(), is_ok());
  true_clock.advance(std::chrono::minutes(1));
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(verdict(report, "1 published"), "LATE");
  EXPECT_THAT(report.wrong_claims,
              Contains(AllOf(::testing::Field(&WrongClaim::type, "release.published"),
                             ::testing::Field(&WrongClaim::not_before, ::testing::Ne(std::nullopt)))));
  EXPECT_THAT(report_lines(report), Contains(HasSubstr("back-dated")));
}

TEST_F(EvidenceTest, ABackDatedRegistrationIsSaidToBeBackDated) {
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  set_time(kAfterDue);
  stamp();
  world.clock.set(kDay3);  // the vendor's own clock
  register_another_act();
  ASSERT_THAT(world.logs.flush(), is_ok());
  true_clock.advance(std::chrono::minutes(1));
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(report.wrong_claims,
              Contains(AllOf(::testing::Field(&WrongClaim::type, "act.registered"),
                             ::testing::Field(&WrongClaim::not_before, ::testing::Ne(std::nullopt)))));
}

TEST_F(EvidenceTest, AClockThatIsThirtyDaysAheadMovesNoVerdict) {
  world.clock.set("2025-11-29T02:00:00Z");
  true_clock.set(kDay3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(verdict(report, "1 published"), "MET");
  EXPECT_THAT(report.wrong_claims, Contains(::testing::Field(&WrongClaim::type, "release.published")));
}

TEST_F(EvidenceTest, AnOldTreeThatIsStampedAfterTheLimitMakesNothingLate) {
  set_time(kDay3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  stamp();
  set_time(kAfterDue);
  stamp();
  EXPECT_EQ(verdict(check(bundle()), "1 published"), "MET");
}

TEST_F(EvidenceTest, WhatCameByStickInTimeAndWasReportedLaterIsNotLate) {
  set_time(kDay3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  const Receipt in_time = world.receipt(install, 1, InstallState::installed, "1.0");
  stamp();
  set_time(kAfterDue);
  stamp();
  take(install, in_time);
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_THAT(line(report, "2/0101243150 install:" + install.id.str()),
              AllOf(HasSubstr("INDETERMINATE"), HasSubstr("claimed-in-time")));
}

TEST_F(EvidenceTest, TheNewestStampIsToldBesideTheLog) {
  const auto told = [this] { return kip::read_file(world.files, "/logs/o/public/newest-stamp", 100).value(); };
  ASSERT_THAT(world.logs.flush(), is_ok());
  const Bytes first = told();
  set_time(kDay3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  stamp();
  ASSERT_THAT(world.logs.flush(), is_ok());
  EXPECT_NE(told(), first);
  EXPECT_EQ(told(), check(bundle()).stamps.back().identity->hex() + "\n");
}

TEST_F(EvidenceTest, ALateBasisMakesItLate) {
  set_time(kDay3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  set_time(kAfterDue);
  stamp();
  const EvidenceReport before = check(bundle());
  Receipt late = world.receipt(install, 1, InstallState::installed, "1.0");
  late.basis = before.stamps.back().identity;
  ASSERT_TRUE(late.basis.has_value());
  take(install, late);
  stamp();
  EXPECT_EQ(verdict(check(bundle()), "2/0101243150 install:" + install.id.str()), "LATE");
}

TEST_F(EvidenceTest, SilentComputersAndEmptySeatsAreNotCountedAsDone) {
  set_time(kDay3);
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  const TestInstall install = world.enrol();
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_THAT(line(report, "2/0101243150 install:" + install.id.str()),
              AllOf(HasSubstr("INDETERMINATE"), HasSubstr("not-received")));
  EXPECT_THAT(line(report, "2/0101243150 install:seat-without-computer-1"), HasSubstr("not-received"));
}

TEST_F(EvidenceTest, PublishedToNobodyIsNotPublishedToTheCustomer) {
  set_time(kDay3);
  Rollout nobody{world.product, Version::parse("1.0").value(), 0, false};
  ASSERT_THAT(world.publish({"1.0"}, {nobody}), is_ok());
  world.enrol();
  stamp();
  EvidenceReport report = check(bundle());
  EXPECT_EQ(verdict(report, "1 published"), "MET");
  EXPECT_THAT(line(report, "2/0101243150 customer"), AllOf(HasSubstr("INDETERMINATE"), HasSubstr("not-open")));
  nobody.percent = 100;
  ASSERT_THAT(world.publish({"1.0"}, {nobody}), is_ok());
  stamp();
  EXPECT_EQ(verdict(check(bundle()), "2/0101243150 customer"), "MET");
  nobody.paused = true;
  ASSERT_THAT(world.publish({"1.0"}, {nobody}), is_ok());
  stamp();
  EXPECT_EQ(verdict(check(bundle()), "2/0101243150 customer"), "INDETERMINATE");
}

TEST_F(EvidenceTest, PublishedToOthersOnlyIsNotPublishedToTheCustomer) {
  const Customer other = import_another_customer();
  set_time(kDay3);
  Rollout rollout{world.product, Version::parse("1.0").value(), 0, false};
  ASSERT_THAT(world.publish({"1.0"}, {rollout}), is_ok());
  const auto codes = world.enrolment.create_codes("staff:an", {other.tax_code, world.product, 1, "desk"},
                                                  world.publisher.first_root().value());
  const Bytes envelope = world.enrolment_envelope(codes->codes.front(), PrivateKey::generate(KeyType::ed25519).value());
  // From how many per cent on each of them is offered the version.
  const auto turn = [](const InstallId& id) {
    std::int64_t out = 1;
    while (cohort_of(id, sha256("manifest 1.0"), sha256) >= out * 100)
      ++out;
    return out;
  };
  const std::int64_t ours = turn(world.enrol().id);
  const std::int64_t theirs = turn(world.enrolment.enrol(envelope).value().install);
  ASSERT_NE(ours, theirs);
  rollout.percent = std::min(ours, theirs);
  ASSERT_THAT(world.publish({"1.0"}, {rollout}), is_ok());
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(verdict(report, "1 published"), "MET");
  const std::string without = ours < theirs ? "2/0303 customer" : "2/0101243150 customer";
  const std::string with = ours < theirs ? "2/0101243150 customer" : "2/0303 customer";
  EXPECT_THAT(line(report, without), AllOf(HasSubstr("INDETERMINATE"), HasSubstr("not-open")));
  EXPECT_EQ(verdict(report, with), "MET");
}

TEST_F(EvidenceTest, ADateThatNobodyHasConfirmedMakesNoLimit) {
  register_another_act();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  stamp();
  const EvidenceReport report = check(bundle());
  EXPECT_EQ(wrong(report), "");
  EXPECT_THAT(line(report, "4 published"), AllOf(HasSubstr("INDETERMINATE"), HasSubstr("no-due")));
}

TEST_F(EvidenceTest, WithoutOfficersWordOnTheLogsThereIsNoBundle) {
  EXPECT_THAT(exporter().make({}), fails_with(ErrorCode::conflict, "nothing is published yet"));
}

}  // namespace
}  // namespace kip::server::testing
