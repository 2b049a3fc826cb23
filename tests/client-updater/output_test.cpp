#include <client-updater/app/output.hpp>

#include "world.hpp"

namespace kip::updater {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string text(const Output& output, std::string_view member) {
  const auto found = output.value.find(member);
  return found == output.value.end() || found->second.as_text() == nullptr ? "" : *found->second.as_text();
}

TEST(Describe, AnUpdate) {
  const auto world = world_with_old_forms();
  const Release release = world->vendor.release("1.1", kNewForms);
  UpdateResult result = world->update().value();
  result.fetched->octets = 1234;
  const Output output = describe(result);
  EXPECT_THAT(output.lines,
              ElementsAre("version 1.1 is installed and in use (before: 1.0; by its package of 1234 bytes)",
                          "  en: what is new"));
  EXPECT_EQ(*output.value.at("downloaded").find("what"), json::Value("package"));
  EXPECT_EQ(*output.value.at("downloaded").find("bytes"), json::Value(1234));
  result.fetched->by_delta = true;
  EXPECT_THAT(describe(result).lines.front(), HasSubstr("by a delta of 1234 bytes"));
  EXPECT_EQ(text(output, "result"), "installed");
  EXPECT_EQ(*output.value.at("in_use").find("manifest"), json::Value(release.manifest.hex()));
  EXPECT_EQ(*output.value.at("before").find("version"), json::Value("1.0"));
}

TEST(Describe, AnUpdateWithExceptions) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  UpdateResult result = world->update().value();
  result.kept_edited = {"letter.ini"};
  const Output output = describe(result);
  EXPECT_EQ(text(output, "result"), "installed_with_exceptions");
  EXPECT_EQ(output.value.at("exceptions"), json::Value(json::Array{"letter.ini"}));
  EXPECT_THAT(output.lines[1], HasSubstr("letter.ini.kip-new"));
}

TEST(Describe, AChangeThatWasInterrupted) {
  const auto world = world_with_old_forms();
  Status status = read_status(world->files, world->store, world->layout).value();
  EXPECT_EQ(describe(status).value.at("interrupted"), json::Value(false));
  status.state.attempt.phase = Phase::committed;
  EXPECT_EQ(describe(status).value.at("interrupted"), json::Value(true));
  EXPECT_THAT(describe(status).lines, ::testing::Contains(HasSubstr("was interrupted")));
}

TEST(Describe, EveryKindOfOfferInOneLine) {
  const auto world = world_with_old_forms();
  const Release release = world->vendor.release("1.1", kNewForms);
  const auto line_for = [&] { return describe(world->check().value()).lines.front(); };
  EXPECT_THAT(line_for(), HasSubstr("version 1.1 is available, version 1.0 is in use"));
  world->vendor.roll_out(release, 100, true);
  EXPECT_THAT(line_for(), HasSubstr("paused version 1.1"));
  world->vendor.roll_out(release, 0);
  EXPECT_THAT(line_for(), HasSubstr("goes to other installs first; this one is to wait"));
  world->vendor.release("0.9", kOldForms);
  EXPECT_THAT(line_for(), HasSubstr("kip-updater rollback"));
}

TEST(Describe, AWarningWhereTheVersionInUseWasRevoked) {
  const auto world = world_with_old_forms();
  Release release = world->vendor.release("1.1", kNewForms);
  release.revoked["1.0"] = "wrong formula";
  world->vendor.repository.change_release(release);
  world->vendor.roll_out(release);
  const Output output = describe(world->check().value());
  EXPECT_THAT(output.lines.back(), HasSubstr("wrong formula"));
  EXPECT_THAT(text(output, "warning"), HasSubstr("wrong formula"));
}

TEST(Describe, ALogThatContradictsItselfIsToldWhateverCameOfTheUpdate) {
  const auto world = world_with_old_forms();
  world->vendor.release("1.1", kNewForms);
  UpdateResult result = world->update().value();
  result.offer.log.conflict = LogConflict{LogFault::forked, "vendor.test/log/o", "earlier", "later", Instant()};
  const auto is_told = [](const Output& output) {
    const auto log = output.value.find("log");
    return log != output.value.end() && log->second.find("conflict") != nullptr &&
           std::any_of(output.lines.begin(), output.lines.end(),
                       [](const std::string& line) { return line.starts_with("ALARM: the vendor's log"); });
  };
  EXPECT_TRUE(is_told(describe(result)));
  result.installed = false;
  EXPECT_TRUE(is_told(describe(result)));
  result.waiting = Waiting::window;
  EXPECT_TRUE(is_told(describe(result)));
  result.waiting = Waiting::nothing;
  result.stopped_by_vendor = true;
  EXPECT_TRUE(is_told(describe(result)));
  EXPECT_TRUE(is_told(describe(result.offer)));
  result.offer.log = {};
  result.offer.log.failure = Error{ErrorCode::network, "nobody answers"};
  EXPECT_FALSE(is_told(describe(result.offer)));
  EXPECT_EQ(*describe(result.offer).value.at("log").find("failure"), json::Value("nobody answers"));
}

TEST(Describe, ADeliveryThatFailed) {
  const DeliveryResult result{.delivered = 0,
                              .kept = 3,
                              .next_try = parse_instant("2026-01-01T00:00:30Z").value(),
                              .failure = Error{ErrorCode::network, "could not connect to URL"}};
  const Output output = describe(result);
  EXPECT_THAT(output.lines, ElementsAre("the server cannot be reached; 3 reports are kept; next try at "
                                        "2026-01-01T00:00:30Z (could not connect to URL)"));
  EXPECT_EQ(*output.value.at("failure").find("code"), json::Value("network"));
}

TEST(Describe, ADeliveryOfNothingSaysNothing) {
  EXPECT_THAT(describe(DeliveryResult{}).lines, IsEmpty());
  EXPECT_THAT(describe(DeliveryResult{.delivered = 1}).lines, ElementsAre("1 report delivered"));
  EXPECT_THAT(describe(DeliveryResult{.delivered = 1, .held = true}).lines, SizeIs(2));
}

TEST(Describe, AStatus) {
  const auto world = world_with_old_forms();
  const Status status = read_status(world->files, world->store, world->layout).value();
  EXPECT_TRUE(status.pointer_as_recorded);
  EXPECT_THAT(status.metadata, SizeIs(6));
  const Output output = describe(status);
  EXPECT_EQ(text(output, "install"), "01JD0000000000000000000001");
  EXPECT_EQ(*output.value.at("in_use").find("version"), json::Value("1.0"));
  EXPECT_EQ(*output.value.at("outbox").find("acknowledged"), json::Value(4));
  EXPECT_NE(output.value.at("metadata").find("product-forms"), nullptr);
  EXPECT_THAT(output.lines, ::testing::Contains(HasSubstr("forms 1.0")));
}

}  // namespace
}  // namespace kip::updater
