#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/mail/delivery_report.hpp>
#include <manifests/model/notice.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>

namespace kip::cli {
namespace {

struct NoticeOptions {
  ServerOptions server;
  std::string id;
  std::string kind;
  std::string customer;
  std::string product;
  std::string state;
  std::string after;
  std::string language;
  std::string report;
};

/// "01JB...  applied 1.2 of forms to 0101243150: accepted 2025-10-28T02:00:00Z by the mail server for b.example"
std::string notice_line(const json::Value& notice) {
  const json::Value none;
  const auto member = [&](const char* name) -> const json::Value& {
    const json::Value* found = notice.find(name);
    return found == nullptr ? none : *found;
  };
  const json::Value& content = member("content");
  const auto parsed = read_notice(content);
  std::string line = fmt::format("{}  {} {} of {} to {}: {}", text_of(notice, "notice"), text_of(content, "kind"),
                                 parsed ? parsed->subject() : std::string("?"), text_of(content, "product"),
                                 text_of(notice, "customer"), text_of(notice, "state"));
  if (const json::Value& bounced = member("bounced"); bounced.as_object() != nullptr) {
    line += fmt::format(" {}", text_of(bounced, "at"));
    if (text_of(notice, "state") != "given-up") line += fmt::format(", {}", text_of(bounced, "reason"));
    if (const auto status = text_of(bounced, "status"); !status.empty()) line += fmt::format(" ({})", status);
  } else if (const json::Value& accepted = member("accepted"); accepted.as_object() != nullptr) {
    line +=
        fmt::format(" {} by the mail server, for {}", text_of(accepted, "at"), text_of(accepted, "recipient_domain"));
  } else {
    line += fmt::format(" since {}", text_of(notice, "queued"));
  }
  return line;
}

std::vector<std::string> text_lines(const NoticeText& text) {
  std::vector<std::string> out{fmt::format("Subject: {}", text.subject), ""};
  std::string_view rest = text.body;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return out;
}

Result<void> notice_list(Context& context, const NoticeOptions& options) {
  std::string query;
  const auto add = [&query](std::string_view name, const std::string& value) {
    if (!value.empty()) query += fmt::format("{}{}={}", query.empty() ? '?' : '&', name, encode_url_path(value));
  };
  add("kind", options.kind);
  add("customer", options.customer);
  add("product", options.product);
  add("state", options.state);
  add("after", options.after);
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.get("/notices" + query));
  std::vector<std::string> lines;
  for (const json::Value& notice : list_of(answer, "notices"))
    lines.push_back(notice_line(notice));
  if (lines.empty()) lines.emplace_back("No notices.");
  if (const auto next = text_of(answer, "next"); !next.empty())
    lines.push_back(fmt::format("There are more: --after {}", next));
  context.print(lines, answer);
  return {};
}

Result<void> notice_show(Context& context, const NoticeOptions& options) {
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  const std::string query = options.language.empty() ? std::string() : "?lang=" + encode_url_path(options.language);
  KIP_TRY(const json::Value answer, api.get("/notices/" + encode_url_path(options.id) + query));
  std::vector<std::string> lines{notice_line(answer), ""};
  if (const json::Value* text = answer.find("text"); text != nullptr) {
    for (std::string& line : text_lines({std::string(text_of(*text, "subject")), std::string(text_of(*text, "body"))}))
      lines.push_back(std::move(line));
  }
  context.print(lines, answer);
  return {};
}

/// Without a server: what a kind looks like, with made-up facts.
Result<void> notice_preview(Context& context, const NoticeOptions& options) {
  KIP_TRY(const NoticeKind kind, parse_notice_kind(options.kind));
  KIP_TRY(const Language language, parse_language(options.language));
  const NoticeText text = render(sample_notice(kind), {"VENDOR", "CUSTOMER"}, language);
  context.print(text_lines(text), json::Object{{"subject", text.subject}, {"body", text.body}});
  return {};
}

/// At most one octet more than is allowed.
Bytes read_standard_input() {
  Bytes out(kMaxDeliveryReport + 1, '\0');
  std::cin.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(std::cin.gcount()));
  return out;
}

Result<void> notice_bounced(Context& context, const NoticeOptions& options) {
  Bytes report;
  if (options.report == "-") {
    report = read_standard_input();
  } else {
    KIP_TRY(report, read_file(context.files, options.report, kMaxDeliveryReport));
  }
  KIP_TRY_VOID(parse_delivery_report(report));  // a wrong file need not go over the network
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, api.post("/notices/bounces", json::Object{{"report", to_base64(report)}}));
  context.print({notice_line(answer)}, answer);
  return {};
}

}  // namespace

void add_notice_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<NoticeOptions>();
  CLI::App* notice = app.add_subcommand("notice", "What customers were told by e-mail, and what became of it");
  notice->require_subcommand(1);
  const auto command = [&context, options, notice](const char* name, const char* help,
                                                   Result<void> (*run)(Context&, const NoticeOptions&)) {
    CLI::App* made = notice->add_subcommand(name, help);
    made->callback([&context, options, run] { context.finish(run(context, *options)); });
    return made;
  };
  CLI::App* list = command("list", "Notices and how far each got", notice_list);
  add_server_options(list, options->server);
  list->add_option("--kind", options->kind, "act-registered, update-ready, applied, failed or entitlement-ending");
  list->add_option("--customer", options->customer, "Only to this tax code");
  list->add_option("--product", options->product, "Only about this product");
  list->add_option("--state", options->state, "queued, accepted (by the next mail server), bounced or given-up");
  list->add_option("--after", options->after, "The page behind this notice");
  CLI::App* show = command("show", "One notice as it reads", notice_show);
  add_server_options(show, options->server);
  show->add_option("notice", options->id, "Its identifier")->required();
  show->add_option("--language", options->language, "en, vi, hu or zh; without it the customer's");
  CLI::App* preview = command("preview", "What a kind of notice looks like, with made-up facts", notice_preview);
  preview->add_option("kind", options->kind, "As in list")->required();
  preview->add_option("--language", options->language, "en, vi, hu or zh")->required();
  CLI::App* bounced = command("bounced", "Take in a mail that says that a notice came back", notice_bounced);
  add_server_options(bounced, options->server);
  bounced->add_option("--dsn", options->report, "The whole mail; - reads it from standard input")->required();
}

}  // namespace kip::cli
