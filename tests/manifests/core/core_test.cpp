#include <fmt/format.h>
#include <gtest/gtest.h>

#include <manifests/core/bytes.hpp>
#include <manifests/core/digest.hpp>
#include <manifests/core/exit_code.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/safe_path.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/core/version.hpp>
#include <testing/files.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using testing::fails_with;
using testing::is_ok;

TEST(Hex, RoundTripsAndRefusesOddOrForeignCharacters) {
  EXPECT_EQ(to_hex(Bytes("\x00\x7f\xff", 3)), "007fff");
  EXPECT_EQ(*from_hex("007FfF"), Bytes("\x00\x7f\xff", 3));
  EXPECT_THAT(from_hex("0"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(from_hex("0g"), fails_with(ErrorCode::malformed));
}

TEST(Base64, MatchesRfc4648AndRefusesNonCanonicalText) {
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(*from_base64("Zm9vYg=="), "foob");
  EXPECT_THAT(from_base64("Zm9vYg"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(from_base64("Zm9vYh=="), fails_with(ErrorCode::malformed));
  EXPECT_THAT(from_base64("Zm9v Yg=="), fails_with(ErrorCode::malformed));
  EXPECT_EQ(*from_base64url(to_base64url("\xfb\xff\xfe")), "\xfb\xff\xfe");
}

TEST(Base64, OneTextForOneSequenceOfOctets) {
  EXPECT_EQ(from_base64("").value(), "");
  for (const char* text : {"=", "====", "Zg=", "Zg===", "Zm9v====", "Z", "Zm9vY", "Zg==Zg==", "Zm9=", "Z===", "Zm9v\n"})
    EXPECT_THAT(from_base64(text), fails_with(ErrorCode::malformed)) << text;
  // Whatever of four characters is taken is what would be written.
  constexpr std::string_view kSome = "AQgwZ/+=-";
  for (int code = 0; code < 9 * 9 * 9 * 9; ++code) {
    std::string text;
    for (int rest = code, i = 0; i < 4; ++i, rest /= 9)
      text += kSome[static_cast<std::size_t>(rest % 9)];
    const auto octets = from_base64(text);
    EXPECT_TRUE(!octets || to_base64(*octets) == text) << text;
    const auto of_url = from_base64url(text);
    EXPECT_TRUE(!of_url || to_base64url(*of_url) == text) << text;
  }
}

TEST(Instant, ReadsOffsetsAndRefusesInstantsWithoutZone) {
  EXPECT_EQ(format_instant(*parse_instant("2025-11-04T00:00:00+07:00")), "2025-11-03T17:00:00Z");
  EXPECT_EQ(format_instant(*parse_instant("2025-11-03T17:00:00.25Z")), "2025-11-03T17:00:00.250Z");
  EXPECT_THAT(parse_instant("2025-11-03T17:00:00"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(parse_instant("2025-02-29T17:00:00Z"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(parse_instant("2025-11-03T24:00:00Z"), fails_with(ErrorCode::malformed));
}

TEST(Instant, StaysWithinTheYearsThatCanBeWrittenAndReadAgain) {
  for (const char* text : {"1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"})
    EXPECT_EQ(format_instant(*parse_instant(text)), text);
  EXPECT_THAT(parse_instant("1970-01-01T06:59:59+07:00"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(parse_instant("9999-12-31T17:00:00-07:00"), fails_with(ErrorCode::malformed));
}

TEST(LegalDate, AcceptsBothNotationsAndOnlyDaysThatExist) {
  EXPECT_EQ(format_date(*parse_human_date("27/10/2025")), "2025-10-27");
  EXPECT_EQ(format_date(*parse_human_date("2024-02-29")), "2024-02-29");
  EXPECT_THAT(parse_human_date("29/02/2025"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(parse_human_date("2025-13-01"), fails_with(ErrorCode::malformed));
  EXPECT_THAT(parse_human_date("1/2/2025"), fails_with(ErrorCode::malformed));
}

TEST(SafeRelativePath, AcceptsOrdinaryNamesWithBlanksAndDiacritics) {
  EXPECT_THAT(SafeRelativePath::parse("sample/Data sample/08_Téves egységár_A.xml"), is_ok());
  EXPECT_EQ(SafeRelativePath::parse("a/b/c.xml")->file_name(), "c.xml");
}

class UnsafePath : public ::testing::TestWithParam<const char*> {};

TEST_P(UnsafePath, IsRefused) {
  EXPECT_THAT(SafeRelativePath::parse(GetParam()), fails_with(ErrorCode::malformed));
}

INSTANTIATE_TEST_SUITE_P(Names, UnsafePath,
                         ::testing::Values("", "/etc/passwd", "../a", "a/../b", "a//b", "a/", "./a", "a\\b", "C:/x",
                                           "a.txt:ads", "con", "a/NUL.txt", "Com1", "LPT\u00b9.log", "a.", "a /b",
                                           "a\nb", "a?b", "\xff", "a\u0085b", "a\u202etxt.exe", "a\u2028b"));

TEST(SafeRelativePath, CollidesAcrossCaseAndNormalisation) {
  EXPECT_EQ(SafeRelativePath::parse("T\u00e9ves.xml")->collision_key(),
            SafeRelativePath::parse("te\u0301VES.XML")->collision_key());
  EXPECT_NE(SafeRelativePath::parse("a.xml")->collision_key(), SafeRelativePath::parse("b.xml")->collision_key());
}

TEST(SafeRelativePath, CollidesTheSameWithAndWithoutOtherLetters) {
  for (int c = 0; c < 0x80; ++c) {
    const std::string text = {'A', static_cast<char>(c), 'z'};
    EXPECT_EQ(*collision_key(text) + *collision_key("\u00d0"), *collision_key(text + "\u00d0")) << c;
  }
}

TEST(Version, ComparesNumberByNumber) {
  EXPECT_LT(*Version::parse("1.9"), *Version::parse("1.10"));
  EXPECT_EQ(*Version::parse("1.0"), *Version::parse("1.0.0"));
  EXPECT_GT(*Version::parse("2026.1"), *Version::parse("2025.12.31"));
  for (const char* text : {"", "1.", ".1", "01", "1.2.3.4.5", "1a", "-1", "1000000000"}) {
    EXPECT_THAT(Version::parse(text), fails_with(ErrorCode::malformed)) << text;
  }
}

TEST(Ids, SlugsAndUlidsAreStrict) {
  EXPECT_THAT(TenantId::parse("an-phat"), is_ok());
  for (const char* text : {"", "An", "-a", "a-", "a/b", "a.b"})
    EXPECT_FALSE(TenantId::parse(text)) << text;
  const auto id = InstallId::make(*parse_instant("2025-11-03T17:00:00Z"), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(InstallId::parse(id.str())->str(), id.str());
  EXPECT_LT(id, InstallId::make(*parse_instant("2025-11-03T17:00:01Z"), {}));
  EXPECT_FALSE(InstallId::parse("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
}

TEST(ExitCode, MapsEveryCodeToItsOwnStatus) {
  EXPECT_EQ(exit_code(ErrorCode::usage), 2);
  EXPECT_EQ(exit_code(ErrorCode::signature), 8);
  EXPECT_EQ(http_status(ErrorCode::busy), 503);
  EXPECT_EQ(code_of_http_status(409), ErrorCode::conflict);
  EXPECT_EQ(code_of_http_status(401), ErrorCode::denied);
}

TEST(ExitCode, IsAsTheDocumentationSays) {
  const std::string page = testing::read_file(KIP_DOCS "/errors.md");
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const std::string row = fmt::format("| {} | {} | {} |", to_string(code), exit_code(code), http_status(code));
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

struct Shown {
  const char* name;
  std::string text;
  std::string expected;
};

class Printable : public ::testing::TestWithParam<Shown> {};

TEST_P(Printable, ShowsWhatWouldActOnAScreen) {
  EXPECT_EQ(printable_line(GetParam().text), GetParam().expected);
  EXPECT_EQ(is_printable_line(GetParam().text), GetParam().text == GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Printable,
    ::testing::Values(Shown{"plain", "B01-DN, mẫu số 1", "B01-DN, mẫu số 1"}, Shown{"empty", "", ""},
                      Shown{"escape", "a\x1b[2Jb", "a\\u{1b}[2Jb"}, Shown{"line_end", "a\nb\tc", "a\\u{a}b\\u{9}c"},
                      Shown{"nul", std::string("a\0b", 3), "a\\u{0}b"}, Shown{"delete", "\x7f", "\\u{7f}"},
                      Shown{"c1", "\u009b31m", "\\u{9b}31m"},
                      Shown{"right_to_left", "\u202efdp.exe", "\\u{202e}fdp.exe"},
                      Shown{"isolate", "\u2066a\u2069", "\\u{2066}a\\u{2069}"},
                      Shown{"line_separator", "a\u2028b", "a\\u{2028}b"}, Shown{"lone_octet", "a\xff", "a\\x{ff}"},
                      Shown{"cut_off", "a\xe1\xba", "a\\x{e1}\\x{ba}"}, Shown{"overlong", "\xc0\xaf", "\\x{c0}\\x{af}"},
                      Shown{"surrogate", "\xed\xa0\x80", "\\x{ed}\\x{a0}\\x{80}"}, Shown{"emoji", "🙂", "🙂"}),
    [](const auto& row) { return row.param.name; });

TEST(PrintableText, KeepsLineEndsAndTabs) {
  EXPECT_EQ(printable("a\n\tb\r\x1b\nc"), "a\n  \tb\\u{d}\\u{1b}\n  c");
}

}  // namespace
}  // namespace kip
