#include <algorithm>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include <manifests/deadline/calendar.hpp>
#include <manifests/deadline/calendar_amendment.hpp>
#include <manifests/deadline/rule.hpp>
#include <manifests/model/act.hpp>
#include <manifests/model/commitment.hpp>
#include <manifests/model/customer.hpp>
#include <manifests/model/service_promise.hpp>
#include <manifests/model/terms.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

/// A format with a text that has every member there is; the schema and the reader must agree about each.
struct Format {
  const char* name;
  std::string full;
  std::function<std::string(BytesView)> error_of;  ///< empty where the text is read
};

template <class T>
std::string message_of(const Result<T>& result) {
  return result ? std::string() : result.error().message;
}

const std::string kCommitment = R"({"format":"kip.commitment/1.1","id":"a","product":"forms","title":"t","clause":"c",
  "issuers":["BTC"],"act_kinds":["law"],"changes":[],"period":{"amount":4,"unit":"hour"},"trigger":"vendor-aware",
  "rule":"LITERAL","calendar":"VN","profile":"public","milestone":"published","clock":"elapsed",
  "office":["08:00-17:00"],"risk_hours":4,"beyond_contract":true})";

const std::vector<Format>& formats() {
  static const std::vector<Format> kFormats = {
      {"calendar",
       R"({"format":"kip.calendar/1.1","version":"1","country":"VN","timezone":"UTC","weekend":[7],"licence":"l",
       "coverage":{"from":"2025-01-01","to":"2025-12-31"},"days":[],"unconfirmed":[],"fixed":[],"notes":[],"source":[],
       "provisional":{"from":"2026-01-01","to":"2026-12-31","reason":"r","days":[],"unconfirmed":[]},
       "lacks_local_holidays":true})",
       [](BytesView text) { return message_of(parse_calendar(text)); }},
      {"calendar-amendment",
       R"({"format":"kip.calendar-amendment/1","country":"VN","version":"1","confirm":[],"reject":[],"days":[],
       "complete_to":"2026-12-31","notes":[]})",
       [](BytesView text) { return message_of(parse_calendar_amendment(text)); }},
      {"rule",
       R"({"format":"kip.rule/1","id":"X","jurisdictions":["VN"],"law":{"key":"x","divided_in":"article","names":{"en":"X",
       "vi":"X","hu":"X","zh":"X"}},"event_day":"1","ends":{"day":"2"},"hours":{"start":"moment","articles":"3"},
       "last_day":{"move":"none"},"working_days":{"kind":"of-calendar"},"least_working_days":{"from_days":2,"least":2},
       "end_of_day":{"articles":"4","close_of_business":"5"},"notes":[],"source":[]})",
       [](BytesView text) { return message_of(parse_rule(text)); }},
      {"act",
       R"({"format":"kip.act/1.1","country":"VN","issuer":"A","number":"1","year":2025,"kind":"law","title":"t","note":"n",
       "signed_on":"2025-01-01","gazetted_on":"2025-01-01","effective_on":"2025-01-01","confidence":"c",
       "document_sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","changes":["tax-form"],
       "forms":[],"replaces":[],"applies_to":{},"aware_on":"2025-01-01","sources":{},"parts":[],"amends":[]})",
       [](BytesView text) { return message_of(parse_act(text)); }},
      {"commitment", kCommitment, [](BytesView text) { return message_of(parse_commitment(text)); }},
      {"commitments", R"({"format":"kip.commitments/1","commitments":[)" + kCommitment + "]}",
       [](BytesView text) { return message_of(parse_commitments(text)); }},
      {"customer",
       R"({"format":"kip.customer/1.1","tax_code":"1","name":"n","email":"e","product":"forms","seats":1,"regime":"r",
       "contract_start":"2025-01-01","periods":{"months":[12]},"vat_method":"v","trade":"t",
       "start_event":"sold","obligations_from":"2025-01-01","commitments":[],"by_the_hour":true,"may_postpone":true,
       "force_allowed":true,"language":"vi","phone":"p"})",
       [](BytesView text) { return message_of(parse_customer(text)); }},
      {"terms",
       R"({"format":"kip.terms/1","vendor":"v","jurisdiction":"VN","commitments":[],"service_promises":[],"contracts":[],
       "practices":[],"notes":[]})",
       [](BytesView text) { return message_of(parse_terms(text)); }},
  };
  return kFormats;
}

