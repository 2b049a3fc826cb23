#include <fmt/format.h>

#include <manifests/core/html.hpp>
#include <server/http/page_parts.hpp>
#include <signing/fetch/http_client.hpp>

namespace kip::server {

const std::string_view kPagePolicy =
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
.missed, .met_late, .unconfirmed { color: #a40000; } .muted { color: #555; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .3rem 0; } dt { color: #555; } dd { margin: 0; }
ol { margin: .2rem 0; }
.languages { text-align: right; margin: 0; }
@media print { .languages { display: none; } body { margin: 0; max-width: none; font-size: 11px; } .banner { background: none; } }
)";

std::string language_links(std::string_view target, Language shown) {
  std::string out;
  for (const Language language : kLanguages) {
    out += out.empty() ? "" : " · ";
    out += language == shown ? std::string(to_string(language))
                             : fmt::format("<a href=\"{}lang={}\">{}</a>", html_escape(target), to_string(language),
                                           to_string(language));
  }
  return out;
}

}  // namespace

std::string page_frame(std::string_view title, std::string_view target, const PageWords& words, Instant now,
                       std::string_view content) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"{0}\">\n<head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<title>Kịp · {1}</title><style>{2}</style></head>\n<body>\n"
      "<p class=\"muted languages\">{3}</p>\n<h1>{1}</h1>\n<p class=\"muted\">{4} {5}</p>\n<p "
      "class=\"banner\">{6}</p>\n{7}"
      "</body>\n</html>\n",
      to_string(words.language()), html_escape(title), kStyle, language_links(target, words.language()), words("as-of"),
      html_escape(utc_words(now)), html_escape(words("not-proven")), content);
}

std::string state_html(ObligationState state, std::string_view reason, std::string_view detail,
                       const PageWords& words) {
  std::string out =
      fmt::format("<span class=\"state {}\">{}</span>", to_string(state), html_escape(words.state(state)));
  if (!reason.empty())
    out += fmt::format(" <span class=\"muted\">{}</span>", html_escape(words.reason(reason, detail)));
  return out;
}

std::string instant_html(Instant instant, const std::optional<Deadline>& due) {
  std::string out = html_escape(utc_words(instant));
  if (due) out = html_escape(local_words(instant, due->record.utc_offset)) + " = " + out;
  return out;
}

std::string remaining_html(const ObligationView& view, const PageWords& words) {
  if (view.time_left) return fmt::format("{} {}", words("time-left"), words.length(*view.time_left));
  if (view.late_by) return fmt::format("{} {}", words("late-by"), words.length(*view.late_by));
  return {};
}

std::string act_name_html(const ActKey& act) {
  return fmt::format("{} · {} ({})", html_escape(act.issuer()), html_escape(act.number()), act.year());
}

std::string act_page_path(const ActKey& act) {
  return "act?act=" + encode_url_path(act.str());
}

}  // namespace kip::server
