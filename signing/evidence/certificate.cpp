#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <manifests/core/html.hpp>
#include <manifests/deadline/explain.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/evidence/certificate.hpp>

namespace kip {
namespace {

constexpr int kMaxDays = 100;

constexpr std::string_view kStyle = R"(
body { font: 12pt/1.4 "Noto Serif", serif; margin: 2rem auto; max-width: 48rem; padding: 0 1rem; color: #000; }
h1 { font-size: 1.5em; text-align: center; } h2 { font-size: 1.15em; border-bottom: 1px solid #000; margin-top: 1.6em; }
table { border-collapse: collapse; width: 100%; margin: .4em 0; } tr { break-inside: avoid; }
th, td { border: 1px solid #888; padding: .15em .4em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; font-weight: normal; } blockquote { margin: .3em 1em; font-style: italic; }
code { font-size: .8em; overflow-wrap: anywhere; } .verdict { font-weight: bold; } .warning { border: 2px solid #000; padding: .4em; }
.sign { display: flex; gap: 3em; margin-top: 3em; break-inside: avoid; } .sign div { flex: 1; border-top: 1px solid #000; padding-top: .3em; }
@page { margin: 18mm; } @media print { body { margin: 0; max-width: none; font-size: 10pt; } }
)";

std::string local_time(Instant instant, std::chrono::seconds offset) {
  std::string text = format_instant(instant + offset);
  text.pop_back();  // the Z
  return fmt::format("{} (UTC{}{:02}:{:02})", text, offset.count() < 0 ? "-" : "+", std::abs(offset.count()) / 3600,
                     std::abs(offset.count()) / 60 % 60);
}

class Page {
 public:
  Page(const EvidenceReport& report, const CertificateRequest& request, const CalendarBook& calendars)
      : report_(report), request_(request), calendars_(calendars), words_(request.language) {}

  Result<Bytes> make() {
    find_customer();
    if (customer_ == nullptr) {
      return fail(ErrorCode::not_found, fmt::format("the bundle is not about a customer {}", request_.customer.str()));
    }
    head();
    for (const ObligationCase& one : report_.cases) {
      for (const CustomerCase& customer : one.customers) {
        if (customer.customer.tax_code == request_.customer && customer.row.counts())
          KIP_TRY_VOID(obligation(one, customer));
      }
    }
    if (shown_ == 0) out_ += fmt::format("<p>{}</p>\n", word("not-concerned"));
    rest();
    return std::move(out_);
  }

 private:
  std::string word(std::string_view code) const { return html_escape(words_(code)); }
  static std::string text(std::string_view text) { return html_escape(text); }
  std::string day(LegalDate date) const { return text(format_day(date, request_.language)); }
  std::string time(const std::optional<Instant>& instant) const {
    return instant ? text(local_time(*instant, offset_)) : std::string("–");
  }
  void row(std::initializer_list<std::string> cells) {
    out_ += "<tr>";
    for (const std::string& cell : cells)
      out_ += "<td>" + cell + "</td>";
    out_ += "</tr>\n";
  }
  void fact(std::string_view code, const std::string& value) {
    out_ += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", word(code), value);
  }
  void begin_table(std::initializer_list<std::string_view> columns = {}) {
    out_ += "<table>";
    if (columns.size() > 0) out_ += "<tr>";
    for (const std::string_view column : columns)
      out_ += fmt::format("<th>{}</th>", word(column));
    if (columns.size() > 0) out_ += "</tr>\n";
  }
  void end_table() { out_ += "</table>\n"; }

  void find_customer() {
    for (const ObligationCase& one : report_.cases) {
      for (const CustomerCase& customer : one.customers) {
        if (customer.customer.tax_code != request_.customer) continue;
        customer_ = &customer.customer;
        if (one.deadline) offset_ = one.deadline->record.utc_offset;
      }
    }
  }

  void head() {
    out_ = fmt::format(
        "<!doctype html>\n<html lang=\"{0}\">\n<head><meta "
        "charset=\"utf-8\"><title>{1}</title><style>{2}</style></head>\n"
        "<body>\n<h1>{1}</h1>\n",
        to_string(request_.language), word("title"), kStyle);
    begin_table();
    fact("number", text(certificate_number(report_, request_.customer)));
    fact("issued", fmt::format("{} ({})", time(report_.index->made_at), word("vendor-clock")));
    fact("vendor", text(fmt::format("{} ({})", report_.index->tenant.str(), report_.index->origin)));
    fact("customer",
         fmt::format("{}, {} {}", text(customer_->name), word("tax-code"), text(customer_->tax_code.str())));
    fact("product", text(customer_->product.str()));
    fact("seats", std::to_string(customer_->seats));
    fact("sites", sites());
    fact("contract-from", day(customer_->contract_start));
    end_table();
    out_ += fmt::format("<p class=\"warning\">{}</p>\n", word("rests"));
  }

  std::vector<const LoggedInstall*> workstations(const Customer& customer) const {
    std::vector<const LoggedInstall*> out;
    for (const auto& [id, install] : report_.installs->installs()) {
      if (install.install.customer == customer.tax_code && install.install.product == customer.product)
        out.push_back(&install);
    }
    return out;
  }

  std::string sites() const {
    std::string out;
    for (const LoggedInstall* install : workstations(*customer_)) {
      const std::string site = report_.installs->site_of(*install);
      out += fmt::format("{}{}{} <code>{}</code>", out.empty() ? "" : "<br>", site.empty() ? "" : text(site) + ": ",
                         text(install->install.label), install->install.id.str());
    }
    return out.empty() ? word("none") : out;
  }

  Result<void> obligation(const ObligationCase& one, const CustomerCase& customer) {
    ++shown_;
    out_ += fmt::format("<h2>{} {}: {}</h2>\n", word("obligation"), one.obligation.number, text(one.act.key.str()));
    out_ += fmt::format("<p>{}:</p><blockquote>{}</blockquote>\n", word("clause"), text(one.commitment.clause));
    begin_table();
    const auto entitled = std::find_if(one.rises.begin(), one.rises.end(), [&](LegalDate rise) {
      return customer.customer.entitlement(rise).is_entitled();
    });
    fact("entitlement",
         entitled == one.rises.end() ? std::string("–") : fmt::format("{}: {}", word("entitled"), day(*entitled)));
    fact("act", text(one.act.title.empty() ? one.act.key.str() : one.act.title));
    fact("issuer", text(one.act.key.issuer()));
    end_table();
    dates(*one.said);
    KIP_TRY_VOID(clock(one));
    packages(one);
    events(one, customer);
    results(one, customer);
    return {};
  }

  void dates(const ActHistory& said) {
    begin_table({"act", "date", "source", "stated-by", "confirmed-by"});
    for (const DateStatement& statement : said.statements()) {
      std::string confirmed;
      for (const DateConfirmation& confirmation : said.confirmations()) {
        if (confirmation.date == statement.date && confirmation.day == statement.day) confirmed = confirmation.by;
      }
      row({word(to_string(statement.date)), day(statement.day), text(statement.source), text(statement.by),
           text(confirmed)});
    }
    end_table();
  }

  Result<void> clock(const ObligationCase& one) {
    out_ += fmt::format("<h3>{}</h3>\n", word("clock"));
    if (!one.no_due.empty() || !one.deadline) {
      out_ += fmt::format("<p>{}: {}</p>\n", word("no-limit"), text(one.no_due));
      return {};
    }
    KIP_TRY(const Calendar* calendar, calendars_.find(one.commitment.calendar));
    begin_table({"day", "date", "state"});
    int number = 0;
    for (LegalDate date = one.start; date <= one.deadline->last_day && number <= kMaxDays;
         date += std::chrono::days(1)) {
      const DayStatus status = calendar->status(date, one.commitment.profile);
      std::string kind = word(status.working ? "working-day" : "weekend");
      if (status.reason == DayReason::holiday) kind = word("holiday");
      if (status.reason == DayReason::worked_in_exchange) kind = word("worked-in-exchange");
      if (!status.name.empty()) kind += fmt::format(": {}", text(status.name));
      if (date == one.deadline->last_day) kind += fmt::format(" — <strong>{}</strong>", word("last-day"));
      row({std::to_string(number++), day(date), kind});
    }
    end_table();
    out_ += "<ol>\n";
    for (const std::string& step : explain(*one.deadline, request_.language))
      out_ += fmt::format("<li>{}</li>\n", text(step));
    out_ += fmt::format("</ol>\n<p>{} <strong>{}</strong></p>\n", word("limit"), time(one.deadline->due));
    return {};
  }

  void packages(const ObligationCase& one) {
    out_ += fmt::format("<h3>{}</h3>\n", word("package"));
    if (one.releases.empty()) out_ += fmt::format("<p>{}</p>\n", word("none-published"));
    for (const LoggedRelease& logged : one.releases) {
      const ReleasePublished& release = logged.release;
      begin_table();
      fact("version", text(fmt::format("{} {}", release.product.str(), release.version.str())));
      fact("manifest", "<code>" + release.manifest.hex() + "</code>");
      fact("file", "<code>" + release.target.sha256.hex() + "</code>");
      end_table();
      const auto package = report_.packages.find(release.manifest);
      if (package == report_.packages.end()) {
        out_ += fmt::format("<p>{}</p>\n", word("forms-not-shown"));
      } else if (!package->second.content().subject.forms.empty()) {
        forms(package->second);
      }
    }
  }

  void forms(const PackageManifest& manifest) {
    begin_table({"form", "schema", "period", "file"});
    for (const PackageForm& form : manifest.content().subject.forms) {
      std::string hashes;
      for (const SafeRelativePath& path : form.files) {
        const PackageFile* file = manifest.find(path.str());
        if (file != nullptr) hashes += fmt::format("{} <code>{}</code><br>", text(path.str()), file->sha256.hex());
      }
      row({text(form.code), text(form.schema_version), day(form.period_from), hashes});
    }
    end_table();
  }

  void events(const ObligationCase& one, const CustomerCase& customer) {
    out_ += fmt::format("<h3>{}</h3>\n", word("events"));
    begin_table({"workstation", "version", "state", "own-clock", "server-clock"});
    for (const LoggedInstall* install : workstations(customer.customer)) {
      // What it says again and again stands here once.
      std::set<std::pair<std::string, InstallState>> told;
      for (const LoggedReceipt& said : install->receipts) {
        const bool concerns = std::any_of(one.releases.begin(), one.releases.end(), [&](const LoggedRelease& release) {
          return release.release.version == said.receipt.version;
        });
        if (!concerns || !told.emplace(said.receipt.version.str(), said.receipt.state).second) continue;
        row({text(install->install.label), text(said.receipt.version.str()), word(to_string(said.receipt.state)),
             time(said.receipt.claimed_time), time(said.received)});
      }
      if (told.empty()) row({text(install->install.label), "–", word("nothing-said"), "–", "–"});
    }
    end_table();
  }

  void result(const std::string& name, const Judgement& judgement) {
    std::string why;
    for (const Finding finding : judgement.findings)
      why += fmt::format("{}{}", why.empty() ? "" : "<br>", text(words_.finding(finding)));
    row({name, fmt::format("<span class=\"verdict\">{}</span>", text(words_.verdict(judgement.verdict))),
         fmt::format("{} – {}", time(judgement.not_before), time(judgement.not_after)), why});
  }

  void results(const ObligationCase& one, const CustomerCase& customer) {
    const std::string name = history_name(one, customer);
    out_ += fmt::format("<h3>{}</h3>\n", word("result"));
    begin_table({"obligation", "result", "proven-between", "why"});
    for (const NamedJudgement& judged : report_.judgements) {
      if (judged.history == name) result(subject_words(judged.subject), judged.judgement);
    }
    end_table();
  }

  std::string subject_words(const std::string& subject) const {
    constexpr std::string_view kInstall = "install:";
    if (subject.starts_with(kInstall)) return label_of(subject.substr(kInstall.size()));
    if (subject == "customer") return word("customer-published");
    return word(subject == "installed" ? "all-installed" : subject);
  }

  std::string label_of(const std::string& id) const {
    const auto parsed = InstallId::parse(id);
    if (!parsed) return text(id);
    const auto found = report_.installs->installs().find(*parsed);
    return found == report_.installs->installs().end() ? text(id) : text(found->second.install.label);
  }

  /// With how far the true time may be away.
  std::string stamp_time(const SeenStamp& stamp) const {
    if (!stamp.time) return "–";
    const auto second = std::chrono::floor<std::chrono::seconds>(*stamp.time);
    if (!stamp.counts()) return time(second);
    const auto apart = std::chrono::duration<double>(stamp.not_after - stamp.not_before) / 2;
    return fmt::format("{} ± {:.3g} s", time(second), apart.count());
  }

  void rest() {
    out_ += fmt::format("<h2>{}</h2>\n", word("stamps"));
    begin_table({"authority", "signer", "stamp-policy", "date", "entries", "independent"});
    for (const SeenStamp& stamp : report_.stamps) {
      row({text(stamp.authority), text(stamp.signer), text(stamp.policy), stamp_time(stamp),
           std::to_string(stamp.covers),
           !stamp.counts() ? text(stamp.problem) : word(stamp.independent ? "independent" : "not-independent")});
    }
    end_table();
    std::string names;
    for (const std::string& name : report_.witnesses)
      names += (names.empty() ? "" : ", ") + text(name);
    out_ += fmt::format("<p>{}: {}</p>\n<p>{}:</p><pre>{}</pre>\n", word("witnesses"),
                        names.empty() ? word("none") : names, word("log-head"), text(report_.head.text));
    out_ += fmt::format("<h2>{}</h2>\n<ul>\n", word("open"));
    for (const NotProven& open : report_.not_proven)
      out_ += fmt::format("<li>{}</li>\n", text(words_.sentence(open)));
    out_ += fmt::format(
        "</ul>\n<h2>{}</h2>\n<p>{}</p><pre>kip evidence verify FILE.tar --trust POLICY</pre>\n"
        "<p>{}</p><pre>sh verify.sh --keys KEYS --ca ROOTS.pem</pre>\n",
        word("how"), word("how-kip"), word("how-shell"));
    out_ += fmt::format(
        "<h2>{0}</h2>\n<div class=\"sign\"><div>{1}<br>{3}</div><div>{2}<br>{3}</div></div>\n</body>\n</html>\n",
        word("signatures"), word("for-vendor"), word("for-customer"), word("name-date"));
  }

  const EvidenceReport& report_;
  const CertificateRequest& request_;
  const CalendarBook& calendars_;
  EvidenceWords words_;
  const Customer* customer_ = nullptr;
  std::chrono::seconds offset_{0};  ///< local time of the limits less UTC
  int shown_ = 0;
  Bytes out_;
};

}  // namespace

std::string certificate_number(const EvidenceReport& report, const TaxCode& customer) {
  const auto day = std::chrono::floor<std::chrono::days>(report.index->made_at);
  std::string date = format_date(day);
  std::erase(date, '-');
  return fmt::format("{}-{}-{}", report.index->tenant.str(), date,
                     sha256(report.head.text + customer.str()).hex().substr(0, 8));
}

Result<Bytes> make_certificate(const EvidenceReport& report, const CertificateRequest& request,
                               const CalendarBook& calendars) {
  if (!report.index || !report.installs) return fail(ErrorCode::integrity, "the bundle does not hold");
  return Page(report, request, calendars).make();
}

}  // namespace kip
