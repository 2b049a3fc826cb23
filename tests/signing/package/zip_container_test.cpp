#include <functional>

#include <gtest/gtest.h>

#include <signing/package/zip_container.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/matchers.hpp>

#include "package_fixture.hpp"

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

/// An entry, each field of which can be put wrong. CRC-32 is given: "A" is 0xD3D99E8B, "BC" 0x6C432F52, nothing 0.
struct Part {
  std::string name;
  std::string content;
  std::uint32_t crc = 0;
  unsigned flags = 0;
  unsigned method = 0;
  std::string local_name = name;
  unsigned made_by = 20;
  std::uint32_t attributes = 0;
  std::uint32_t size = static_cast<std::uint32_t>(content.size());
  std::string extra = {};
};

void put(std::string& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i)
    out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

/// One stored block. Source: RFC 1951, 3.2.4.
std::string deflated(const std::string& content) {
  std::string out = "\x01";
  put(out, content.size(), 2);
  put(out, ~content.size(), 2);
  return out + content;
}

std::string zip_of(const std::vector<Part>& parts, const std::string& comment = {}) {
  std::string out;
  std::string directory;
  for (const Part& part : parts) {
    const std::string packed = part.method == 8 ? deflated(part.content) : part.content;
    std::string shared;
    put(shared, 20, 2);
    put(shared, part.flags, 2);
    put(shared, part.method, 2);
    put(shared, 0x5B6A7C31, 4);  // a time
    put(shared, part.crc, 4);
    put(shared, packed.size(), 4);
    put(shared, part.size, 4);
    directory += "PK\x01\x02";
    put(directory, part.made_by, 2);
    directory += shared;
    put(directory, part.name.size(), 2);
    put(directory, part.extra.size(), 2);
    put(directory, 0, 6);
    put(directory, part.attributes, 4);
    put(directory, out.size(), 4);
    directory += part.name + part.extra;
    out += std::string("PK\x03\x04") + shared;
    put(out, part.local_name.size(), 2);
    put(out, 0, 2);
    out += part.local_name + packed;
  }
  const std::size_t at = out.size();
  out += directory + "PK\x05\x06";
  put(out, 0, 4);
  put(out, parts.size(), 2);
  put(out, parts.size(), 2);
  put(out, directory.size(), 4);
  put(out, at, 4);
  put(out, comment.size(), 2);
  return out + comment;
}

const Part kA{"a.xml", "A", 0xD3D99E8B};
const Part kBc{"b/c.xml", "BC", 0x6C432F52, 0x0008, 8};
const Part kTypes{"[Content_Types].xml", "A", 0xD3D99E8B};
const Part kMimetype{"mimetype", "BC", 0x6C432F52};

TEST(NormalizeZip, GivesOneFormWhateverOrderMethodTimesAndComments) {
  Part other = kBc;
  other.method = 0;
  other.extra = "UT\x05";
  const auto first = normalize_zip(zip_of({kA, kBc, kTypes}));
  ASSERT_THAT(first, is_ok());
  EXPECT_EQ(*normalize_zip(zip_of({kTypes, other, kA}, "a comment")), *first);
  EXPECT_EQ(*normalize_zip(*first), *first);
  // First what readers look for, then by name; nothing compressed.
  const auto types = first->find("[Content_Types].xmlA");
  const auto a = first->find("a.xmlA");
  const auto bc = first->find("b/c.xmlBC");
  EXPECT_EQ(types, 30U);
  EXPECT_LT(types, a);
  EXPECT_LT(a, bc);
  EXPECT_NE(bc, std::string::npos);
}

TEST(NormalizeZip, PutsTheTypeOfOpenDocumentFirst) {
  EXPECT_EQ(normalize_zip(zip_of({kTypes, kA, kMimetype}))->find("mimetypeBC"), 30U);
}

TEST(NormalizeZip, KeepsAttributesFoldersAndTheMarkOfUtf8) {
  Part folder{"d/", ""};
  folder.made_by = 0x0314;
  folder.attributes = 0x41ED0010;
  Part named = kA;
  named.name = named.local_name = "b\u00e1o.xml";
  named.flags = 0x0800;
  const auto out = normalize_zip(zip_of({folder, named}));
  ASSERT_THAT(out, is_ok());
  EXPECT_NE(out->find(std::string("\x10\x00\xED\x41", 4)), std::string::npos);
  EXPECT_NE(*out, *normalize_zip(zip_of({folder, kA})));
  EXPECT_THAT(normalize_zip(zip_of({})), is_ok());
}

struct Refused {
  const char* name;
  std::function<std::string()> bytes;
  ErrorCode code;
  const char* part;
};

