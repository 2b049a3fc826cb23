#include <gmock/gmock.h>

#include <manifests/model/delta.hpp>
#include <signing/package/delta_reader.hpp>
#include <signing/package/delta_writer.hpp>
#include <signing/package/package_reader.hpp>

#include "officers.hpp"

namespace kip {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::fails_with;
using ::testing::HasSubstr;
using testing::is_ok;
using ::testing::IsEmpty;
using ::testing::Not;

class DeltaListing : public testing::Officers {
 protected:
  /// Version 1.0 published, 1.1 packed beside it, and the delta between them.
  void SetUp() override {
    Officers::SetUp();
    ASSERT_THAT(add("1.0", text_), is_ok());
    sign_all(an_);
    sign_all(chi_);
    ASSERT_THAT(publish(), is_ok());
    ASSERT_THAT(add("1.1", text_ + "more"), is_ok());
    delta_ = *make("1.0", "1.1");
  }

  Result<DeltaFile> make(const std::string& from, const std::string& to) {
    const auto at = [this](const std::string& name) { return directory_.path() / name; };
    const auto path = at(to + ".from-" + from + ".kpd");
    KIP_TRY(WrittenDelta written, write_delta(files_, {at(from + ".kpk"), at(to + ".kpk"), path}));
    return DeltaFile{std::move(written.delta.subject), path};
  }
  Result<Shown> shown() { return describe_staged(files_, *folder_, "product-forms"); }
  std::string path_of(const DeltaFile& delta) const {
    return delta_target_path(delta.subject.product, delta.subject.to.version, delta.subject.from.manifest);
  }
  /// The file in the folder of a target that is staged.
  std::filesystem::path file_of(const std::string& path) const {
    const tuf::Targets role = *tuf::read_targets(folder_->newest("product-forms")->body);
    return folder_->target_file(path, role.targets.at(path));
  }
  /// Lists a file as a delta with that subject, whatever it is.
  void force(const DeltaFile& delta) {
    tuf::TargetFile file = *folder_->take_in(path_of(delta), delta.file);
    file.custom = to_json(delta.subject);
    const tuf::Document document = **folder_->staged("product-forms");
    tuf::Targets role = *tuf::read_targets(document.body);
    role.targets.insert_or_assign(path_of(delta), std::move(file));
    ASSERT_THAT(folder_->stage("product-forms", to_json(role), {}), is_ok());
  }

  const std::string text_ = std::string(4000, 'x') + "form";
  std::optional<DeltaFile> delta_;
};

TEST_F(DeltaListing, ADeltaIsRebuiltShownSignedAndReachesClients) {
  EXPECT_THAT(*add_deltas(*folder_, {*delta_}, now_), ElementsAre("product-forms"));
  const auto lines = shown()->lines;
  EXPECT_THAT(lines, Contains(HasSubstr("NEW release forms 1.1")));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("NEW delta of forms from 1.0 to 1.1"), HasSubstr("the package has"))));
  EXPECT_THAT(lines, Contains(HasSubstr("it makes exactly the package " + delta_->subject.to.manifest.hex())));
  sign_all(an_);
  sign_all(binh_);
  ASSERT_THAT(publish(), is_ok());
  auto client = refreshed();
  ASSERT_THAT(client, is_ok());
  const auto found = client->find(path_of(*delta_));
  ASSERT_THAT(found, is_ok());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ(*read_listed_delta(path_of(*delta_), (*found)->file.custom), delta_->subject);
  EXPECT_THAT(*add_deltas(*folder_, {*delta_}, now_), IsEmpty()) << "listed just so already";
}

TEST_F(DeltaListing, AReleaseBringsItsDeltasAlong) {
  const DeltaFile second = [this] {
    EXPECT_THAT(add("1.2", text_ + "yet more"), is_ok());
    return *make("1.0", "1.2");
  }();
  const auto package = directory_.path() / "1.2.kpk";
  const PackageManifest manifest = *read_package_manifest(files_, package);
  const Release release{
      *ProductId::parse("forms"), *Version::parse("1.2"), second.subject.to.manifest, {}, {}, {}, {}, {}};
  ASSERT_THAT(add_release(*folder_, release, package, now_, {second, *make("1.1", "1.2")}), is_ok());
  EXPECT_THAT(shown()->lines, AllOf(Contains(HasSubstr("from 1.0 to 1.2")), Contains(HasSubstr("from 1.1 to 1.2"))));
}

