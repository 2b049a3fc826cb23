#pragma once

#include <server/domain/erasure.hpp>
#include <signing/evidence/log_events.hpp>

#include "../fake_mail_client.hpp"
#include "../world.hpp"

namespace kip::server::testing {

/// People's words about an act and an obligation: a corrected date, a suspension, a waiver, a block.
inline void decide_everything(World& world) {
  using kip::testing::fails_with;
  const ActKey act = ActKey::parse("BTC:99/2025/TT-BTC:2025").value();
  const LegalDate day = parse_date("2025-10-28").value();
  Decisions& to = world.decisions;
  ASSERT_THAT(to.state_date("staff:an", {act, {Trigger::act_signed, day, "gazette", {}, {}}}), is_ok());
  ASSERT_THAT(to.confirm_date("staff:binh", {act, {Trigger::act_signed, day, "the gazette is right", {}, {}}}),
              is_ok());
  ASSERT_THAT(to.state_development("staff:an", {act,
                                                {.turn = ActTurn::suspended,
                                                 .on = day,
                                                 .source = "notice",
                                                 .clock = ClockDecision::starts_anew,
                                                 .from = day,
                                                 .reason = "resumed at once"}}),
              is_ok());
  ASSERT_THAT(to.confirm_development("staff:binh", {act, 1}), is_ok());
  ASSERT_THAT(
      to.request_waiver("staff:an",
                        {1, {.reason = "no customer uses it", .expires = world.clock.now() + std::chrono::hours(1)}}),
      is_ok());
  ASSERT_THAT(to.approve_waiver("staff:binh", {1, 1}), is_ok());
  const Act in_parts{.key = ActKey::create("BTC", "1/2025", 2025).value(),
                     .signed_on = day,
                     .changes = {ActChange::report_form},
                     .parts = {"print-form", "xml-export"}};
  const auto registered = world.registry.register_acts("staff:an", {in_parts}, false).value();
  const std::int64_t number = registered.at(0).obligations.at(0).view.number;
  EXPECT_THAT(to.block("staff:an", {number, {.part = "pdf", .since = day, .evidence = "none"}}),
              fails_with(ErrorCode::usage, "print-form, xml-export"));
  ASSERT_THAT(to.block("staff:an", {number, {.part = "xml-export", .since = day, .evidence = "no schema yet"}}),
              is_ok());
  ASSERT_THAT(to.unblock("staff:an", {number, "xml-export", day, "published"}), is_ok());
}

/// What people say about numbers that are no registered act.
inline void dispose_of_numbers(World& world) {
  const ActSeries series = make_series("BTC", 2025, "TT-BTC").value();
  ASSERT_THAT(world.coverage.dispose("staff:an", {series, {1, 98, Disposition::not_relevant, "customs"}}), is_ok());
  ASSERT_THAT(world.coverage.extend("staff:an", {series, {120, "the gazette"}}), is_ok());
}

/// A notice that is taken and comes back, one that is refused.
inline void send_notices(World& world, Mailer& mailer, FakeMailClient& client) {
  ASSERT_THAT(world.registry.import_customers("staff:an", {world.customer("ke.toan@minh-anh.example")}, false),
              is_ok());
  client.answers = {{MailAnswer::Kind::accepted, 250}, {MailAnswer::Kind::permanent, 550, "5.1.1"}};
  ASSERT_THAT(mailer.run([] { return false; }), is_ok());
  ASSERT_THAT(world.notices.take_report("staff:an", delivery_report(client.message_ids.at(0))), is_ok());
}

/// Terms about service, requests by an install and by telephone with all that can happen to them, an inspection.
inline void ask_for_service(World& world, const TestInstall& install) {
  const auto bytes = kip::testing::read_file(KIP_SAMPLES "/terms/vendor-b.json");
  ASSERT_THAT(world.registry.import_terms("staff:an", parse_terms(bytes).value()), is_ok());
  ServiceDesk& desk = world.service;
  ASSERT_THAT(desk.take(world.caller(install), world.signed_request(install, ServiceKind::question)), is_ok());
  ASSERT_THAT(desk.take_call("staff:an", world.service_call(ServiceKind::remote)), is_ok());
  ASSERT_THAT(desk.answer("staff:an", 2, "we look at it"), is_ok());
  ASSERT_THAT(desk.fail_remote("staff:an", 2, "no connection"), is_ok());
  ASSERT_THAT(desk.take_call("staff:binh", world.service_call(ServiceKind::onsite)), is_ok());
  const Instant from = world.clock.now() + std::chrono::minutes(5);
  world.clock.advance(std::chrono::hours(1));
  ASSERT_THAT(desk.visit("staff:binh", {3, {from, world.clock.now(), "new cable", sha256("minutes"), {}, {}}}),
              is_ok());
  ASSERT_THAT(desk.resolve("staff:an", 3, "done"), is_ok());
  const LegalDate day = parse_date("2025-10-28").value();
  const TaxCode customer = TaxCode::parse("0101243150").value();
  ASSERT_THAT(desk.inspect("staff:an", {customer, world.product, {day, {}, "all well", sha256("record")}}), is_ok());
}

/// What the server records about its logs.
inline void keep_logs(World& world) {
  ASSERT_THAT(world.logs.start(), is_ok());
  auto unit = world.store->begin(world.tenant, Access::write).value();
  const Recorder& recorder = world.recorder;
  ASSERT_THAT(recorder.record(*unit, event_type::kHeadRecorded, kServerActor,
                              head_recorded_body(world.logs.published(LogName::r).value())),
              is_ok());
  ASSERT_THAT(recorder.record(*unit, event_type::kTimestampRecorded, kServerActor,
                              timestamp_recorded_body({"x\n", "A", "token", std::chrono::seconds(1), true})),
              is_ok());
  ASSERT_THAT(unit->commit(), is_ok());
  unit.reset();
  ASSERT_THAT(world.logs.restart("server", "the disk was lost", {}), is_ok());
}

/// A person who comes, signs in, is given another role and goes.
inline void employ(World& world) {
  const Actor an("staff:an", "token:1f2e3d4c5b6a", "192.0.2.7");
  const PersonName lan = PersonName::parse("lan").value();
  const auto invited = world.people.add(an, {lan, {StaffRole::support}}).value();
  ASSERT_THAT(world.sign_in.set_password("lan", SecretBytes(Bytes(invited.invitation)),
                                         SecretBytes(Bytes("a long pass phrase")), "192.0.2.8"),
              is_ok());
  ASSERT_THAT(world.people.change(an, {lan, {StaffRole::auditor}, {sha256("a key").hex()}}), is_ok());
  const auto token =
      world.access.create_token(an, lan, {.label = "job", .scopes = StaffActions{StaffAction::read}}).value();
  ASSERT_THAT(world.access.create_token(an, lan, {}), is_ok());
  ASSERT_THAT(world.access.revoke_token(an, lan, token.record.id()), is_ok());
  ASSERT_THAT(world.people.remove(an, lan, "has left", PersonName::parse("an").value()), is_ok());
}

/// Of computers with a code that asks for a person's word one is let in and retired, one stays out.
inline void let_in_by_word(World& world) {
  const CodeRequest request{TaxCode::parse("0101243150").value(), world.product, 1, "branch", 3, true};
  const auto codes = world.enrolment.create_codes("staff:an", request, world.publisher.first_root().value());
  std::vector<InstallId> waiting;
  for (int i = 0; i < 2; ++i) {
    const auto asked = world.enrolment.enrol(
        world.enrolment_envelope(codes->codes.front(), PrivateKey::generate(KeyType::ed25519).value()));
    waiting.push_back(asked->install);
  }
  ASSERT_THAT(world.enrolment.approve("staff:binh", waiting[0]), is_ok());
  ASSERT_THAT(world.enrolment.decline("staff:binh", {waiting[1], "nobody knows it"}), is_ok());
  ASSERT_THAT(world.enrolment.retire("staff:an", {waiting[0], "sold"}), is_ok());
}

/// One person hands a release in, and another one approves it.
inline void approve_a_release(World& world) {
  const PublishRequest request{world.publication({"1.0", "1.1"}), {{world.product, Version::parse("1.1").value(), 10}}};
  const auto handed = world.proposals.hand_in("staff:an", request, "rates of 2026");
  ASSERT_TRUE(handed->waits.has_value());
  ASSERT_THAT(world.proposals.approve("staff:binh", handed->waits->id), is_ok());
}

/// A history in which every type of event occurs: a release, an install with receipts that contradict each other, a
/// code used twice, an install that takes the place of another, a second release.
inline void live_through_everything(World& world) {
  FakeMailClient client;
  Mailer mailer(world.mailer_ports(client), mailer_options());
  ASSERT_THAT(mailer.run([] { return false; }), is_ok());
  world.register_act_and_commitments();
  decide_everything(world);
  dispose_of_numbers(world);
  employ(world);
  world.import_customer();
  ASSERT_THAT(world.publish({"1.0"}), is_ok());
  TestInstall install = world.enrol();
  const Bytes first = world.signed_receipt(install, world.receipt(install, 1, InstallState::installed, "1.0"));
  const Bytes third = world.signed_receipt(install, world.receipt(install, 3, InstallState::installed, "1.0"));
  ASSERT_THAT(world.receipts.take(world.caller(install), {first, third}), is_ok());
  world.rekey(install);
  const Bytes twin = world.signed_receipt(install, world.receipt(install, 1, InstallState::failed, "1.0"));
  ASSERT_THAT(world.receipts.take(world.caller(install), {twin}), is_ok());
  ask_for_service(world, install);
  ASSERT_THAT(world.rollouts.label("staff:an", {install.id, {Label::parse("pilot").value()}}), is_ok());
  const EnrolmentCode code = world.code();
  for (int i = 0; i < 2; ++i) {
    static_cast<void>(
        world.enrolment.enrol(world.enrolment_envelope(code, PrivateKey::generate(KeyType::ed25519).value())));
  }
  const auto replacement =
      world.enrolment.create_replacement("staff:an", install.id, world.publisher.first_root().value());
  ASSERT_THAT(world.enrolment.enrol(
                  world.enrolment_envelope(replacement->code, PrivateKey::generate(KeyType::ed25519).value())),
              is_ok());
  let_in_by_word(world);
  world.clock.advance(std::chrono::hours(5));
  world.audiences["1.1"] = {Label::parse("pilot").value()};
  approve_a_release(world);
  send_notices(world, mailer, client);
  keep_logs(world);
  // Of whom nothing but that stays.
  Customer gone = world.customer("");
  gone.tax_code = TaxCode::parse("0909").value();
  ASSERT_THAT(world.registry.import_customers("staff:an", {gone}, false), is_ok());
  ASSERT_THAT(erase_customer(*world.store, world.recorder, "staff:an", gone.tax_code, "request 12"), is_ok());
}

}  // namespace kip::server::testing
