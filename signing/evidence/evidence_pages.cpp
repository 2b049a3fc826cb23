#include <fmt/format.h>

#include <signing/evidence/certificate.hpp>
#include <signing/evidence/evidence_pages.hpp>

namespace kip {
namespace {

/// Who signs what, for a verifier that is told nothing else. Nobody has to believe it.
std::string hints_of(const EvidenceReport& report) {
  std::string out =
      "# Keys as the vendor's officers have authorised them, for verify.sh. Hints: whoever checks must have them by "
      "another way.\n";
  for (const LoggedSpan& span : report.index->logs) {
    const LogAuthority* authority = report.keys->find(span.life.origin);
    for (const tlog::NoteKey& key : authority->checkpoint_keys)
      out += fmt::format("checkpoint {} {}\n", folder_of(span.life), key.text());
    for (const PublicKey& key : usable_keys(authority->entry_keys))
      out += fmt::format("entry {} {}\n", folder_of(span.life), to_hex(key.material()));
  }
  return out;
}

constexpr std::string_view kHowToCheck = R"(How to check this
  kip evidence verify FILE --trust POLICY     checks everything, without a network; what you believe stands in POLICY
  sh verify.sh                                in the unpacked bundle: what openssl and coreutils alone can tell
  sha256sum -c SHA256SUMS                     whether the files are those that were signed
Neither needs the vendor, nor this program's makers. Formats: docs/formats/evidence.md of Kip.
)";

std::string names_of(const std::vector<std::string>& authorities) {
  std::string out;
  for (const std::string& name : authorities)
    out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", name);
  return out.empty() ? "nobody" : out;
}

Bytes summary_of(const EvidenceReport& report) {
  std::string out = fmt::format("Evidence of {} ({}), made on {} by its server's clock. Of time it believes {}.\n\n",
                                report.index->tenant.str(), report.index->origin, format_instant(report.index->made_at),
                                names_of(report.believed));
  for (const std::string& line : report_lines(report))
    out += line + "\n";
  return out + "\n" + std::string(kHowToCheck);
}

}  // namespace

Result<EvidenceFiles> make_pages(const EvidenceReport& report, const CalendarBook& calendars) {
  EvidenceFiles out;
  Bytes judgements;
  for (const NamedJudgement& judged : report.judgements)
    judgements += judgement_line(judged) + "\n";
  out.emplace(kJudgementsFile, std::move(judgements));
  out.emplace(kHistoriesFile, history_text_of(report.cases));
  out.emplace(kHintsFile, hints_of(report));
  for (const auto& [name, text] : evidence_scripts())
    out.emplace(name, text);
  out.emplace(kSummaryFile, summary_of(report));
  if (report.index->customers.size() != 1) return out;
  const TaxCode& customer = report.index->customers.front();
  for (const Language language : kLanguages) {
    KIP_TRY(out[fmt::format("certificates/{}.{}.html", customer.str(), to_string(language))],
            make_certificate(report, {customer, language}, calendars));
  }
  return out;
}

}  // namespace kip
