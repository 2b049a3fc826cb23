#include <array>

#include <gtest/gtest.h>

#include <manifests/model/enrolment.hpp>
#include <manifests/model/receipt.hpp>
#include <manifests/model/release.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

/// Good enough where only sameness counts: manifests/ has no real hash function.
Sha256Digest fake_sha256(BytesView bytes) {
  std::array<std::uint8_t, 32> out{};
  std::uint64_t state = 1469598103934665603U;
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const char c : bytes)
      state = (state ^ static_cast<unsigned char>(c)) * 1099511628211U;
    out[i] = static_cast<std::uint8_t>(state >> 56U);
    state += i + 1;
  }
  return Sha256Digest(out);
}

EnrolmentCode code() {
  return {"http://127.0.0.1:8080", *TenantId::parse("acme"), *ProductId::parse("forms"),
          fake_sha256("root"),     Bytes(32, 'k'),           std::string(32, 'a')};
}

TEST(EnrolmentCode, RoundTripsAndToleratesBlanksAround) {
  const std::string text = to_text(code(), fake_sha256);
  EXPECT_TRUE(text.starts_with("kip1:"));
  const auto read = parse_enrolment_code("  " + text + "\r\n", fake_sha256);
  ASSERT_THAT(read, is_ok());
  EXPECT_EQ(*read, code());
}

TEST(EnrolmentCode, NoticesEachMistypedCharacter) {
  const std::string text = to_text(code(), fake_sha256);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
    EXPECT_THAT(parse_enrolment_code(wrong, fake_sha256), fails_with(ErrorCode::malformed)) << i;
  }
  EXPECT_THAT(parse_enrolment_code(text.substr(0, text.size() - 1), fake_sha256), fails_with(ErrorCode::malformed));
  EXPECT_THAT(parse_enrolment_code("", fake_sha256), fails_with(ErrorCode::malformed));
}

Receipt receipt() {
  return {*TenantId::parse("acme"),
          *InstallId::parse("01JD0000000000000000000000"),
          std::string(32, '0'),
          2,
          fake_sha256("1"),
          *parse_instant("2026-11-22T08:00:00Z"),
          InstallState::installed,
          *ProductId::parse("forms"),
          *Version::parse("1.0"),
          fake_sha256("m"),
          "fine"};
}

TEST(Receipt, RoundTrips) {
  EXPECT_EQ(*parse_receipt(json::to_compact(to_json(receipt()))), receipt());
}

TEST(Receipt, ChainsExactlyFromTheSecondOn) {
  Receipt first = receipt();
  first.sequence = 1;
  EXPECT_THAT(parse_receipt(json::to_compact(to_json(first))), fails_with(ErrorCode::malformed, "previous"));
  first.previous.reset();
  EXPECT_THAT(parse_receipt(json::to_compact(to_json(first))), is_ok());
  Receipt second = receipt();
  second.previous.reset();
  EXPECT_THAT(parse_receipt(json::to_compact(to_json(second))), fails_with(ErrorCode::malformed, "previous"));
}

TEST(Receipt, RefusesUnknownStatesAndMajors) {
  auto value = to_json(receipt());
  (*value.as_object())["state"] = "done";
  EXPECT_THAT(parse_receipt(json::to_compact(value)), fails_with(ErrorCode::malformed));
  (*value.as_object())["state"] = "installed";
  (*value.as_object())["format"] = "kip.receipt/2";
  EXPECT_THAT(parse_receipt(json::to_compact(value)), fails_with(ErrorCode::malformed));
}

Acknowledgement acknowledgement_of(std::size_t count) {
  Acknowledgement out{*TenantId::parse("acme"), *InstallId::parse("01JD0000000000000000000000"), {}};
  for (std::size_t i = 1; i <= count; ++i) {
    const auto number = static_cast<std::int64_t>(i);
    std::array<std::uint8_t, Sha256Digest::kSize> octets{};
    octets[0] = static_cast<std::uint8_t>(i);
    out.receipts.push_back(
        {std::string(32, '0'), number, Sha256Digest(octets), 17 + number / 50, *parse_instant("2026-11-22T08:00:00Z")});
  }
  return out;
}