TEST(NormalizeZip, RefusesWhatItCannotKeep) {
  const auto with = [](const std::function<void(Part&)>& change, Part part = kA) {
    change(part);
    return zip_of({part, kBc});
  };
  const auto right = zip_of({kA, kBc});
  const std::vector<Refused> rows = {
      {"no zip", [] { return "no zip"; }, ErrorCode::malformed, "it is none"},
      {"empty", [] { return ""; }, ErrorCode::malformed, "it is none"},
      {"cut", [&] { return right.substr(0, right.size() - 1); }, ErrorCode::malformed, "its end is missing"},
      {"prefix", [&] { return "PK" + right; }, ErrorCode::malformed, "something stands before"},
      {"suffix", [&] { return right + "x"; }, ErrorCode::malformed, "its end is missing"},
      {"twice",
       [] {
         return zip_of({kA, kA});
       },
       ErrorCode::malformed, "\"a.xml\" in it is there twice"},
      {"encrypted", [&] { return with([](Part& p) { p.flags = 1; }); }, ErrorCode::malformed, "is encrypted"},
      {"strongly", [&] { return with([](Part& p) { p.flags = 0x41; }); }, ErrorCode::malformed, "is encrypted"},
      {"method", [&] { return with([](Part& p) { p.method = 12; }); }, ErrorCode::malformed, "by method 12"},
      {"crc", [&] { return with([](Part& p) { p.crc = 1; }); }, ErrorCode::malformed, "is damaged"},
      {"size", [&] { return with([](Part& p) { p.size = 2; }); }, ErrorCode::malformed, "is damaged"},
      {"inflated size", [&] { return with([](Part& p) { p.size = 1; }, kBc); }, ErrorCode::malformed, "is damaged"},
      {"other name", [&] { return with([](Part& p) { p.local_name = "b.xml"; }); }, ErrorCode::malformed,
       "another one where it stands"},
      {"link",
       [&] {
         return with([](Part& p) {
           p.made_by = 0x0314;
           p.attributes = 0xA1FF0000;
         });
       },
       ErrorCode::malformed, "a symbolic link"},
      {"zip64 size", [&] { return with([](Part& p) { p.size = 0xFFFFFFFF; }); }, ErrorCode::too_large, "ZIP64"},
      {"bomb", [&] { return with([](Part& p) { p.size = 0x10000001; }); }, ErrorCode::too_large, "256 MiB"},
      {"zip64 count",
       [&] {
         std::string out = right;
         out.replace(out.size() - 14, 4, "\xFF\xFF\xFF\xFF");
         return out;
       },
       ErrorCode::too_large, "ZIP64"},
      {"directory",
       [&] {
         std::string out = right;
         out.replace(out.find("PK\x01\x02"), 4, "PK\x01\x07");
         return out;
       },
       ErrorCode::malformed, "list of entries is damaged"}};
  for (const Refused& row : rows)
    EXPECT_THAT(normalize_zip(row.bytes()), fails_with(row.code, row.part)) << row.name;
}

TEST(NormalizeZip, EndsOnAnyDamage) {
  const std::string right = zip_of({kA, kBc});
  for (std::size_t at = 0; at < right.size(); ++at) {
    for (const int change : {1, 0x80, 0xFF}) {
      std::string damaged = right;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      const auto out = normalize_zip(damaged);
      EXPECT_TRUE(!out || normalize_zip(*out).has_value()) << at;
    }
    EXPECT_FALSE(normalize_zip(right.substr(0, at)).has_value()) << at;
  }
}

class PackWithZip : public ::testing::Test {
 protected:
  Result<WrittenPackage> pack(const std::string& zip, const std::string& pattern = "**/*.xlsx") {
    KIP_TRY_VOID(files_.remove_tree("/in"));
    testing::write_folder(files_, "/in", {{"form.xlsx", zip}, {"print.xslt", "x"}});
    PackRequest request = testing::pack_request("/in", "/" + std::to_string(++number_) + ".kpk");
    request.description.normalize_zip = {*PathPattern::parse(pattern)};
    return write_package(files_, request);
  }

  MemoryFileSystem files_;
  int number_ = 0;
};

TEST_F(PackWithZip, WhatIsPackedIsTheOneForm) {
  const auto first = pack(zip_of({kA, kBc}));
  ASSERT_THAT(first, is_ok());
  const PackageFile& file = *first->manifest.find("form.xlsx");
  EXPECT_EQ(file.size, normalize_zip(zip_of({kA, kBc}))->size());
  EXPECT_EQ(pack(zip_of({kBc, kA}, "other"))->identity, first->identity);
  EXPECT_NE(pack(zip_of({kA}))->identity, first->identity);
}

TEST_F(PackWithZip, AFileThatIsNoneAndAPatternForNoneAreNamed) {
  EXPECT_THAT(pack("text"), fails_with(ErrorCode::malformed, "/in/form.xlsx: as a ZIP file: it is none"));
  EXPECT_THAT(pack(zip_of({kA}), "**/*.ods"), fails_with(ErrorCode::malformed, "normalize_zip pattern \"**/*.ods\""));
}

}  // namespace
}  // namespace kip