void PrintTo(const Format& format, std::ostream* out) {
  *out << format.name;
}

class Schema : public ::testing::TestWithParam<Format> {};

TEST_P(Schema, NamesTheMembersThatTheReaderKnowsAndNeeds) {
  const Format& format = GetParam();
  const std::string path = std::string(KIP_SAMPLES "/../schemas/") + format.name + ".schema.json";
  const json::Value schema = json::parse(testing::read_file(path)).value();
  std::set<std::string> required;
  for (const json::Value& name : *schema.find("required")->as_array())
    required.insert(*name.as_text());
  ASSERT_EQ(format.error_of(format.full), "");
  const json::Value full = json::parse(format.full).value();
  for (const auto& [name, property] : *schema.find("properties")->as_object()) {
    json::Object without = *full.as_object();
    ASSERT_EQ(without.erase(name), 1U) << "the full text lacks " << name << ", or the reader does not know it";
    const std::string error = format.error_of(json::to_compact(without));
    EXPECT_EQ(!error.empty(), required.contains(name)) << name << ": " << error;
  }
  EXPECT_EQ(schema.find("properties")->as_object()->size(), full.as_object()->size());
  json::Object with = *full.as_object();
  with.emplace("more", 1);
  EXPECT_NE(format.error_of(json::to_compact(with)), "");
  EXPECT_EQ(*schema.find("additionalProperties")->as_bool(), false);
}

INSTANTIATE_TEST_SUITE_P(Formats, Schema, ::testing::ValuesIn(formats()), [](const auto& row) {
  std::string name = row.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

/// The members of one form of an object: of all that the schema names, those that it does not forbid there.
std::set<std::string> members_of(const json::Value& schema, const json::Value& form) {
  std::set<std::string> out;
  for (const auto& [name, property] : *schema.find("properties")->as_object()) {
    const json::Value* said = form.find("properties")->find(name);
    if (said == nullptr || *said != json::Value(false)) out.insert(name);
  }
  return out;
}

std::set<std::string> members_of(const char* text) {
  std::set<std::string> out;
  const json::Value value = json::parse(text).value();
  for (const auto& [name, member] : *value.as_object())
    out.insert(name);
  return out;
}

TEST(Schemas, APromiseIsAboutRequestsOrAboutInspections) {
  const json::Value schema =
      json::parse(testing::read_file(KIP_SAMPLES "/../schemas/service-promise.schema.json")).value();
  const char* const inspections =
      R"({"format":"kip.service-promise/1","id":"a","product":"forms","title":"t","clause":"c",
    "every":{"amount":3,"unit":"month"},"rule":"LITERAL","calendar":"VN","profile":"public"})";
  const char* const requests = R"({"format":"kip.service-promise/1","id":"a","product":"forms","title":"t","clause":"c",
    "kinds":["remote"],"grades":[1],"period":{"amount":4,"unit":"hour"},"target":{"amount":2,"unit":"hour"},"milestone":"answered",
    "after":"remote-failed","clock":"duty-hours","office":["08:00-17:00"],"share":90,"price":{"amount":1,"currency":"VND","per":"machine"},
    "entitled_first":true,"risk_minutes":5,"rule":"LITERAL","calendar":"VN","profile":"public"})";
  EXPECT_THAT(parse_service_promise(inspections), testing::is_ok());
  EXPECT_THAT(parse_service_promise(requests), testing::is_ok());
  const json::Array& forms = *schema.find("oneOf")->as_array();
  ASSERT_EQ(forms.size(), 2U);
  EXPECT_EQ(members_of(schema, forms[1]), members_of(inspections));
  EXPECT_EQ(members_of(schema, forms[0]), members_of(requests));
  for (const json::Value& name : *forms[0].find("required")->as_array()) {
    json::Value without = json::parse(requests).value();
    without.as_object()->erase(*name.as_text());
    EXPECT_FALSE(parse_service_promise(json::to_compact(without)).has_value()) << *name.as_text();
  }
}

TEST(Schemas, ListEveryCountingRule) {
  const json::Value schema = json::parse(testing::read_file(KIP_SAMPLES "/../schemas/commitment.schema.json")).value();
  json::Array known;
  for (const Rule& rule : rules())
    known.push_back(rule.id);
  EXPECT_EQ(*schema.find("properties")->find("rule")->find("enum")->as_array(), known);
}

}  // namespace
}  // namespace kip
