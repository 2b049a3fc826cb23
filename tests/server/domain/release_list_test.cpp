#include <gtest/gtest.h>

#include <manifests/model/delta.hpp>
#include <server/domain/release_list.hpp>
#include <signing/crypto/sha256.hpp>
#include <testing/matchers.hpp>

namespace kip::server {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;

const ProductId kForms = *ProductId::parse("forms");

DeltaSubject subject() {
  return {kForms, {*Version::parse("1.0"), sha256("1.0")}, {*Version::parse("1.1"), sha256("1.1")}};
}

/// The role of the product with both releases and one more target.
Result<ReleaseList> list_with(const std::string& path, const json::Value& custom,
                              std::string_view role = "product-forms") {
  tuf::Targets targets;
  targets.header = {1, *parse_instant("2027-01-01T00:00:00Z")};
  for (const char* text : {"1.0", "1.1"}) {
    const Version version = *Version::parse(text);
    const Release release{kForms, version, sha256(text), {}, {}, {}, {}};
    targets.targets.emplace(release_target_path(kForms, version), tuf::target_of(text, to_json(release)));
  }
  targets.targets.emplace(path, tuf::target_of("delta", custom));
  tuf::RepositoryFiles files;
  files.delegated.emplace(role, *tuf::sign_metadata(to_json(targets), {}));
  return ReleaseList::create(files);
}

std::string path_of(const DeltaSubject& delta) {
  return delta_target_path(delta.product, delta.to.version, delta.from.manifest);
}

TEST(ReleaseList, ADeltaIsATargetAndNoRelease) {
  const auto list = list_with(path_of(subject()), to_json(subject()));
  ASSERT_THAT(list, is_ok());
  EXPECT_EQ(list->releases().size(), 2U);
  EXPECT_TRUE(list->targets().contains(path_of(subject())));
}

TEST(ReleaseList, ADeltaHasItsOwnPathAndLeadsToAListedRelease) {
  EXPECT_THAT(list_with("forms/other.kpd", to_json(subject())), fails_with(ErrorCode::malformed, "its path must be"));
  EXPECT_THAT(list_with(path_of(subject()), json::Object{{"format", "kip.release/1"}}),
              fails_with(ErrorCode::malformed, "what officers say of"));
  DeltaSubject other = subject();
  other.to.manifest = sha256("another");
  EXPECT_THAT(list_with(path_of(other), to_json(other)), fails_with(ErrorCode::malformed, "which it does not list"));
  other.to.version = *Version::parse("1.2");
  EXPECT_THAT(list_with(path_of(other), to_json(other)), fails_with(ErrorCode::malformed, "which it does not list"));
  other = subject();
  other.product = *ProductId::parse("wages");
  EXPECT_THAT(list_with(path_of(other), to_json(other)), fails_with(ErrorCode::malformed, "which it does not list"));
}

}  // namespace
}  // namespace kip::server
