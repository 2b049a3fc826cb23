// What is no bundle, or one that was tampered with. Archives are made by the writer that bundles are made with.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <signing/bundle/bundle_file.hpp>
#include <signing/bundle/bundle_http.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/package/tar_writer.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

using Entries = std::vector<std::pair<std::string, Bytes>>;

const Entries kGood = {
    {"statement.json", "{}"}, {"metadata/timestamp.json", "time"}, {"targets/forms/1.kpk", "package"}};

BundleIndex index_of(const Entries& entries) {
  BundleIndex index{TenantId::parse("an-phat").value(),
                    ProductId::parse("forms").value(),
                    Version::parse("1.0").value(),
                    parse_instant("2026-01-01T00:00:00Z").value(),
                    parse_instant("2026-01-02T00:00:00Z").value(),
                    {}};
  for (const auto& [path, bytes] : entries)
    index.entries.push_back({SafeRelativePath::parse(path).value(), bytes.size(), sha256(bytes)});
  return index;
}

Bytes tar_of(const Entries& entries) {
  Bytes out;
  TarWriter archive([&out](BytesView bytes) -> Result<void> {
    out += bytes;
    return {};
  });
  for (const auto& [path, bytes] : entries) {
    KIP_CHECK(archive.add(path, bytes.size(), 0644).has_value());
    KIP_CHECK(archive.write(bytes).has_value());
  }
  KIP_CHECK(archive.finish().has_value());
  return out;
}

/// An archive of these entries behind that index.
Bytes bundle_of(const Entries& entries, const Bytes& index) {
  Entries all = {{"bundle.json", index}};
  all.insert(all.end(), entries.begin(), entries.end());
  return tar_of(all);
}

class BundleFileTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<BundleFile>> open(const Bytes& bytes) {
    KIP_CHECK(replace_file(files_, "/a.kpo", bytes, 0644).has_value());
    return BundleFile::open(files_, "/a.kpo");
  }

  MemoryFileSystem files_;
};

TEST_F(BundleFileTest, GivesEachEntryWhole) {
  const auto bundle = open(bundle_of(kGood, to_bytes(index_of(kGood))));
  ASSERT_THAT(bundle, is_ok());
  EXPECT_EQ((*bundle)->index(), index_of(kGood));
  for (const auto& [path, bytes] : kGood)
    EXPECT_EQ((*bundle)->read(*(*bundle)->find(path), 100).value(), bytes) << path;
  EXPECT_EQ((*bundle)->find("bundle.json"), nullptr);
  EXPECT_THAT((*bundle)->read(*(*bundle)->find("statement.json"), 1), fails_with(ErrorCode::too_large));
}

TEST_F(BundleFileTest, AnswersAsAWebServerDoes) {
  const auto bundle = open(bundle_of(kGood, to_bytes(index_of(kGood)))).value();
  BundleHttpClient http(*bundle, "http://v/t/an-phat/");
  EXPECT_EQ(http.send({.url = "http://v/t/an-phat/metadata/timestamp.json"})->body, "time");
  EXPECT_EQ(http.send({.url = "http://v/t/an-phat/metadata/2.root.json"})->status, 404);
  EXPECT_EQ(http.send({.url = "http://v/t/an-phat/bundle.json"})->status, 404);
  EXPECT_THAT(http.send({.url = "http://v/v1/tenants/an-phat/receipts"}), fails_with(ErrorCode::network));
  EXPECT_THAT(http.send({.url = "http://v/t/an-phat/targets/forms/1.kpk", .max_body = 6}),
              fails_with(ErrorCode::too_large));
}

TEST_F(BundleFileTest, CutOffAnywhereItIsRefused) {
  const Bytes whole = bundle_of(kGood, to_bytes(index_of(kGood)));
  for (std::size_t size = 0; size < whole.size(); size += 64)
    EXPECT_FALSE(open(whole.substr(0, size))) << size;
  EXPECT_FALSE(open(whole.substr(0, whole.size() - 1)));
}

TEST_F(BundleFileTest, WithAnyBitChangedItIsRefusedOrReadsTheSame) {
  const Bytes whole = bundle_of(kGood, to_bytes(index_of(kGood)));
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    Bytes changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto bundle = open(changed);
    if (!bundle) continue;  // an index in other words about the same files is for the statement to refuse
    for (const auto& [path, bytes] : kGood) {
      const BundleEntry* entry = (*bundle)->find(path);
      if (entry != nullptr) {
        EXPECT_EQ((*bundle)->read(*entry, 100).value(), bytes) << at;
      }
    }
  }
}

