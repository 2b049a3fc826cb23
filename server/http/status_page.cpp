#include <map>

#include <fmt/format.h>

#include <manifests/deadline/explain.hpp>
#include <server/http/html.hpp>
#include <server/http/status_page.hpp>
#include <server/http/status_words.hpp>

namespace kip::server {

const std::string_view kStatusPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

namespace {

constexpr std::string_view kStyle = R"(
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1a1a1a; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 0 0 .3rem; }
.banner { border: 2px solid #8a6d00; background: #fff8dc; padding: .5rem .8rem; }
.alarm { border-color: #a40000; background: #ffecec; font-weight: bold; }
section { border-top: 2px solid #444; margin-top: 1.6rem; padding-top: .8rem; break-inside: avoid-page; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { border: 1px solid #bbb; padding: .25rem .5rem; text-align: left; vertical-align: top; }
th { background: #f2f2f2; } td.number { text-align: right; }
.state { font-weight: bold; } .met { color: #0a5c24; } .at_risk { color: #8a4b00; }
.missed, .met_late { color: #a40000; } .muted { color: #555; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .3rem 0; } dt { color: #555; } dd { margin: 0; }
ol { margin: .2rem 0; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } .banner { background: none; } }
)";

void row(std::string& out, std::string_view label, std::string_view html) {
  out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", label, html);
}

std::string state_span(ObligationState state) {
  return fmt::format("<span class=\"state {}\">{}</span>", to_string(state), html_escape(state_words(state)));
}

std::string instant_html(Instant instant, const std::optional<Deadline>& due) {
  std::string out = html_escape(utc_words(instant));
  if (due) out = html_escape(local_words(instant, due->record.utc_offset)) + " = " + out;
  return out;
}

std::string remaining(const ObligationView& view) {
  if (view.time_left) return "time left · còn " + html_escape(length_words(*view.time_left));
  if (view.late_by) return "late by · trễ " + html_escape(length_words(*view.late_by));
  return {};
}

std::string missing_words(const CustomerRow& row) {
  std::string out;
  for (const std::string& label : row.missing)
    out += (out.empty() ? "" : ", ") + label;
  if (row.never_enrolled > 0) {
    out += fmt::format("{}{} never enrolled", out.empty() ? "" : "; ", row.never_enrolled);
  }
  return out;
}

std::string customers_html(const ObligationView& view) {
  std::string out =
      "<table><thead><tr><th>Customer · khách hàng</th><th>Tax code · MST</th><th>Installed · đã cài</th>"
      "<th>Missing · còn thiếu</th><th>State · trạng thái</th></tr></thead><tbody>\n";
  for (const CustomerRow& customer : view.customers) {
    std::string state = state_span(customer.state);
    if (!customer.reason.empty()) {
      state += fmt::format("<br><span class=\"muted\">{}</span>",
                           html_escape(reason_words(customer.reason, customer.detail)));
    }
    if (customer.completed_at) state += "<br>" + instant_html(*customer.completed_at, view.due);
    out += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"number\">{} of {}</td><td>{}</td><td>{}</td></tr>\n",
                       html_escape(customer.name), html_escape(customer.tax_code.str()), customer.installed,
                       customer.seats, html_escape(missing_words(customer)), state);
  }
  return out + "</tbody></table>\n";
}

std::string explanation_html(const Deadline& due) {
  std::string out = "<details open><summary>How the limit was counted · cách tính thời hạn</summary><ol>\n";
  const auto english = explain(due, Language::en);
  const auto vietnamese = explain(due, Language::vi);
  for (std::size_t i = 0; i < english.size(); ++i) {
    out += fmt::format("<li>{}<br><span lang=\"vi\" class=\"muted\">{}</span></li>\n", html_escape(english[i]),
                       i < vietnamese.size() ? html_escape(vietnamese[i]) : std::string());
  }
  out += "</ol>\n";
  for (const std::string& warning : explain_warnings(due, Language::en))
    out += fmt::format("<p class=\"at_risk\">{}</p>\n", html_escape(warning));
  return out + "</details>\n";
}

std::string obligation_html(const BoardEntry& entry) {
  const ObligationView& view = entry.view;
  const std::string& title = entry.commitment.title.empty() ? entry.commitment.id.str() : entry.commitment.title;
  std::string out = fmt::format("<h3>No. {} · {} · {}</h3>\n<dl>\n", view.number, html_escape(title),
                                html_escape(view.product.str()));
  std::string state = state_span(view.state);
  if (!view.reason.empty()) state += " <span class=\"muted\">" + html_escape(reason_words(view.reason, {})) + "</span>";
  row(out, "State · trạng thái", state);
  row(out, "What counts · mốc tính", html_escape(milestone_words(view.milestone)));
  if (view.due) {
    row(out, "Due · thời hạn",
        fmt::format("before · trước {}; last day · ngày cuối {}", instant_html(view.due->due, view.due),
                    html_escape(format_day(view.due->last_day, Language::vi))));
  }
  if (view.target) row(out, "Target, no limit · mục tiêu", html_escape(format_date(*view.target)));
  row(out, "Published · phát hành", view.published_at ? instant_html(*view.published_at, view.due) : "not yet · chưa");
  if (view.completed_at) row(out, "Done · xong", instant_html(*view.completed_at, view.due));
  if (const std::string left = remaining(view); !left.empty()) row(out, "Clock · đồng hồ", left);
  if (view.milestone == Milestone::installed) {
    row(out, "Installed · đã cài", fmt::format("{} of {}", view.tally.installed, view.tally.seats));
  }
  out += "</dl>\n";
  if (view.due) out += explanation_html(*view.due);
  if (!view.customers.empty()) out += customers_html(view);
  return out;
}

std::string act_html(const Act& act, const std::vector<const BoardEntry*>& entries) {
  std::string out = fmt::format("<section>\n<h2>{} · {} ({})</h2>\n", html_escape(act.key.issuer()),
                                html_escape(act.key.number()), act.key.year());
  if (!act.title.empty()) out += fmt::format("<p>{}</p>\n", html_escape(act.title));
  out += "<p class=\"muted\">signed · ký " + html_escape(format_day(act.signed_on, Language::vi));
  if (act.effective_on) out += "; effective · hiệu lực " + html_escape(format_day(*act.effective_on, Language::vi));
  out += "</p>\n";
  for (const BoardEntry* entry : entries)
    out += obligation_html(*entry);
  return out + "</section>\n";
}

std::string alarm_html(const std::vector<InstallRecord>& installs) {
  std::string held;
  for (const InstallRecord& install : installs) {
    if (install.standing != Standing::held) continue;
    held += fmt::format("{}{} ({})", held.empty() ? "" : ", ", html_escape(install.label),
                        html_escape(install.customer.str()));
  }
  if (held.empty()) return {};
  return fmt::format(
      "<p class=\"banner alarm\">ALARM: one enrolment code was used on more than one computer. Held, and not counted: "
      "{0}. "
      "Find out which is the customer's and make new codes.<br><span lang=\"vi\">CẢNH BÁO: một mã đăng ký đã được dùng "
      "trên nhiều máy. Đang tạm giữ, không được tính: {0}.</span></p>\n",
      held);
}

}  // namespace

std::string status_page(const TenantId& tenant, const std::vector<BoardEntry>& board,
                        const std::vector<InstallRecord>& installs, Instant now) {
  std::map<std::string, std::vector<const BoardEntry*>> by_act;
  std::vector<std::string> order;
  for (const BoardEntry& entry : board) {
    auto& entries = by_act[entry.act.key.str()];
    if (entries.empty()) order.push_back(entry.act.key.str());
    entries.push_back(&entry);
  }
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<title>Kịp · {0}</title><style>{1}</style></head>\n<body>\n"
      "<h1>Obligations of {0} · nghĩa vụ cập nhật</h1>\n<p class=\"muted\">as of · tính đến {2}</p>\n"
      "<p class=\"banner\">Times are this server's own clock: not yet independently proven.<br>"
      "<span lang=\"vi\">Thời gian theo đồng hồ của máy chủ này: chưa được chứng thực độc lập.</span></p>\n",
      html_escape(tenant.str()), kStyle, html_escape(utc_words(now)));
  out += alarm_html(installs);
  if (board.empty()) out += "<p>There is no obligation yet. · Chưa có nghĩa vụ nào.</p>\n";
  for (const std::string& key : order)
    out += act_html(by_act[key].front()->act, by_act[key]);
  return out + "</body>\n</html>\n";
}

}  // namespace kip::server
