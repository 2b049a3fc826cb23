#include <server/domain/revocation_archive.hpp>
#include <testing/time_authorities.hpp>

#include "evidence_world.hpp"

namespace kip::server::testing {
namespace {

using kip::testing::Identity;
using kip::testing::make_crl;
using kip::testing::make_identity;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kUrl = "http://root.test/crl";

/// Where the authority's issuer publishes its list.
class ListHttp final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    asked.push_back(request.url);
    return HttpResponse{list.empty() ? 503 : 200, {}, list};
  }
  Result<HttpResponse> download(const HttpDownload&, kip::BodySink&) override {
    return fail(ErrorCode::internal, "unused");
  }

  Bytes list;
  std::vector<std::string> asked;
};

/// A vendor whose log is stamped by an authority whose certificate can be revoked.
class RevocationArchiveTest : public EvidenceTest {
 protected:
  void stamp_by_authority() {
    world.clock.advance(std::chrono::seconds(20));
    true_clock.advance(std::chrono::seconds(20));
    const auto ask = [this](const tsp::Authority& one, const tsp::Request& request) -> tsp::Outcome {
      std::string time = format_instant(std::chrono::floor<std::chrono::seconds>(true_clock.now()));
      std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == 'T'; });
      kip::testing::TokenSpec spec{.digest = request.digest.bytes(), .time = time};
      const auto token = tsp::UnverifiedToken::parse(kip::testing::make_token(signer, spec)).value();
      return tsp::Stamped{tsp::verify_token(token, {spec.digest}, one.trust).value(), token.bytes(),
                          std::chrono::seconds(1), true};
    };
    Stamper stamper({*world.store, world.recorder, world.board, world.logs, ask, world.clock, world.log, &archive},
                    {authority});
    ASSERT_THAT(stamper.turn(), is_ok());
  }
  /// The list of now, in the middle of whose interval nobody asks.
  void publish_list(const std::vector<kip::testing::RevokedSpec>& revoked = {}) {
    issuer.list = make_crl(root, format_instant(std::chrono::floor<std::chrono::seconds>(world.clock.now())), revoked);
  }
  void pass(std::chrono::minutes time) {
    world.clock.advance(time);
    true_clock.advance(time);
    ASSERT_THAT(archive.turn(), is_ok());
  }
  Result<EvidenceFiles> made() {
    return EvidenceExport({*world.store, *world.repository, world.recorder, world.board, world.logs, world.entry.key},
                          {authority})
        .make({});
  }
  EvidenceReport report_of(const EvidenceFiles& files) {
    TrustPolicy policy = EvidenceTest::policy();
    policy.authorities = {authority};
    return check(files, policy);
  }
  std::vector<SeenStamp> stamps_of(const EvidenceFiles& files) {
    std::vector<SeenStamp> out;
    for (const SeenStamp& stamp : report_of(files).stamps) {
      if (stamp.authority == "CA") out.push_back(stamp);
    }
    return out;
  }

  Identity root = make_identity({.name = "Root", .ca = true, .key_usage = "critical,keyCertSign,cRLSign"});
  Identity signer =
      make_identity({.name = "Signer", .issuer = &root, .more = std::string("crlDistributionPoints=URI:") + kUrl});
  tsp::Authority authority{.name = "CA", .url = "http://tsa.test/", .trust = {.roots = {root.der()}}};
  ListHttp issuer;
  RevocationArchive archive{
      {*world.store, world.tenant, [this](const tsp::VerifiedToken& token) { return fetch_revocation(token, issuer); },
       world.clock, world.log},
      {authority}};
};

