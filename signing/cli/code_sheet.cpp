#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include <manifests/core/html.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/model/delimited.hpp>
#include <signing/cli/code_sheet.hpp>

namespace kip::cli {
namespace {

constexpr std::int64_t kMaxSeats = 1000;
constexpr std::size_t kMaxName = 200;

using Names = std::array<std::string_view, 3>;
constexpr Names kTaxCode{"tax code", "mst", "mã số thuế"};
constexpr Names kSite{"site", "label", "địa điểm"};
constexpr Names kSeats{"seats", "số máy", "số chỗ"};

Unexpected wrong(std::size_t row, std::string_view why) {
  return fail(ErrorCode::malformed, fmt::format("row {}: {}", row, why));
}

std::optional<std::size_t> column_of(const TableRow& header, const Names& names) {
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    if (std::find(names.begin(), names.end(), header.fields[i]) != names.end()) return i;
  }
  return std::nullopt;
}

Result<std::int64_t> seats_in(const TableRow& row, std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc() && end == text.data() + text.size() && out >= 1 && out <= kMaxSeats) return out;
  return wrong(row.number, fmt::format("\"{}\" is no number of seats from 1 to {}", printable_line(text), kMaxSeats));
}

/// RFC 4180. What a spreadsheet would take for a formula begins with an apostrophe.
std::string csv_field(std::string_view text) {
  std::string out = "\"";
  if (!text.empty() && std::string_view("=+-@\t").find(text.front()) != std::string_view::npos) out += '\'';
  for (const char c : text)
    out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// In the order of kLanguages.
struct Words {
  std::string_view title, site, seats, expires, how, keep;
};
constexpr std::array<Words, kLanguages.size()> kWords = {{
    {"Enrolment code", "site", "computers", "good until",
     "On each computer, in the folder of the program, run this command once and enter the code, without blanks, where "
     "it waits:",
     "Whoever has this code can enrol a computer as yours: keep it until it was used, and then destroy it."},
    {"Mã đăng ký", "địa điểm", "số máy", "có hiệu lực đến",
     "Trên mỗi máy, tại thư mục chương trình, chạy lệnh sau một lần rồi nhập mã, không có khoảng trắng, khi chương "
     "trình chờ:",
     "Ai có mã này đều có thể đăng ký một máy dưới tên quý khách: hãy giữ kín cho đến khi dùng, rồi hủy đi."},
    {"Regisztrációs kód", "telephely", "gépek", "érvényes eddig",
     "Minden gépen, a program mappájában futtassa egyszer ezt a parancsot, és írja be a kódot szóközök nélkül, amikor "
     "várja:",
     "Akinél ez a kód van, az Ön nevében regisztrálhat gépet: őrizze a felhasználásig, majd semmisítse meg."},
    {"注册码", "地点", "电脑台数", "有效期至",
     "请在每台电脑的程序文件夹中运行一次以下命令，等待时输入代码（不含空格）：",
     "持有此码者可以贵方名义注册电脑：使用前请妥善保管，使用后请销毁。"},
}};

constexpr std::string_view kStyle =
    "body{font:12pt/1.5 serif;margin:0 auto;max-width:44rem}section{break-after:page;padding:1rem}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid "
    "#888;padding:.6rem;font-size:10pt}@page{margin:20mm}";

std::string letter(const SiteCode& one, const std::string& product, const Words& words) {
  return fmt::format(
      "<section><h1>{}</h1><p>{} {}<br>{}: {}<br>{}: {}<br>{}: {}</p><p>{}</p>"
      "<pre>kip-updater enroll - --label PC1</pre><pre>{}</pre><p>{}</p></section>\n",
      words.title, html_escape(product), html_escape(one.site.tax_code.str()), words.site, html_escape(one.site.name),
      words.seats, one.site.seats, words.expires, html_escape(one.expires), words.how, html_escape(one.code),
      words.keep);
}

}  // namespace

Result<std::vector<Site>> read_sites(BytesView bytes) {
  const TableLimits limits;
  KIP_TRY(const std::string_view text, exported_text(bytes, limits));
  KIP_TRY(const auto rows, parse_csv(text, limits));
  if (rows.empty()) return fail(ErrorCode::malformed, "the list is empty");
  const auto tax_code = column_of(rows.front(), kTaxCode);
  const auto site = column_of(rows.front(), kSite);
  const auto seats = column_of(rows.front(), kSeats);
  if (!tax_code || !site) return wrong(rows.front().number, "it must name the columns \"tax code\" and \"site\"");
  std::vector<Site> out;
  for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
    const auto field = [&](std::size_t column) {
      return column < row->fields.size() ? row->fields[column] : std::string();
    };
    auto code = TaxCode::parse(field(*tax_code));
    if (!code) return wrong(row->number, code.error().message);
    Site one{row->number, *std::move(code), field(*site)};
    if (one.name.empty() || one.name.size() > kMaxName || !is_printable_line(one.name))
      return wrong(row->number, fmt::format("the site needs a name of at most {} octets", kMaxName));
    if (seats && !field(*seats).empty()) {
      KIP_TRY(one.seats, seats_in(*row, field(*seats)));
    }
    out.push_back(std::move(one));
  }
  if (out.empty()) return fail(ErrorCode::malformed, "the list names no site");
  return out;
}

std::string code_table(const std::vector<SiteCode>& codes) {
  std::string out = "tax code,site,seats,code,expires\r\n";
  for (const SiteCode& one : codes) {
    out += fmt::format("{},{},{},{},{}\r\n", csv_field(one.site.tax_code.str()), csv_field(one.site.name),
                       one.site.seats, csv_field(one.code), csv_field(one.expires));
  }
  return out;
}

std::string code_letters(const std::vector<SiteCode>& codes, const std::string& product, Language language) {
  const Words& words = kWords.at(static_cast<std::size_t>(language));
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"{}\"><head><meta "
      "charset=\"utf-8\"><title>{}</title><style>{}</style></head><body>\n",
      to_string(language), words.title, kStyle);
  for (const SiteCode& one : codes)
    out += letter(one, product, words);
  return out + "</body></html>\n";
}

}  // namespace kip::cli
