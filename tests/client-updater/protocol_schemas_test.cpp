// What installs and servers send each other: schema and reader must agree about each member.

#include <functional>
#include <set>

#include <gtest/gtest.h>

#include <manifests/model/bundle.hpp>
#include <manifests/model/enrolment.hpp>
#include <manifests/model/evidence_index.hpp>
#include <manifests/model/key_rotation.hpp>
#include <manifests/model/log_entry.hpp>
#include <manifests/model/log_heads.hpp>
#include <manifests/model/postponement.hpp>
#include <manifests/model/receipt.hpp>
#include <manifests/model/receipt_file.hpp>
#include <manifests/model/service_request.hpp>
#include <signing/evidence/claimed_authorities.hpp>
#include <testing/files.hpp>

namespace kip {
namespace {

struct Format {
  const char* name;
  const char* schema;
  std::string full;  ///< has every member there is
  std::function<bool(BytesView)> reads;
};

void PrintTo(const Format& format, std::ostream* out) {
  *out << format.name;
}

const std::string kHash(64, 'a');
const std::string kIncarnation(32, 'b');

const std::vector<Format> kFormats = {
    {"receipt", "receipt.schema.json",
     R"({"format":"kip.receipt/1","tenant":"t","install":"01JD0000000000000000000001","incarnation":")" + kIncarnation +
         R"(","sequence":2,"previous":")" + kHash + R"(","claimed_time":"2026-01-01T00:00:00Z","state":"installed",)" +
         R"("product":"p","version":"1.0","manifest":")" + kHash + R"(","detail":"d","basis":")" + kHash +
         R"(","seen":{"origin":"x/log/o","size":7,"root":")" + kHash + R"("}})",
     [](BytesView text) { return parse_receipt(text).has_value(); }},
    {"acknowledgement", "acknowledgement.schema.json",
     R"({"format":"kip.acknowledgement/1","tenant":"t","install":"01JD0000000000000000000001","basis":")" + kHash +
         R"(","receipts":[{"incarnation":")" + kIncarnation + R"(","sequence":2,"receipt":")" + kHash +
         R"(","event_index":1,"recorded_time":"2026-01-01T00:00:00Z"}]})",
     [](BytesView text) { return parse_acknowledgement(text).has_value(); }},
    {"postponement", "postponement.schema.json",
     R"({"format":"kip.postponement/1","tenant":"t","install":"01JD0000000000000000000001","may_postpone":true,)"
     R"("force_allowed":false,"said_at":"2026-01-01T00:00:00Z","labels":["pilot"]})",
     [](BytesView text) { return parse_postponement(text).has_value(); }},
    {"log_entry", "log-entry.schema.json",
     R"({"format":"kip.log-entry/1","id":"01JD0000000000000000000001","tenant":"t","origin":"https://x","type":"t",)"
     R"("claimed_time":"2026-01-01T00:00:00Z","body":{},"withheld":true,"event":")" +
         kHash + R"("})",
     [](BytesView text) { return parse_log_entry(text).has_value(); }},
    {"key_rotation", "key-rotation.schema.json",
     R"({"format":"kip.key-rotation/1","tenant":"t","install":"01JD0000000000000000000001","old_key":")" + kHash +
         R"(","new_key":{"keytype":"k","scheme":"s","keyval":{"public":"x"}},"made_at":"2026-01-01T00:00:00Z"})",
     [](BytesView text) { return parse_key_rotation(text).has_value(); }},
    {"key_rotation_answer", "key-rotation-answer.schema.json",
     R"({"format":"kip.key-rotation-answer/1","tenant":"t","install":"01JD0000000000000000000001","key":")" + kHash +
         R"(","said_at":"2026-01-01T00:00:00Z"})",
     [](BytesView text) { return parse_key_rotation_answer(text).has_value(); }},
    {"enrolment", "enrolment-request.schema.json",
     R"({"format":"kip.enrolment/1","tenant":"t","product":"p","secret":")" + kIncarnation +
         R"(","public_key":{"keytype":"k","scheme":"s","keyval":{"public":"x"}},"label":"PC1"})",
     [](BytesView text) { return parse_enrolment_request(text).has_value(); }},
    {"offline_statement", "offline-statement.schema.json",
     R"({"format":"kip.offline/1","tenant":"t","product":"p","version":"1.0","manifest":")" + kHash +
         R"(","timestamp":")" + kHash +
         R"(","created_at":"2026-01-01T00:00:00Z","valid_until":"2026-01-31T00:00:00Z"})",
     [](BytesView text) { return parse_offline_statement(text).has_value(); }},
    {"bundle", "bundle.schema.json",
     R"({"format":"kip.bundle/1","tenant":"t","product":"p","version":"1.0","created_at":"2026-01-01T00:00:00Z",)"
     R"("valid_until":"2026-01-31T00:00:00Z","entries":[{"path":"statement.json","size":2,"sha256":")" +
         kHash + R"("}]})",
     [](BytesView text) { return parse_bundle_index(text).has_value(); }},
    {"receipts", "receipts.schema.json",
     R"({"format":"kip.receipts/1","tenant":"t","install":"01JD0000000000000000000001","receipts":["e30="]})",
     [](BytesView text) { return parse_receipt_file(text, ReceiptFileKind::receipts).has_value(); }},
    {"acknowledgements", "acknowledgements.schema.json",
     R"({"format":"kip.acknowledgements/1","tenant":"t","install":"01JD0000000000000000000001","acknowledgements":["e30="]})",
     [](BytesView text) { return parse_receipt_file(text, ReceiptFileKind::acknowledgements).has_value(); }},
    {"evidence", "evidence.schema.json",
     R"({"format":"kip.evidence/1","tenant":"t","origin":"https://x","made_at":"2026-01-01T00:00:00Z",)"
     R"("about":"obligation","obligations":[1],"customers":["0101243150"],)"
     R"("logs":[{"log":"o","number":1,"origin":"x/log/o","size":7}],"officers":")" +
         kHash + R"("})",
     [](BytesView text) { return parse_evidence_index(text).has_value(); }},
    {"evidence_authorities", "evidence-authorities.schema.json",
     R"({"format":"kip.evidence-authorities/1","authorities":[{"name":"first","roots":["AQ=="],"untrusted":["AQ=="],)"
     R"("policies":["1.2.3"],"crls":["AQ=="],"ocsp":["AQ=="],"accuracy_us":1,"independent":true}]})",
     [](BytesView text) { return parse_claimed_authorities(text).has_value(); }},
    {"log_heads", "log-heads.schema.json",
     R"({"format":"kip.log-heads/1","tenant":"t","install":"01JD0000000000000000000001",)"
     R"("exported_at":"2026-01-01T00:00:00Z","heads":[{"origin":"x/log/o","size":7,"root":")" +
         kHash +
         R"(","seen_at":"2026-01-01T00:00:00Z","note":"n"}],"conflicts":[{"fault":"forked","origin":"x/log/o",)" +
         R"("earlier":"n","later":"m","noticed_at":"2026-01-01T00:00:00Z"}]})",
     [](BytesView text) {
       const auto heads = parse_log_heads(text);
       return heads && parse_log_heads(to_bytes(*heads)).value() == *heads;
     }},
    {"service_request", "service-request.schema.json",
     R"({"format":"kip.service-request/1","tenant":"t","install":"01JD0000000000000000000001",)"
     R"("id":"01JD0000000000000000000002","product":"p","kind":"failed-update","grade":2,"note":"n",)"
     R"("claimed_time":"2026-01-01T00:00:00Z","failed":{"version":"1.1","error":"e"}})",
     [](BytesView text) { return parse_service_request(text).has_value(); }},
    {"service_answer", "service-answer.schema.json",
     R"({"format":"kip.service-answer/1","tenant":"t","install":"01JD0000000000000000000001",)"
     R"("id":"01JD0000000000000000000002","request":")" +
         kHash + R"(","number":7,"recorded_time":"2026-01-01T00:00:00Z"})",
     [](BytesView text) { return parse_service_answer(text).has_value(); }},
};

