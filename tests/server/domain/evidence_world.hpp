#pragma once

#include <gmock/gmock.h>

#include <server/domain/evidence_export.hpp>
#include <server/domain/stamping.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/evidence_pages.hpp>
#include <signing/evidence/open_log.hpp>

#include "../authority_http.hpp"
#include "../world.hpp"

namespace kip::server::testing {

/// A vendor whose log is stamped, with one customer of two seats. Obligation 1 asks
/// for installs, 2 for publication.
class EvidenceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(world.logs.start(), is_ok());
    world.register_act_and_commitments();
    world.import_customer();
    stamp();
  }

  void stamp() {
    // Not twice within a quarter of a minute.
    world.clock.advance(std::chrono::seconds(20));
    true_clock.advance(std::chrono::seconds(20));
    const auto ask = [this](const tsp::Authority& authority, const tsp::Request& request) {
      return tsp::AuthorityClient(http, world.clock, std::chrono::hours(24 * 365)).ask(authority, request);
    };
    Stamper stamper({*world.store, world.recorder, world.board, world.logs, ask, world.clock, world.log},
                    {http.authority("A")});
    ASSERT_THAT(stamper.turn(), is_ok());
  }
  void set_time(std::string_view text) {
    world.clock.set(text);
    true_clock.set(text);
  }
  Bytes take(const TestInstall& install, const Receipt& receipt) {
    Bytes envelope = world.signed_receipt(install, receipt);
    EXPECT_THAT(world.receipts.take(world.caller(install), {envelope}, OnFork::keep), is_ok());
    return envelope;
  }
  Bytes installs(const TestInstall& install, std::string_view version = "1.0") {
    return take(install, world.receipt(install, 1, InstallState::installed, version));
  }

  /// Signed on the day of the other one; nobody has confirmed that.
  void register_another_act() {
    const Act act = parse_act(R"({"format":"kip.act/1","issuer":"BTC","number":"98/2025/TT-BTC","year":2025,
        "kind":"circular","title":"x","signed_on":"2025-10-27","changes":["report-form"]})")
                        .value();
    ASSERT_THAT(world.registry.register_acts("staff:an", {act}, false), is_ok());
  }
  /// With one seat.
  Customer import_another_customer() {
    Customer other = parse_customer(R"({"format":"kip.customer/1","tax_code":"0303","name":"Other","product":"forms",
        "seats":1,"contract_start":"2025-01-15","periods":{"months":[24]}})")
                         .value();
    EXPECT_THAT(world.registry.import_customers("staff:an", {other}, false), is_ok());
    return other;
  }

  /// By a server that does not look at what it records.
  void record(std::string_view type, json::Value body) {
    const auto unit = world.store->begin(world.tenant, Access::write).value();
    ASSERT_THAT(world.recorder.record(*unit, type, kServerActor, std::move(body)), is_ok());
    ASSERT_THAT(unit->commit(), is_ok());
  }
  /// By the officers, beside those of before.
  void authorise_new_logs() {
    const tuf::RepositoryFiles current = world.repository->current().value();
    const tuf::Document document = tuf::parse_document(*current.targets, 1U << 20U).value();
    tuf::Targets targets = tuf::read_targets(document.body).value();
    std::vector<LogLife> lives;
    {
      const auto unit = world.store->begin(world.tenant, Access::read).value();
      lives = newest_lives(*unit).value();
    }
    const auto now = log_authorities(world.log_keeping, world.entry.key.public_key(), lives).value();
    targets.custom = to_json(joined(parse_log_keys(targets.custom).value(), now));
    ++targets.header.version;
    tuf::Publication publication;
    publication.targets = tuf::sign_metadata(to_json(targets), {&world.officers[0], &world.officers[1]}).value();
    ASSERT_THAT(world.publisher.publish("staff:an", {publication, {}}), is_ok());
  }

  /// By the log's own keys.
  tlog::Note signed_head(const LogLife& life, const tlog::TreeHead& head) {
    tlog::Note note{tlog::Checkpoint{life.origin, head}.text(), {}};
    const auto key = signing_keys(world.log_keeping, life).value().front();
    note.signatures.push_back(tlog::sign_note(note.text, key.key, key.signing).value());
    return note;
  }

  EvidenceExport exporter() {
    return EvidenceExport({*world.store, *world.repository, world.recorder, world.board, world.logs, world.entry.key},
                          {http.authority("A")});
  }
  EvidenceFiles bundle(const EvidenceScope& scope = {}) {
    auto made = exporter().make(scope);
    EXPECT_THAT(made, is_ok());
    return made ? *std::move(made) : EvidenceFiles();
  }
  TrustPolicy policy() {
    return {.tenant = world.tenant,
            .root = world.repository->roots().value().front(),
            .authorities = {http.authority("A")}};
  }
  EvidenceReport check(const EvidenceFiles& files) { return check(files, policy()); }
  EvidenceReport check(const EvidenceFiles& files, const TrustPolicy& by, std::optional<Instant> now = {}) {
    return check_evidence(files, by, {world.calendars, world.zones, now.value_or(true_clock.now())});
  }
  /// As its maker, who has the entry key, could hand it out.
  EvidenceFiles resealed(EvidenceFiles files) {
    files.erase(std::string(kSumsFile));
    files.erase(std::string(kSumsSignatureFile));
    EXPECT_THAT(seal_evidence(files, {world.tenant, world.recorder.origin()}, world.entry.key), is_ok());
    return files;
  }
  /// "MET" of "2/0101243150 installed".
  static std::string verdict(const EvidenceReport& report, const std::string& about) {
    for (const auto& [history, subject, judgement] : report.judgements) {
      if (history + " " + subject == about) return std::string(to_string(judgement.verdict));
    }
    return "";
  }
  static std::string line(const EvidenceReport& report, const std::string& about) {
    for (const NamedJudgement& judged : report.judgements) {
      if (judged.history + " " + judged.subject == about) return judgement_line(judged);
    }
    return "";
  }
  static std::string wrong(const EvidenceReport& report) {
    std::string out;
    for (const EvidenceStep& step : report.steps) {
      if (!step.holds) out += step.name + ": " + step.detail + "\n";
    }
    return out;
  }
  /// "ok: …" or "WRONG: …" of a step; empty where it was not made.
  static std::string found(const EvidenceReport& report, std::string_view step) {
    for (const EvidenceStep& one : report.steps) {
      if (one.name == step) return (one.holds ? "ok: " : "WRONG: ") + one.detail;
    }
    return "";
  }
  /// The number of the first entry of O of that type.
  static std::uint64_t place_of(const EvidenceFiles& files, std::string_view type) {
    for (std::uint64_t i = 0;; ++i) {
      const auto entry = files.find(entry_path({LogName::o, 1, ""}, i));
      if (entry == files.end()) return i;
      const auto parsed = parse_log_entry(dsse::parse(entry->second).value().payload).value();
      if (parsed.type == type) return i;
    }
  }
  static std::string entry(std::uint64_t index) { return entry_path({LogName::o, 1, ""}, index); }

  World world;
  SetClock true_clock;  ///< the authority's
  AuthorityHttp http{true_clock, world.random};
};

/// Published and on both computers in time.
class KeptPromise : public EvidenceTest {
 protected:
  void SetUp() override {
    EvidenceTest::SetUp();
    set_time("2025-10-30T02:00:00Z");
    ASSERT_THAT(world.publish({"1.0"}), is_ok());
    for (const char* name : {"PC-1", "PC-2"})
      computers.push_back(world.enrol(name));
    for (const TestInstall& install : computers)
      installs(install);
    stamp();
  }

  std::vector<TestInstall> computers;
};

}  // namespace kip::server::testing