TEST_F(BundleFileTest, SomethingMoreBehindOrBetweenIsRefused) {
  const Bytes index = to_bytes(index_of(kGood));
  Entries more = kGood;
  more.emplace_back("metadata/2.root.json", "root");
  EXPECT_THAT(open(bundle_of(more, index)), fails_with(ErrorCode::malformed, "nothing more"));
  Entries between = kGood;
  between.insert(between.begin() + 1, {"metadata/2.root.json", "root"});
  EXPECT_THAT(open(bundle_of(between, index)), fails_with(ErrorCode::malformed, "metadata/2.root.json"));
  EXPECT_THAT(open(bundle_of(kGood, index) + "x"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(open(bundle_of(kGood, index) + Bytes(512, '\0')), fails_with(ErrorCode::malformed));
}

TEST_F(BundleFileTest, SomethingLessOrInAnotherOrderIsRefused) {
  const Bytes index = to_bytes(index_of(kGood));
  EXPECT_THAT(open(bundle_of({kGood[0], kGood[1]}, index)), fails_with(ErrorCode::malformed, "ends before"));
  EXPECT_THAT(open(bundle_of({kGood[0], kGood[2], kGood[1]}, index)), fails_with(ErrorCode::malformed));
  EXPECT_THAT(open(tar_of(kGood)), fails_with(ErrorCode::malformed, "does not begin with bundle.json"));
}

TEST_F(BundleFileTest, OtherContentOrSizeThanListedIsRefused) {
  const Bytes index = to_bytes(index_of(kGood));
  Entries changed = kGood;
  changed[2].second = "PACKAGE";
  EXPECT_THAT(open(bundle_of(changed, index)), fails_with(ErrorCode::integrity, "copy the file again"));
  changed[2].second = "package and more";
  EXPECT_THAT(open(bundle_of(changed, index)), fails_with(ErrorCode::malformed, "16 bytes"));
}

TEST_F(BundleFileTest, APathThatNoBundleHasIsRefused) {
  for (const char* path : {"../x", "/etc/passwd", "metadata/../../x", "metadata//x", "targets/a\\b", "targets/CON"}) {
    const Bytes bytes = to_bytes(index_of(kGood));
    Bytes index = bytes;
    const std::string old = "\"targets/forms/1.kpk\"";
    std::string escaped(path);
    if (const auto at = escaped.find('\\'); at != std::string::npos) escaped.insert(at, 1, '\\');
    index.replace(index.find(old), old.size(), "\"" + escaped + "\"");
    EXPECT_THAT(open(bundle_of(kGood, index)), fails_with(ErrorCode::malformed)) << path;
  }
  for (const char* path : {"other/x", "bundle.json", "metadata"}) {
    Entries foreign = kGood;
    foreign.back().first = path;
    EXPECT_THAT(open(bundle_of(foreign, to_bytes(index_of(foreign)))),
                fails_with(ErrorCode::malformed, "which no bundle has"));
  }
  Entries twice = kGood;
  twice.emplace_back("TARGETS/forms/1.kpk", "package");
  EXPECT_THAT(open(bundle_of(twice, to_bytes(index_of(twice)))), fails_with(ErrorCode::malformed));
  twice.back().first = "targets/FORMS/1.kpk";
  EXPECT_THAT(open(bundle_of(twice, to_bytes(index_of(twice)))), fails_with(ErrorCode::malformed, "twice"));
}

TEST_F(BundleFileTest, TooManyEntriesAndTooMuchOfAnIndexAreRefused) {
  Entries many = kGood;
  for (std::size_t i = 0; i < BundleIndex::kMaxEntries; ++i)
    many.emplace_back(fmt::format("metadata/{}.root.json", i), "x");
  EXPECT_THAT(open(bundle_of(many, to_bytes(index_of(many)))), fails_with(ErrorCode::too_large));
  EXPECT_THAT(open(bundle_of({}, Bytes(BundleIndex::kMaxBytes + 1, ' '))),
              fails_with(ErrorCode::too_large, "its bundle.json has 1048577 bytes"));
}

TEST_F(BundleFileTest, AnotherMajorVersionIsRefused) {
  Bytes index = to_bytes(index_of(kGood));
  index.replace(index.find("kip.bundle/1"), 12, "kip.bundle/2");
  EXPECT_THAT(open(bundle_of(kGood, index)), fails_with(ErrorCode::malformed));
}

}  // namespace
}  // namespace kip
