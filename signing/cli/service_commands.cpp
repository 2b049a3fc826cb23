#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/deadline/calendar.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::cli {
namespace {

constexpr std::uint64_t kMaxDocument = 64U << 20U;

struct ServiceOptions {
  ServerOptions server;
  std::int64_t number = 0;
  std::string customer;
  std::string product;
  std::string kind;
  int grade = 3;
  std::string note;
  std::string at;
  std::string from;
  std::string to;
  std::string document;
  std::string state;
  std::string promise;
  std::string language;
  bool only_open = false;
  int limit = 0;
  int offset = 0;
};

bool is_true(const json::Value& value, std::string_view name) {
  const json::Value* member = value.find(name);
  return member != nullptr && *member == json::Value(true);
}

std::string promise_line(const json::Value& view) {
  std::string out =
      fmt::format("    {} {}: {}", text_of(view, "promise"), text_of(view, "milestone"), text_of(view, "state"));
  if (const auto reason = text_of(view, "reason"); !reason.empty()) out += fmt::format(" ({})", reason);
  if (const auto reached = text_of(view, "reached_at"); !reached.empty()) out += fmt::format(", reached {}", reached);
  if (const auto due = text_of(view, "due"); !due.empty()) out += fmt::format(", due before {}", due);
  if (const auto target = text_of(view, "target"); !target.empty()) out += fmt::format(", aimed at {}", target);
  if (view.find("seconds_left") != nullptr)
    out += fmt::format(", {} left", format_span(number_of(view, "seconds_left")));
  if (view.find("seconds_late") != nullptr)
    out += fmt::format(", late by {}", format_span(number_of(view, "seconds_late")));
  if (const json::Value* price = view.find("price")) {
    out +=
        fmt::format(", {} {} a {}", number_of(*price, "amount"), text_of(*price, "currency"), text_of(*price, "per"));
  }
  return out;
}

/// The number, who asks for what, and how each promise stands.
std::vector<std::string> brief_lines(const json::Value& request) {
  std::string head = fmt::format("#{} {} grade {}, {}: {} ({})", number_of(request, "number"), text_of(request, "kind"),
                                 number_of(request, "grade"), text_of(request, "product"), text_of(request, "customer"),
                                 text_of(request, "tax_code"));
  if (const auto phone = text_of(request, "phone"); !phone.empty()) head += fmt::format(", {}", phone);
  head += fmt::format(", came {}", text_of(request, "came_at"));
  if (!is_true(request, "open")) head += ", resolved";
  if (is_true(request, "first")) head += "; under contract, goes first";
  if (is_true(request, "by_the_hour")) head += "; beyond the contract, charged by the hour";
  std::vector<std::string> out = {std::move(head)};
  for (const json::Value& view : list_of(request, "promises"))
    out.push_back(promise_line(view));
  if (list_of(request, "promises").empty()) out.emplace_back("    nothing is promised about it");
  return out;
}

void add_step(std::vector<std::string>& out, const json::Value& request, const char* name, const char* word) {
  const json::Value* step = request.find(name);
  if (step == nullptr) return;
  std::string line = fmt::format("  {} {} by {}", word, text_of(*step, "at"), text_of(*step, "by"));
  if (const auto note = text_of(*step, "note"); !note.empty()) line += fmt::format(": {}", note);
  out.push_back(std::move(line));
}

std::vector<std::string> whole_lines(const json::Value& request) {
  std::vector<std::string> out = brief_lines(request);
  if (const auto note = text_of(request, "note"); !note.empty()) out.push_back(fmt::format("  note: {}", note));
  if (const json::Value* failed = request.find("failed")) {
    out.push_back(fmt::format("  version {} failed: {}", text_of(*failed, "version"), text_of(*failed, "error")));
  }
  if (request.find("after_remote") != nullptr) {
    out.push_back(fmt::format("  after remote request #{}, which failed {}", number_of(request, "after_remote"),
                              text_of(request, "remote_failed_at")));
  }
  add_step(out, request, "answered", "answered");
  add_step(out, request, "remote_failed", "remote help failed");
  add_step(out, request, "resolved", "resolved");
  for (const json::Value& visit : list_of(request, "visits")) {
    std::string line = fmt::format("  visit from {} to {} ({} minutes), {}", text_of(visit, "from"),
                                   text_of(visit, "to"), number_of(visit, "minutes"), text_of(visit, "by"));
    if (const auto note = text_of(visit, "note"); !note.empty()) line += fmt::format(": {}", note);
    if (const auto minutes = text_of(visit, "signed_minutes"); !minutes.empty())
      line += fmt::format("; signed minutes {}", minutes);
    out.push_back(std::move(line));
  }
  return out;
}

Result<void> post_about(Context& context, const ServiceOptions& options, const std::string& route,
                        const json::Object& body) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post(route, body));
  context.print(whole_lines(answer), answer);
  return {};
}