TEST(Acknowledgement, RoundTrips) {
  for (const std::size_t count : {1U, 2U, 100U}) {
    Acknowledgement said = acknowledgement_of(count);
    EXPECT_EQ(*parse_acknowledgement(json::to_compact(to_json(said))), said);
    said.basis = fake_sha256("t");
    EXPECT_EQ(*parse_acknowledgement(json::to_compact(to_json(said))), said);
  }
}

TEST(Acknowledgement, IsAboutOneToAHundredReceiptsAndEachOnce) {
  const auto parse = [](const Acknowledgement& said) { return parse_acknowledgement(json::to_compact(to_json(said))); };
  EXPECT_THAT(parse(acknowledgement_of(0)), fails_with(ErrorCode::malformed, "is empty"));
  EXPECT_THAT(parse(acknowledgement_of(101)), fails_with(ErrorCode::too_large, "101 items"));
  Acknowledgement twice = acknowledgement_of(2);
  twice.receipts[1].receipt = twice.receipts[0].receipt;
  EXPECT_THAT(parse(twice), fails_with(ErrorCode::malformed, "twice"));
  json::Value without = to_json(acknowledgement_of(1));
  without.as_object()->erase("receipts");
  EXPECT_THAT(parse_acknowledgement(json::to_compact(without)), fails_with(ErrorCode::malformed, "missing"));
}

Release release(const char* version) {
  return {*ProductId::parse("forms"),
          *Version::parse(version),
          fake_sha256("m"),
          {"BTC:99/2025/TT-BTC:2025"},
          {{"vi", "mới"}},
          {},
          {},
          {}};
}

TEST(Release, RoundTripsWithFloorRevocationsDowngradesAndForceAfter) {
  Release full = release("1.1");
  full.floor = *Version::parse("1.0");
  full.revoked["0.9"] = "wrong formula";
  full.downgrade_from = {*Version::parse("1.2"), *Version::parse("1.3")};
  full.force_after = *parse_instant("2026-01-31T17:00:00Z");
  EXPECT_EQ(*parse_release(to_json(full)), full);
  EXPECT_EQ(*parse_release(to_json(release("1.0"))), release("1.0"));
  EXPECT_EQ(release_target_path(full.product, full.version), "forms/forms-1.1.kpk");
}

TEST(ProductPolicy, AllowsOnlyTheDowngradesThatAreNamed) {
  Release first = release("1.1");
  first.downgrade_from = {*Version::parse("1.2.0")};
  ProductPolicy policy;
  policy.take_in(first);
  policy.take_in(release("1.0"));
  EXPECT_TRUE(policy.allows_downgrade(*Version::parse("1.2"), *Version::parse("1.1.0")));
  EXPECT_FALSE(policy.allows_downgrade(*Version::parse("1.3"), *Version::parse("1.1")));
  EXPECT_FALSE(policy.allows_downgrade(*Version::parse("1.2"), *Version::parse("1.0")));
}

TEST(ProductPolicy, TakesTheHighestFloorAndEveryRevocation) {
  Release first = release("2.0");
  first.floor = *Version::parse("1.5");
  Release second = release("2.1");
  second.floor = *Version::parse("1.0");
  second.revoked["2.0"] = "wrong formula";
  ProductPolicy policy;
  policy.take_in(first);
  policy.take_in(second);
  EXPECT_THAT(policy.check(*Version::parse("1.4")), fails_with(ErrorCode::rollback, "floor 1.5"));
  EXPECT_THAT(policy.check(*Version::parse("2.0.0")), fails_with(ErrorCode::rollback, "wrong formula"));
  EXPECT_THAT(policy.check(*Version::parse("1.5")), is_ok());
}

}  // namespace
}  // namespace kip