TEST_F(DeltaListing, OnlyWhatLeadsBetweenListedReleasesIsAdded) {
  DeltaFile other = *delta_;
  other.subject.from.manifest = delta_->subject.to.manifest;
  EXPECT_THAT(add_deltas(*folder_, {other}, now_), fails_with(ErrorCode::usage, "between listed releases"));
  other = *delta_;
  other.subject.to.version = *Version::parse("1.2");
  EXPECT_THAT(add_deltas(*folder_, {other}, now_), fails_with(ErrorCode::usage, "version 1.2"));
  other = *delta_;
  other.subject.product = *ProductId::parse("wages");
  EXPECT_THAT(add_deltas(*folder_, {other}, now_), fails_with(ErrorCode::not_found, "no product wages"));
  other = *delta_;
  other.file = directory_.path() / "1.1.kpk";
  EXPECT_THAT(add_deltas(*folder_, {other}, now_), fails_with(ErrorCode::too_large, "window of more"));
  EXPECT_THAT(shown()->lines, Not(Contains(HasSubstr("delta"))));
}

TEST_F(DeltaListing, ADeltaThatMakesAnotherReleaseIsNotSigned) {
  ASSERT_THAT(add("1.2", text_ + "yet more"), is_ok());
  DeltaFile other = *delta_;
  other.file = make("1.0", "1.2")->file;
  force(other);
  EXPECT_THAT(shown(), fails_with(ErrorCode::integrity, "rebuilding a delta"));
}

TEST_F(DeltaListing, ADeltaWithoutTheReleaseItNamesIsNotSigned) {
  DeltaFile other = *delta_;
  other.subject.from.manifest = delta_->subject.to.manifest;
  other.subject.to.manifest = delta_->subject.from.manifest;
  force(other);
  EXPECT_THAT(shown(), fails_with(ErrorCode::integrity, "which the role does not list; do not sign"));
}

TEST_F(DeltaListing, WithoutTheBasePackageNobodySigns) {
  sign_all(an_);
  sign_all(chi_);
  ASSERT_THAT(publish(), is_ok());
  ASSERT_THAT(add_deltas(*folder_, {*delta_}, now_), is_ok());
  ASSERT_THAT(files_.remove(file_of("forms/forms-1.0.kpk")), is_ok());
  EXPECT_THAT(sign_in(*folder_, "product-forms", an_.signer), fails_with(ErrorCode::not_found, "cannot be rebuilt"));
}

TEST_F(DeltaListing, AFileThatWasExchangedIsFound) {
  ASSERT_THAT(add_deltas(*folder_, {*delta_}, now_), is_ok());
  ASSERT_THAT(replace_file(files_, file_of(path_of(*delta_)), "other", 0644), is_ok());
  EXPECT_THAT(shown(), fails_with(ErrorCode::integrity, "not the file that the role lists"));
}

TEST_F(DeltaListing, AnotherDeltaForTheSameIsAConflict) {
  ASSERT_THAT(add_deltas(*folder_, {*delta_}, now_), is_ok());
  DeltaFile other = *delta_;
  other.file = directory_.path() / "other.kpd";
  ASSERT_THAT(replace_file(files_, other.file, "other", 0644), is_ok());
  EXPECT_THAT(add_deltas(*folder_, {other}, now_), fails_with(ErrorCode::conflict, "listed already"));
}

TEST_F(DeltaListing, TheStickHasWhatADeltaIsRebuiltFrom) {
  sign_all(an_);
  sign_all(chi_);
  ASSERT_THAT(publish(), is_ok()) << "1.1, so that 1.0 is not the release before the new one";
  ASSERT_THAT(add("1.2", text_ + "yet more"), is_ok());
  ASSERT_THAT(add_deltas(*folder_, {*make("1.0", "1.2")}, now_), is_ok());
  const auto stick = directory_.path() / "stick";
  ASSERT_THAT(export_staged(files_, *folder_, stick), is_ok());
  RepositoryFolder there = *RepositoryFolder::open(files_, stick);
  EXPECT_THAT(describe_staged(files_, there, "product-forms"), is_ok());
  EXPECT_THAT(sign_in(there, "product-forms", chi_.signer), is_ok());
  EXPECT_THAT(*import_signatures(*folder_, there), ElementsAre("Chi on product-forms"));
}

}  // namespace
}  // namespace kip