TEST_F(RevocationArchiveTest, AsksUntilTheIssuerHasSpokenAfterTheTokenAndTheBundleBringsItAlong) {
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  publish_list();
  pass(std::chrono::minutes(1));
  EXPECT_THAT(issuer.asked, IsEmpty()) << "there is no token yet";
  stamp_by_authority();
  pass(std::chrono::minutes(1));
  EXPECT_THAT(issuer.asked, SizeIs(1));
  EvidenceFiles files = made().value();
  ASSERT_THAT(stamps_of(files), SizeIs(1));
  EXPECT_TRUE(stamps_of(files).front().not_revoked_as_of.has_value()) << "better than nothing";
  EXPECT_THAT(report_of(files).not_proven, Contains(NotProven{Gap::revocation, 1, 1}));

  publish_list();
  pass(std::chrono::hours(6) - std::chrono::minutes(1));
  EXPECT_THAT(issuer.asked, SizeIs(1)) << "not yet again";
  pass(std::chrono::minutes(2));
  EXPECT_THAT(issuer.asked, SizeIs(2));
  pass(std::chrono::hours(48));
  EXPECT_THAT(issuer.asked, SizeIs(2)) << "everything was said";
  files = made().value();
  EXPECT_THAT(files, Contains(::testing::Pair(HasSubstr("revocation/"), issuer.list)));
  EXPECT_THAT(report_of(files).not_proven, Not(Contains(Field(&NotProven::gap, Gap::revocation))));

  stamp_by_authority();  // once a day in any case
  pass(std::chrono::minutes(1));
  EXPECT_THAT(issuer.asked, SizeIs(3)) << "of the newer token nothing was said yet";
}

TEST_F(RevocationArchiveTest, AnIssuerThatIsAwayIsToldOfOnce) {
  pass(std::chrono::hours(25));
  stamp_by_authority();
  for (int i = 0; i < 3; ++i)
    pass(std::chrono::hours(7));
  EXPECT_THAT(issuer.asked, SizeIs(3));
  const auto lines = world.log.lines();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) { return line.find("stamp.revocation_unknown") != line.npos; }),
            1);
}

TEST_F(RevocationArchiveTest, ACertificateWhoseKeyWasStolenTakesItsStampsWithIt) {
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  stamp_by_authority();
  EvidenceFiles files = made().value();
  EXPECT_TRUE(stamps_of(files).front().counts());
  const std::string place = "revocation/" + sha256(signer.der()).hex() + "/00000001.crl";
  const auto with = [&](const Bytes& list) {
    EvidenceFiles changed = files;
    changed[place] = list;
    return stamps_of(resealed(std::move(changed)));
  };
  EXPECT_THAT(with(make_crl(root, "2026-01-01T00:00:00Z", {{&signer, "2025-12-01T00:00:00Z", 1}})),
              Each(Field(&SeenStamp::problem, HasSubstr("is revoked"))));
  EXPECT_THAT(with(make_crl(root, "2026-01-01T00:00:00Z", {{&signer, "2025-12-01T00:00:00Z", 4}})),
              Each(AllOf(Field(&SeenStamp::problem, ""), Field(&SeenStamp::has_been_vouched_for, true))))
      << "superseded, after the token";
  const Identity forger = make_identity({.name = "Root", .ca = true, .key_usage = "critical,keyCertSign,cRLSign"});
  EXPECT_THAT(with(make_crl(forger, "2026-01-01T00:00:00Z", {{&signer, "2025-12-01T00:00:00Z", 1}})),
              Each(AllOf(Field(&SeenStamp::problem, ""), Field(&SeenStamp::has_been_vouched_for, false))))
      << "a stranger's list says nothing";
  EXPECT_THAT(with("no list"),
              Each(AllOf(Field(&SeenStamp::problem, ""), Field(&SeenStamp::has_been_vouched_for, false))))
      << "or a vendor could take away a stamp that speaks against them";
  files["revocation/" + sha256(signer.der()).hex() + "/00000000.crl"] = "no list";
  EXPECT_THAT(with(make_crl(root, "2026-01-01T00:00:00Z", {{&signer, "2025-12-01T00:00:00Z", 1}})),
              Each(Field(&SeenStamp::problem, HasSubstr("is revoked"))))
      << "and what is no list hides none";

  issuer.list = make_crl(root, "2026-01-01T00:00:00Z", {{&signer, "2025-12-01T00:00:00Z", 1}});
  pass(std::chrono::minutes(1));
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("stamp.signer_revoked")));
}

}  // namespace
}  // namespace kip::server::testing