Result<void> service_request(Context& context, const ServiceOptions& options) {
  json::Object body{{"tax_code", options.customer},
                    {"product", options.product},
                    {"kind", options.kind},
                    {"grade", options.grade},
                    {"note", options.note}};
  if (!options.at.empty()) body["came_at"] = options.at;
  return post_about(context, options, "/service-calls", body);
}

std::string query_of(const ServiceOptions& options) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out += fmt::format("{}{}={}", out.empty() ? '?' : '&', name, encode_url_path(value));
  };
  add("state", options.state);
  add("kind", options.kind);
  add("customer", options.customer);
  add("product", options.product);
  add("promise", options.promise);
  add("open", options.only_open ? "true" : "");
  add("limit", options.limit > 0 ? std::to_string(options.limit) : "");
  add("offset", options.offset > 0 ? std::to_string(options.offset) : "");
  return out;
}

void add_total(std::vector<std::string>& lines, const json::Value& answer, std::size_t shown, const char* noun) {
  const std::int64_t total = number_of(answer, "total");
  if (total != static_cast<std::int64_t>(shown))
    lines.push_back(fmt::format("{} of {} {}; see --limit and --offset", shown, total, noun));
}

Result<void> service_list(Context& context, const ServiceOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/service-requests" + query_of(options)));
  std::vector<std::string> lines;
  const json::Array& requests = list_of(answer, "requests");
  for (const json::Value& request : requests) {
    const auto part = brief_lines(request);
    lines.insert(lines.end(), part.begin(), part.end());
  }
  if (requests.empty()) lines.emplace_back("No request.");
  add_total(lines, answer, requests.size(), "requests");
  context.print(lines, answer);
  return {};
}

Result<void> service_show(Context& context, const ServiceOptions& options) {
  Language language = Language::en;
  if (!options.language.empty()) {
    KIP_TRY(language, parse_language(options.language));
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get(fmt::format("/service-requests/{}", options.number)));
  std::vector<std::string> lines = whole_lines(answer);
  for (const json::Value& view : list_of(answer, "promises")) {
    const json::Value* explanation = view.find("explanation");
    if (explanation == nullptr) continue;
    lines.push_back(fmt::format("  how {} was counted:", text_of(view, "promise")));
    for (const json::Value& line : list_of(*explanation, to_string(language)))
      if (line.as_text() != nullptr) lines.push_back("    " + *line.as_text());
  }
  context.print(lines, answer);
  return {};
}

Result<void> post_step(Context& context, const ServiceOptions& options, const char* what) {
  json::Object body;
  if (!options.note.empty()) body["note"] = options.note;
  return post_about(context, options, fmt::format("/service-requests/{}/{}", options.number, what), body);
}

Result<void> service_answer(Context& context, const ServiceOptions& options) {
  return post_step(context, options, "answer");
}

Result<void> service_remote_failed(Context& context, const ServiceOptions& options) {
  return post_step(context, options, "remote-failure");
}

