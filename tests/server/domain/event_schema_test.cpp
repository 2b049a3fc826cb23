// The schema of events names exactly the members that the programs write, for every type that there is.

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <signing/dsse/envelope.hpp>

#include "history.hpp"

namespace kip::server::testing {
namespace {

std::set<std::string> names(const json::Value& object) {
  std::set<std::string> out;
  for (const auto& [name, member] : *object.as_object())
    out.insert(name);
  return out;
}

std::set<std::string> texts(const json::Value& list) {
  std::set<std::string> out;
  for (const json::Value& item : *list.as_array())
    out.insert(*item.as_text());
  return out;
}

TEST(EventSchema, NamesTheMembersOfEveryTypeThatIsWritten) {
  const json::Value schema = json::parse(kip::testing::read_file(KIP_SAMPLES "/../schemas/event.schema.json")).value();
  std::map<std::string, json::Value> bodies;
  for (const json::Value& rule : *schema.find("allOf")->as_array()) {
    const std::string type = *rule.find("if")->find("properties")->find("type")->find("const")->as_text();
    bodies.emplace(type, *rule.find("then")->find("properties")->find("body"));
  }
  World world;
  live_through_everything(world);
  const auto unit = world.store->begin(world.tenant, Access::read).value();
  std::map<std::string, std::set<std::string>> seen;
  std::set<std::string> frame;
  for (const StoredEvent& stored : unit->events().after(0, 1000).value()) {
    if (stored.is_erased()) continue;
    const json::Value event = json::parse(dsse::parse(stored.envelope).value().payload).value();
    for (const std::string& required : texts(*schema.find("required")))
      EXPECT_TRUE(event.find(required) != nullptr) << stored.type << " " << required;
    frame.merge(names(event));
    ASSERT_TRUE(bodies.contains(stored.type)) << stored.type;
    const std::set<std::string> written = names(*event.find("body"));
    for (const std::string& required : texts(*bodies.at(stored.type).find("required")))
      EXPECT_TRUE(written.contains(required)) << stored.type << " " << required;
    seen[stored.type].insert(written.begin(), written.end());
  }
  EXPECT_EQ(frame, names(*schema.find("properties")));
  EXPECT_EQ(seen.size(), bodies.size());
  for (const auto& [type, members] : seen)
    EXPECT_EQ(members, names(*bodies.at(type).find("properties"))) << type;
}

TEST(EventSchema, KnowsWhatStandsOpenInTheLogs) {
  const json::Value schema = json::parse(kip::testing::read_file(KIP_SAMPLES "/../schemas/event.schema.json")).value();
  const json::Array& rules = *schema.find("allOf")->as_array();
  for (const EntryRule& rule : entry_rules()) {
    const auto of_type = std::find_if(rules.begin(), rules.end(), [&](const json::Value& one) {
      return *one.find("if")->find("properties")->find("type")->find("const")->as_text() == rule.type;
    });
    ASSERT_NE(of_type, rules.end()) << rule.type;
    const auto members = names(*of_type->find("then")->find("properties")->find("body")->find("properties"));
    for (const std::string_view open : rule.open_members)
      EXPECT_TRUE(members.contains(std::string(open))) << rule.type << " " << open;
  }
}

}  // namespace
}  // namespace kip::server::testing
