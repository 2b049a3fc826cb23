#include <algorithm>

#include <fmt/format.h>

#include <manifests/core/html.hpp>
#include <server/http/page_parts.hpp>
#include <server/http/service_section.hpp>
#include <server/http/status_page.hpp>

namespace kip::server {
namespace {

/// Held installs: somebody has to find out whose they are.
std::string alarm_html(const std::vector<InstallRecord>& installs, const PageWords& words) {
  std::string held;
  for (const InstallRecord& install : installs) {
    if (install.standing != Standing::held) continue;
    held += fmt::format("{}{} ({})", held.empty() ? "" : ", ", html_escape(install.label),
                        html_escape(install.customer.str()));
  }
  if (held.empty()) return {};
  return fmt::format("<p class=\"banner alarm\">{} {}</p>\n", html_escape(words("alarm")), held);
}

/// Open ones first, by their limits; one without a limit is less urgent than all that have one.
std::vector<const BoardEntry*> by_urgency(const std::vector<BoardEntry>& board) {
  std::vector<const BoardEntry*> out;
  for (const BoardEntry& entry : board)
    out.push_back(&entry);
  const auto due = [](const BoardEntry& entry) { return entry.view.due ? entry.view.due->due : Instant::max(); };
  std::stable_sort(out.begin(), out.end(), [&](const BoardEntry* a, const BoardEntry* b) {
    const bool a_first = needs_work(a->view.state);
    if (a_first != needs_work(b->view.state)) return a_first;
    return a_first && due(*a) < due(*b);
  });
  return out;
}

std::string due_html(const ObligationView& view, const PageWords& words) {
  if (view.due) return fmt::format("{} {}", words("before"), instant_html(view.due->due, view.due));
  if (view.target) return fmt::format("{} {}", words("target"), format_date(*view.target));
  return {};
}

std::string installed_html(const ObligationView& view, const PageWords& words) {
  if (view.milestone != Milestone::installed) return {};
  std::string out = fmt::format("{} {} {}", view.tally.installed, words("of"), view.tally.seats);
  if (view.tally.late > 0) out += fmt::format("<br>{} {}", view.tally.late, words("late"));
  if (view.tally.unknown > 0) out += fmt::format("<br>{} {}", view.tally.unknown, words("unknown"));
  return out;
}

std::string row_html(const BoardEntry& entry, const PageWords& words) {
  const ObligationView& view = entry.view;
  const std::string& title = entry.commitment.title.empty() ? entry.commitment.id.str() : entry.commitment.title;
  const std::string published =
      view.published_at ? instant_html(*view.published_at, view.due) : std::string(words("not-yet"));
  return fmt::format(
      "<tr><td class=\"number\">{}</td><td><a href=\"{}&amp;lang={}\">{}</a><br>{}</td><td>{}<br>{}</td><td>{}</td>"
      "<td>{}</td><td>{}</td></tr>\n",
      view.number, html_escape("status/" + act_page_path(view.act)), to_string(words.language()),
      act_name_html(view.act), html_escape(title), state_html(view.state, view.reason, {}, words),
      remaining_html(view, words), due_html(view, words), published, installed_html(view, words));
}

}  // namespace

std::string status_page(const TenantId& tenant, const std::vector<BoardEntry>& board,
                        const std::vector<InstallRecord>& installs, const ServicePage& requests, const PageWords& words,
                        Instant now) {
  std::string content = alarm_html(installs, words);
  if (board.empty()) {
    content += fmt::format("<p>{}</p>\n", words("no-obligation"));
  } else {
    content += fmt::format(
        "<table><thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>\n",
        words("number"), words("promise"), words("state"), words("due"), words("published"), words("installed"));
    for (const BoardEntry* entry : by_urgency(board))
      content += row_html(*entry, words);
    content += "</tbody></table>\n";
  }
  content += service_section(requests, words);
  return page_frame(fmt::format("{} {}", words("obligations-of"), tenant.str()), "status?", words, now, content);
}

}  // namespace kip::server