class ProtocolSchema : public ::testing::TestWithParam<Format> {
 protected:
  json::Value schema =
      json::parse(testing::read_file(std::string(KIP_SAMPLES "/../schemas/") + GetParam().schema)).value();
  json::Value full = json::parse(GetParam().full).value();

  static bool reads(const json::Value& value) { return GetParam().reads(json::to_compact(value)); }
};

TEST_P(ProtocolSchema, NeedsTheMembersThatTheReaderNeeds) {
  std::set<std::string> required;
  for (const json::Value& name : *schema.find("required")->as_array())
    required.insert(*name.as_text());
  if (schema.find("else") != nullptr) required.insert("previous");  // of every receipt but the first
  if (schema.find("then") != nullptr) required.insert("failed");    // of a failed update
  ASSERT_TRUE(reads(full));
  EXPECT_EQ(schema.find("properties")->as_object()->size(), full.as_object()->size());
  for (const auto& [name, property] : *schema.find("properties")->as_object()) {
    json::Object without = *full.as_object();
    ASSERT_EQ(without.erase(name), 1U) << name;
    EXPECT_EQ(reads(without), !required.contains(name)) << name;
  }
}

TEST_P(ProtocolSchema, AllowsMembersOfLaterVersions) {
  json::Object with = *full.as_object();
  with.emplace("more", 1);
  EXPECT_TRUE(reads(with));
  EXPECT_EQ(schema.find("additionalProperties"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Formats, ProtocolSchema, ::testing::ValuesIn(kFormats),
                         [](const auto& row) { return row.param.name; });

TEST(ReceiptSchema, ListsEveryState) {
  const json::Value schema = json::parse(testing::read_file(KIP_SAMPLES "/../schemas/receipt.schema.json")).value();
  for (const json::Value& state : *schema.find("properties")->find("state")->find("enum")->as_array())
    EXPECT_TRUE(parse_install_state(*state.as_text()).has_value()) << *state.as_text();
  EXPECT_EQ(schema.find("properties")->find("state")->find("enum")->as_array()->size(), 13U);
}

}  // namespace
}  // namespace kip