Result<void> service_resolve(Context& context, const ServiceOptions& options) {
  return post_step(context, options, "resolution");
}

/// The hash of a document that stays with the vendor.
Result<std::string> hash_of(Context& context, const std::string& path) {
  KIP_TRY(const Bytes document, read_file(context.files, path, kMaxDocument, Links::follow));
  return sha256(document).hex();
}

Result<void> service_visit(Context& context, const ServiceOptions& options) {
  json::Object body{{"from", options.from}, {"to", options.to}};
  if (!options.note.empty()) body["note"] = options.note;
  if (!options.document.empty()) {
    KIP_TRY(body["signed_minutes"], hash_of(context, options.document));
  }
  return post_about(context, options, fmt::format("/service-requests/{}/visits", options.number), body);
}

std::vector<std::string> inspection_lines(const json::Value& answer) {
  std::vector<std::string> out;
  for (const json::Value& one : list_of(answer, "inspections")) {
    out.push_back(fmt::format("{} ({}), {}: {}", text_of(one, "customer"), text_of(one, "tax_code"),
                              text_of(one, "product"), text_of(one, "promise")));
    for (const json::Value& interval : list_of(one, "intervals")) {
      std::string line = fmt::format("  from {}: {}", text_of(interval, "from"), text_of(interval, "state"));
      if (const auto due = text_of(interval, "last_day"); !due.empty()) line += fmt::format(", last day {}", due);
      if (const json::Value* done = interval.find("done"))
        line += fmt::format(", inspected {} ({})", text_of(*done, "on"), text_of(*done, "by"));
      out.push_back(std::move(line));
    }
  }
  if (out.empty()) out.emplace_back("No inspection is promised.");
  return out;
}

Result<void> service_inspect(Context& context, const ServiceOptions& options) {
  KIP_TRY(const LegalDate day, parse_human_date(options.at));
  json::Object body{{"customer", options.customer}, {"product", options.product}, {"on", format_date(day)}};
  if (!options.note.empty()) body["note"] = options.note;
  if (!options.document.empty()) {
    KIP_TRY(body["record"], hash_of(context, options.document));
  }
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post("/inspections", body));
  context.print(inspection_lines(answer), answer);
  return {};
}

Result<void> service_inspections(Context& context, const ServiceOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/inspections" + query_of(options)));
  std::vector<std::string> lines = inspection_lines(answer);
  add_total(lines, answer, list_of(answer, "inspections").size(), "customers' inspections");
  context.print(lines, answer);
  return {};
}

Result<void> service_shares(Context& context, const ServiceOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/service-shares", "shares"));
  std::vector<std::string> lines;
  for (const json::Value& one : list_of(answer, "shares")) {
    lines.push_back(fmt::format("{} {}: {} of {} in time, {} late, {} open; {} per cent are promised: {}",
                                text_of(one, "month"), text_of(one, "promise"), number_of(one, "in_time"),
                                number_of(one, "requests"), number_of(one, "late"), number_of(one, "open"),
                                number_of(one, "share"), text_of(one, "state")));
  }
  if (lines.empty()) lines.emplace_back("No share of a month is promised, or no request has come.");
  context.print(lines, answer);
  return {};
}

Result<void> service_promises(Context& context, const ServiceOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get_list("/service-promises", "promises"));
  std::vector<std::string> lines;
  for (const json::Value& one : list_of(answer, "promises")) {
    lines.push_back(fmt::format("{}  {}  \"{}\"", text_of(one, "id"), text_of(one, "product"), text_of(one, "clause")));
  }
  if (lines.empty()) lines.emplace_back("Nothing is promised about service; see \"kip commitment import\".");
  context.print(lines, answer);
  return {};
}

using Run = Result<void> (*)(Context&, const ServiceOptions&);
using Command = std::function<CLI::App*(const char* name, const char* help, Run)>;

