#include <array>

#include <fmt/format.h>

#include <manifests/core/html.hpp>
#include <manifests/deadline/explain.hpp>
#include <server/http/act_page.hpp>
#include <server/http/page_parts.hpp>

namespace kip::server {
namespace {

/// Customers on one page; who needs more takes the table.
constexpr std::size_t kMaxRows = 500;

void row(std::string& out, std::string_view label, std::string_view html) {
  out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", label, html);
}

std::string date_html(const ActHistory& history, Trigger date, const PageWords& words) {
  const DateStanding standing = history.standing(date);
  std::string out;
  for (const DateStatement& statement : history.statements()) {
    if (statement.date != date) continue;
    out += fmt::format("{}{} ({}: {}; {})", out.empty() ? "" : "<br>",
                       html_escape(format_day(statement.day, words.language())), words("source"),
                       html_escape(statement.source.empty() ? "–" : statement.source), html_escape(statement.by));
  }
  for (const DateConfirmation& confirmation : history.confirmations()) {
    if (confirmation.date != date) continue;
    out += fmt::format("<br>{} {}: {}", words("confirmed-by"), html_escape(confirmation.by),
                       html_escape(format_day(confirmation.day, words.language())));
    if (!confirmation.reason.empty()) out += fmt::format(" ({})", html_escape(confirmation.reason));
  }
  const std::string_view mark = standing.disputed         ? words("disputed")
                                : standing.is_confirmed() ? std::string_view()
                                                          : words("unconfirmed");
  if (!mark.empty()) out += fmt::format("<br><span class=\"state unconfirmed\">{}</span>", html_escape(mark));
  return out;
}

std::string dates_html(const ActHistory& history, const PageWords& words) {
  std::string out = fmt::format("<h2>{}</h2>\n<dl>\n", words("dates"));
  for (const Trigger date : {Trigger::act_signed, Trigger::act_gazetted, Trigger::act_effective}) {
    if (!history.standing(date).stated.empty()) row(out, words(to_string(date)), date_html(history, date, words));
  }
  return out + "</dl>\n";
}

/// What an authority did to the act later, and what people have decided about the clocks because of it.
std::string developments_html(const ActHistory& history, const PageWords& words) {
  if (history.developments().empty()) return {};
  std::string out = fmt::format("<h2>{}</h2>\n<dl>\n", words("developments"));
  for (const ActDevelopment& one : history.developments()) {
    std::string html = fmt::format("{} ({}: {})<br>{}", html_escape(format_day(one.on, words.language())),
                                   words("source"), html_escape(one.source), words(to_string(one.clock)));
    if (one.from) html += " " + html_escape(format_day(*one.from, words.language()));
    html += fmt::format(" ({}; {})<br>", html_escape(one.reason), html_escape(one.by));
    html += one.is_confirmed()
                ? fmt::format("{} {}", words("confirmed-by"), html_escape(one.confirmed_by))
                : fmt::format("<span class=\"state unconfirmed\">{}</span>", html_escape(words("unconfirmed")));
    row(out, words(to_string(one.turn)), html);
  }
  return out + "</dl>\n";
}

std::string explanation_html(const Deadline& due, const PageWords& words) {
  std::string out = fmt::format("<details open><summary>{}</summary><ol>\n", words("how-counted"));
  for (const std::string& step : explain(due, words.language()))
    out += fmt::format("<li>{}</li>\n", html_escape(step));
  out += "</ol>\n";
  for (const std::string& warning : explain_warnings(due, words.language()))
    out += fmt::format("<p class=\"at_risk\">{}</p>\n", html_escape(warning));
  return out + "</details>\n";
}

std::string clocks_html(const ObligationView& view, const PageWords& words) {
  std::string out;
  for (const ObligationClock& clock : view.clocks) {
    out += fmt::format("{}{}", out.empty() ? "" : "<br>", html_escape(format_day(clock.start, words.language())));
    if (clock.due) out += fmt::format(" → {} {}", words("before"), instant_html(clock.due->due, clock.due));
    if (const auto& before = clock.due_before_amendments) {
      out += fmt::format(" ({} {}: {} {})", words("before-amendments"), html_escape(before->record.calendar_version),
                         words("before"), instant_html(before->due, before));
    }
    if (!clock.reason.empty()) out += fmt::format(" ({}; {})", html_escape(clock.reason), html_escape(clock.by));
    if (clock.stopped_on) {
      out += fmt::format("; {} {}", words("stopped"), html_escape(format_day(*clock.stopped_on, words.language())));
    }
  }
  return out;
}

std::string parts_html(const ObligationView& view, const PageWords& words) {
  std::string out;
  for (const PartView& part : view.parts) {
    if (part.name.empty() && !part.blocked) continue;
    out += out.empty() ? "" : "<br>";
    if (!part.name.empty()) out += html_escape(part.name) + ": ";
    out += part.published_at ? instant_html(*part.published_at, view.due) : std::string(words("not-yet"));
    if (part.blocked) {
      out += fmt::format("; {} {} ({})", words("blocked"), format_date(part.blocked->since),
                         html_escape(part.blocked->evidence));
    }
  }
  return out;
}

std::string missing_html(const CustomerRow& customer, const PageWords& words) {
  std::string out;
  for (const std::string& label : customer.missing)
    out += (out.empty() ? "" : ", ") + html_escape(label);
  const auto add = [&out](const std::string& html) { out += (out.empty() ? "" : "<br>") + html; };
  const int never = customer.never_enrolled - static_cast<int>(customer.retired_without.size());
  if (never > 0) add(fmt::format("{} {}", never, words("never-enrolled")));
  for (const std::string& label : customer.retired_without)
    add(fmt::format("{}: {}", html_escape(label), words("retired-without")));
  if (customer.deferred_at) add(fmt::format("{} {}", words("put-off"), html_escape(utc_words(*customer.deferred_at))));
  if (customer.silent_since)
    add(fmt::format("{} {}", words("silent-since"), html_escape(utc_words(*customer.silent_since))));
  for (const std::string& label : customer.retired)
    add(fmt::format("{}: {}", html_escape(label), words("retired")));
  return out;
}

std::string customer_html(const CustomerRow& customer, const PageWords& words) {
  return fmt::format(
      "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"number\">{} {} {}</td><td>{}</td><td>{}</td></tr>\n",
      html_escape(customer.name), html_escape(customer.tax_code.str()), html_escape(customer.phone), customer.installed,
      words("of"), customer.seats, missing_html(customer, words),
      state_html(customer.state, customer.reason, customer.detail, words));
}

/// Those that count and are not complete, and those of whom something is unknown.
std::string customers_html(const ObligationView& view, const PageWords& words) {
  std::string rows;
  std::size_t shown = 0;
  std::size_t left_out = 0;
  for (const CustomerRow& customer : view.customers) {
    if (!customer.counts() || customer.completed_at) continue;
    if (shown == kMaxRows) {
      ++left_out;
      continue;
    }
    ++shown;
    rows += customer_html(customer, words);
  }
  std::string out = fmt::format("<h4>{}</h4>\n", words("who-is-missing"));
  if (shown == 0) return out + fmt::format("<p>{}</p>\n", words("nobody-missing"));
  out += fmt::format(
      "<table><thead><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>\n{}"
      "</tbody></table>\n",
      words("customer"), words("tax-code"), words("phone"), words("installed"), words("missing"), words("state"), rows);
  if (left_out > 0) out += fmt::format("<p>+ {} {}</p>\n", left_out, html_escape(words("more-rows")));
  return out;
}

std::string tally_html(const ObligationView& view, const PageWords& words) {
  const Tally& tally = view.tally;
  std::string out = fmt::format("{} {} {}; {}: {} {} {} {}", tally.installed, words("of"), tally.seats,
                                words("customers"), tally.complete, words("of"), tally.counted, words("complete"));
  const std::array<std::pair<std::int64_t, std::string_view>, 6> rest = {
      {{tally.late, words("late")},
       {tally.unknown, words("unknown")},
       {tally.never_enrolled, words("never-enrolled")},
       {tally.delayed, words.state(ObligationState::delayed_by_customer)},
       {tally.not_applicable, words.state(ObligationState::not_applicable)},
       {tally.not_entitled, words.state(ObligationState::not_entitled)}}};
  for (const auto& [count, text] : rest) {
    if (count > 0) out += fmt::format("; {} {}", count, text);
  }
  return out;
}

std::string forecast_html(const Forecast& forecast, const PageWords& words) {
  const std::array<std::pair<std::int64_t, std::string_view>, 4> all = {
      {{forecast.never_enrolled, words("never-enrolled")},
       {forecast.silent, words("silent")},
       {forecast.deferring, words.state(ObligationState::delayed_by_customer)},
       {forecast.on_the_way, words("on-the-way")}}};
  std::string out;
  for (const auto& [count, text] : all) {
    if (count > 0) out += fmt::format("{}{} {}: {}", out.empty() ? "" : "; ", count, words("customers"), text);
  }
  return out;
}

/// Whether the clocks say more than the limit does.
bool has_story(const std::vector<ObligationClock>& clocks) {
  return clocks.size() > 1 || (!clocks.empty() && (clocks.back().stopped_on || clocks.back().due_before_amendments));
}

std::string obligation_html(const BoardEntry& entry, const PageWords& words) {
  const ObligationView& view = entry.view;
  const std::string& title = entry.commitment.title.empty() ? entry.commitment.id.str() : entry.commitment.title;
  std::string out = fmt::format("<section>\n<h3>{} {} · {} · {}</h3>\n<dl>\n", words("number"), view.number,
                                html_escape(title), html_escape(view.product.str()));
  row(out, words("state"), state_html(view.state, view.reason, {}, words));
  row(out, words("counts"), words(to_string(view.milestone)));
  if (view.due) {
    row(out, words("due"),
        fmt::format("{} {}; {} {}", words("before"), instant_html(view.due->due, view.due), words("last-day"),
                    html_escape(format_day(view.due->last_day, words.language()))));
  }
  if (has_story(view.clocks)) row(out, words("clocks"), clocks_html(view, words));
  if (view.target) row(out, words("target"), html_escape(format_day(*view.target, words.language())));
  row(out, words("published"),
      view.published_at ? instant_html(*view.published_at, view.due) : std::string(words("not-yet")));
  if (const std::string parts = parts_html(view, words); !parts.empty()) row(out, "", parts);
  if (view.completed_at) row(out, words("done"), instant_html(*view.completed_at, view.due));
  if (const std::string left = remaining_html(view, words); !left.empty()) row(out, words("clock"), left);
  if (view.waiver) {
    row(out, words("waiver"),
        fmt::format("{}: {} ({})", utc_words(view.waiver->expires), html_escape(view.waiver->reason),
                    html_escape(view.waiver->approved_by)));
  }
  if (view.milestone == Milestone::installed) row(out, words("installed"), tally_html(view, words));
  if (view.forecast.all() > 0) row(out, words("forecast"), forecast_html(view.forecast, words));
  out += "</dl>\n";
  if (view.due) out += explanation_html(*view.due, words);
  if (view.milestone == Milestone::installed && is_asked_for(view.state)) out += customers_html(view, words);
  return out + "</section>\n";
}

}  // namespace

std::string act_page(const ActOnPage& shown, const PageWords& words, Instant now) {
  const Act& act = shown.act;
  std::string content =
      fmt::format("<p><a href=\"../status?lang={}\">{}</a></p>\n", to_string(words.language()), words("back"));
  if (!act.title.empty()) content += fmt::format("<p>{}</p>\n", html_escape(act.title));
  content += dates_html(shown.history, words) + developments_html(shown.history, words);
  for (const BoardEntry& entry : shown.obligations)
    content += obligation_html(entry, words);
  if (shown.obligations.empty()) content += fmt::format("<p>{}</p>\n", words("no-obligation"));
  return page_frame(fmt::format("{} · {} ({})", act.key.issuer(), act.key.number(), act.key.year()),
                    act_page_path(act.key) + "&", words, now, content);
}

}  // namespace kip::server
