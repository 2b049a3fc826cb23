#include <fmt/format.h>

#include <manifests/core/html.hpp>
#include <server/http/page_parts.hpp>
#include <server/http/service_section.hpp>

namespace kip::server {
namespace {

std::string remaining(const PromiseView& view, const PageWords& words) {
  if (view.time_left) return fmt::format(" {} {}", words("time-left"), words.length(*view.time_left));
  if (view.late_by) return fmt::format(" {} {}", words("late-by"), words.length(*view.late_by));
  return {};
}

/// "answer (remote-24h): running, left 3 h 5 min" and, below it, until when.
std::string promise_html(const PromiseView& view, const PageWords& words) {
  const auto state = to_string(view.state);
  std::string out = fmt::format("{} ({}): <span class=\"state {}\">{}</span>{}",
                                html_escape(words(to_string(view.milestone))), html_escape(view.promise.str()), state,
                                html_escape(words.state(view.state)), html_escape(remaining(view, words)));
  if (view.due) out += fmt::format("<br>{} {}", words("before"), instant_html(view.due->due, view.due));
  return out;
}

std::string promises_html(const ServiceEntry& entry, const PageWords& words) {
  std::string out;
  for (const PromiseView& view : entry.view.promises) {
    if (!out.empty()) out += "<br>";
    out += promise_html(view, words);
  }
  const char* word = entry.view.first         ? "goes-first"
                     : entry.view.by_the_hour ? "by-the-hour"
                     : entry.view.entitled    ? ""
                                              : "beyond-contract";
  if (*word != '\0') {
    out += fmt::format("{}<span class=\"muted\">{}</span>", out.empty() ? "" : "<br>", html_escape(words(word)));
  }
  return out;
}

std::string row_html(const ServiceEntry& entry, const PageWords& words) {
  const ServiceFacts& facts = entry.request.facts();
  return fmt::format(
      "<tr><td class=\"number\">{}</td><td>{}<br>{} {}</td><td>{} ({})<br>{}</td><td>{}</td><td>{}</td></tr>\n",
      facts.number, html_escape(words(to_string(facts.kind))), html_escape(words("grade")), facts.grade,
      html_escape(entry.customer_name), html_escape(facts.customer.str()), html_escape(facts.product.str()),
      instant_html(facts.came_at, {}), promises_html(entry, words));
}

}  // namespace

std::string service_section(const ServicePage& page, const PageWords& words) {
  std::string out = fmt::format("<section>\n<h2>{}</h2>\n", html_escape(words("open-requests")));
  if (page.entries.empty()) return out + fmt::format("<p>{}</p>\n</section>\n", html_escape(words("no-request")));
  out += fmt::format("<table><thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>\n",
                     words("number"), words("asks-for"), words("customer"), words("came"), words("promise"));
  for (const ServiceEntry& entry : page.entries)
    out += row_html(entry, words);
  out += "</tbody></table>\n";
  if (page.total > page.entries.size()) {
    out += fmt::format("<p>{} {}</p>\n", page.total - page.entries.size(), html_escape(words("more-requests")));
  }
  return out + "</section>\n";
}

}  // namespace kip::server