constexpr const char* kKinds = "reinstall, workstation, remote, onsite or question";

void add_customer(CLI::App* made, ServiceOptions& options) {
  made->add_option("customer", options.customer, "The customer's tax code")->required();
  made->add_option("product", options.product, "The product")->required();
}

void add_for_requests(ServiceOptions& options, const Command& command) {
  CLI::App* request = command("request", "Take down what a customer has asked for on the telephone", service_request);
  add_customer(request, options);
  request->add_option("--kind", options.kind, kKinds)->required();
  request->add_option("--grade", options.grade, "1, all work stands still, to 4, a wish (3)");
  request->add_option("--note", options.note, "What it is about")->required();
  request->add_option("--came-at", options.at, "When the call came, as 2026-03-02T02:00:00Z, where that is not now");
  const auto with_number = [&](CLI::App* made) {
    made->add_option("number", options.number, "The request's number")->required();
    return made;
  };
  with_number(command("show", "One request, its promises and how each limit was counted", service_show))
      ->add_option("--lang", options.language, "en, vi, hu or zh");
  const auto with_note = [&](CLI::App* made, const char* help) {
    return made->add_option("--note", options.note, help);
  };
  with_note(with_number(command("answer", "Record that the customer has an answer", service_answer)), "What it was");
  with_note(with_number(command("remote-failed", "Record that help from afar has failed; a visit may be asked for then",
                                service_remote_failed)),
            "What was tried, and why it failed")
      ->required();
  with_note(with_number(command("resolve", "Record that the request is resolved", service_resolve)), "How");
  CLI::App* visit = with_number(command("visit", "Record that somebody was at the customer's", service_visit));
  visit->add_option("--from", options.from, "When the visit began, as 2026-03-02T02:00:00Z")->required();
  visit->add_option("--to", options.to, "When it ended")->required();
  visit->add_option("--signed-minutes", options.document,
                    "The minutes that the customer has signed: their hash is kept");
  with_note(visit, "What was done");
}

void add_for_lists(ServiceOptions& options, const Command& command) {
  const auto with_filters = [&](CLI::App* made) {
    made->add_option("--state", options.state, "Only these states, as at_risk,missed");
    made->add_option("--customer", options.customer, "Only this customer, by tax code");
    made->add_option("--product", options.product, "Only this product");
    made->add_option("--limit", options.limit, "At most so many, up to 200");
    made->add_option("--offset", options.offset, "Leave out so many at the beginning");
    return made;
  };
  CLI::App* list = with_filters(command("list", "Requests by urgency", service_list));
  list->add_option("--kind", options.kind, fmt::format("Only {}, or failed-update", kKinds));
  list->add_option("--promise", options.promise, "Only those that this promise covers");
  list->add_flag("--open", options.only_open, "Only those that are not resolved");
  with_filters(command("inspections", "Which inspections are promised, and which were done", service_inspections));
  CLI::App* inspect = command("inspect", "Record an inspection at a customer's", service_inspect);
  add_customer(inspect, options);
  inspect->add_option("--on", options.at, "The day of it, YYYY-MM-DD or dd/mm/yyyy")->required();
  inspect->add_option("--record", options.document, "The inspection's record: its hash is kept");
  inspect->add_option("--note", options.note, "What was found");
  command("shares", "How many of a month's requests were in time, where a share is promised", service_shares);
  command("promises", "What is promised about service", service_promises);
}

}  // namespace

void add_service_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ServiceOptions>();
  CLI::App* service = app.add_subcommand("service", "Customers' requests for help, and inspections");
  service->require_subcommand(1);
  const auto command = [&context, options, service](const char* name, const char* help, Run run) {
    CLI::App* made = service->add_subcommand(name, help);
    add_server_options(made, options->server);
    made->callback([&context, options, run] { context.finish(run(context, *options)); });
    return made;
  };
  add_for_requests(*options, command);
  add_for_lists(*options, command);
}

}  // namespace kip::cli
