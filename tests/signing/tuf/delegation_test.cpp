#include <fmt/format.h>
#include <gmock/gmock.h>

#include <signing/crypto/sha256.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/matchers.hpp>
#include <testing/tuf_simulator.hpp>

namespace kip::tuf {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;

class Delegations : public ::testing::Test {
 protected:
  void SetUp() override { store_.files["root"] = repository_.roots.front(); }

  /// The role that lists a path, "" where none does. The roles that were asked for on the way are in `visited_`.
  Result<std::string> find(std::string_view path, const Limits& limits = {}) {
    repository_.update_snapshot();
    KIP_TRY(Client client, Client::open(repository_, store_, now_, limits));
    KIP_TRY_VOID(client.refresh());
    repository_.requests.clear();
    const auto found = client.find(path);
    visited_.clear();
    for (const std::string& request : repository_.requests)
      visited_.push_back(request.substr(2, request.size() - 7));  // 1.NAME.json
    if (!found) return Unexpected(found.error());
    return *found ? (*found)->role : std::string();
  }
  void list(const std::string& role, const std::string& path) {
    repository_.targets[role].targets[path] = target_of(path);
  }

  Instant now_ = *parse_instant("2026-11-25T00:00:00Z");
  testing::TufSimulator repository_{now_};
  testing::MemoryMetadataStore store_;
  std::vector<std::string> visited_;
};

struct Edge {
  const char* from;
  const char* to;
  bool terminating = false;
  const char* paths = "*";
};

struct Graph {
  const char* name;
  std::vector<Edge> edges;
  std::vector<std::string> visited;  ///< where nobody lists the path
};

class DelegationGraph : public Delegations, public ::testing::WithParamInterface<Graph> {};

TEST_P(DelegationGraph, IsWalkedInPreOrderDepthFirst) {
  for (const Edge& edge : GetParam().edges)
    repository_.delegate(edge.from, {edge.to, {}, {edge.paths}, edge.terminating, {}});
  const auto found = find("path");
  ASSERT_THAT(found, is_ok());
  EXPECT_EQ(*found, "");
  EXPECT_THAT(visited_, ElementsAreArray(GetParam().visited));
}

// Source: TUF specification 5.6.7
INSTANTIATE_TEST_SUITE_P(
    Shapes, DelegationGraph,
    ::testing::Values(
        Graph{"siblings", {{"targets", "a"}, {"targets", "b"}}, {"a", "b"}},
        Graph{
            "depth_before_breadth", {{"targets", "a"}, {"targets", "b"}, {"a", "c"}, {"c", "d"}}, {"a", "c", "d", "b"}},
        Graph{"terminating_ends_it", {{"targets", "a", true}, {"targets", "b"}, {"a", "c"}}, {"a", "c"}},
        Graph{"terminating_below_ends_all",
              {{"targets", "a"}, {"targets", "b"}, {"a", "c", true}, {"a", "d"}},
              {"a", "c"}},
        Graph{"terminating_elsewhere_does_not", {{"targets", "a", true, "other"}, {"targets", "b"}}, {"b"}},
        Graph{"other_paths_are_left_out", {{"targets", "a", false, "x/*"}, {"targets", "b"}}, {"b"}},
        Graph{"cycle", {{"targets", "a"}, {"a", "b"}, {"b", "a"}}, {"a", "b"}},
        Graph{"self", {{"targets", "a"}, {"a", "a"}, {"targets", "b"}}, {"a", "b"}},
        Graph{"diamond", {{"targets", "a"}, {"targets", "b"}, {"a", "c"}, {"b", "c"}}, {"a", "c", "b"}}),
    [](const auto& row) { return row.param.name; });

TEST_F(Delegations, TheFirstRoleInOrderOfTrustWins) {
  repository_.delegate("targets", {"a", {}, {"forms/*"}, false, {}});
  repository_.delegate("targets", {"b", {}, {"forms/*"}, false, {}});
  list("a", "forms/x");
  list("b", "forms/x");
  EXPECT_EQ(find("forms/x").value(), "a");
  EXPECT_THAT(visited_, ElementsAre("a"));
}

TEST_F(Delegations, ARoleListsInVainWhatItIsNotTrustedWith) {
  repository_.delegate("targets", {"a", {}, {"forms/*"}, false, {}});
  list("a", "programs/x");
  EXPECT_EQ(find("programs/x").value(), "");
}

TEST_F(Delegations, HashPrefixesChooseTheRole) {
  const std::string hash = sha256("forms/x").hex();
  repository_.delegate("targets", {"other", {}, {}, true, {hash.substr(0, 2) == "00" ? "01" : "00"}});
  repository_.delegate("targets", {"right", {}, {}, true, {"zz", hash.substr(0, 3)}});
  list("right", "forms/x");
  EXPECT_EQ(find("forms/x").value(), "right");
  EXPECT_THAT(visited_, ElementsAre("right"));
}

TEST_F(Delegations, SuccinctRolesAskForOneBin) {
  repository_.delegate_succinctly("targets", 5, "bin");
  const unsigned bin = static_cast<unsigned>(std::stoul(sha256("forms/x").hex().substr(0, 2), nullptr, 16)) >> 3U;
  const std::string expected = fmt::format("bin-{:02x}", bin);
  list(expected, "forms/x");
  EXPECT_EQ(find("forms/x").value(), expected);
  EXPECT_THAT(visited_, ElementsAre(expected));
}

TEST_F(Delegations, SuccinctRolesAreThoseOfTheirNumberOfBitsOnly) {
  const SuccinctRoles bins{{}, 10, "b"};
  EXPECT_TRUE(bins.holds("b-000"));
  EXPECT_TRUE(bins.holds("b-3ff"));
  for (const char* name : {"b-400", "b-00", "b-0000", "b-00G", "c-000", "b-3FF", "b"})
    EXPECT_FALSE(bins.holds(name)) << name;
  EXPECT_EQ(SuccinctRoles({{}, 32, "b"}).role_for("x"), "b-" + sha256("x").hex().substr(0, 8));
}

TEST_F(Delegations, ARoleThatTwoTrustIsVerifiedByTheKeysOfEach) {
  // "b" names another key for "shared" than "a" does: what "a" vouches for is not what "b" vouches for.
  repository_.delegate("targets", {"a", {}, {"forms/*"}, false, {}});
  repository_.delegate("targets", {"b", {}, {"programs/*"}, false, {}});
  repository_.delegate("a", {"shared", {}, {"*/*"}, false, {}});
  const auto right_key = repository_.signers["shared"];
  repository_.signers["shared"] = {testing::new_signer()};
  repository_.delegate("b", {"shared", {}, {"*/*"}, false, {}});
  repository_.signers["shared"] = right_key;
  list("shared", "forms/x");
  list("shared", "programs/x");
  repository_.update_snapshot();
  Client client = *Client::open(repository_, store_, now_);
  ASSERT_THAT(client.refresh(), is_ok());
  EXPECT_THAT(client.find("forms/x"), is_ok());
  EXPECT_THAT(client.find("programs/x"), fails_with(ErrorCode::signature, "shared"));
}

TEST_F(Delegations, ARoleSignedByAStrangerEndsTheSearch) {
  repository_.delegate("targets", {"a", {}, {"forms/*"}, false, {}});
  repository_.signers["a"] = {testing::new_signer()};
  list("a", "forms/x");
  EXPECT_THAT(find("forms/x"), fails_with(ErrorCode::signature, "a is signed by 0 of the 1"));
}

TEST_F(Delegations, AnExpiredRoleIsRefused) {
  repository_.delegate("targets", {"a", {}, {"forms/*"}, false, {}});
  repository_.targets["a"].header.expires = now_;
  EXPECT_THAT(find("forms/x"), fails_with(ErrorCode::expired, "a version 1"));
}

TEST_F(Delegations, TheSearchIsBounded) {
  for (int i = 0; i < 40; ++i)
    repository_.delegate("targets", {fmt::format("role{:02}", i), {}, {"*"}, false, {}});
  EXPECT_THAT(find("path", {.delegations = 8}), fails_with(ErrorCode::too_large, "path was not found"));
  EXPECT_EQ(visited_.size(), 8U);
  list("role07", "path");
  repository_.update_targets("role07");
  EXPECT_EQ(find("path", {.delegations = 8}).value(), "role07");
}

TEST_F(Delegations, NamesOfRolesAreEncodedInRequests) {
  repository_.delegate("targets", {"../a?b#c d", {}, {"*"}, false, {}});
  ASSERT_THAT(find("path"), is_ok());
  EXPECT_THAT(repository_.requests, ElementsAre("1...%2Fa%3Fb%23c%20d.json"));
}

struct Malformed {
  const char* name;
  const char* delegations;
  const char* part;
};

class MalformedDelegations : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedDelegations, AreRefused) {
  const std::string body = fmt::format(
      R"({{"_type":"targets","spec_version":"1.0.34","version":1,"expires":"2030-01-01T00:00:00Z","targets":{{}},"delegations":{}}})",
      GetParam().delegations);
  EXPECT_THAT(read_targets(*json::parse(body)), fails_with(ErrorCode::malformed, GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, MalformedDelegations,
    ::testing::Values(
        Malformed{"no_roles", R"({"keys":{}})", "roles"},
        Malformed{
            "both_kinds",
            R"({"keys":{},"roles":[],"succinct_roles":{"keyids":[],"threshold":1,"bit_length":1,"name_prefix":"b"}})",
            "roles"},
        Malformed{"bits",
                  R"({"keys":{},"succinct_roles":{"keyids":[],"threshold":1,"bit_length":33,"name_prefix":"b"}})",
                  "bit_length"},
        Malformed{"no_paths", R"({"keys":{},"roles":[{"name":"a","keyids":[],"threshold":1,"terminating":true}]})",
                  "paths"},
        Malformed{
            "paths_and_prefixes",
            R"({"keys":{},"roles":[{"name":"a","keyids":[],"threshold":1,"terminating":true,"paths":[],"path_hash_prefixes":[]}]})",
            "paths"},
        Malformed{
            "top_level_name",
            R"({"keys":{},"roles":[{"name":"snapshot","keyids":[],"threshold":1,"terminating":true,"paths":[]}]})",
            "name"},
        Malformed{"threshold",
                  R"({"keys":{},"roles":[{"name":"a","keyids":[],"threshold":0,"terminating":true,"paths":[]}]})",
                  "threshold"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace kip::tuf
