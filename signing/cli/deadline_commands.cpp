#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <manifests/deadline/batch.hpp>
#include <manifests/deadline/explain.hpp>
#include <manifests/deadline/request.hpp>
#include <signing/cli/calendar_folder.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/cli/line_reader.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::cli {
namespace {

struct ComputeOptions {
  std::string batch;
  std::string calendars;
  std::string lang = "en";
  std::map<std::string, std::string> members;  ///< of the request, by the names of the format
  std::optional<std::int64_t> amount;
  std::string unit = "day";
  std::vector<std::string> office;
};

/// The options as the request of a batch line, so that both are read and refused alike.
json::Value request_json(const ComputeOptions& options) {
  json::Object out{{"period", json::Object{{"amount", *options.amount}, {"unit", options.unit}}}};
  for (const auto& [name, text] : options.members) {
    if (!text.empty()) out.emplace(name, text);
  }
  if (!options.office.empty()) out.emplace("office", json::Array(options.office.begin(), options.office.end()));
  return out;
}

std::vector<std::string> result_lines(const Deadline& deadline, const std::optional<DeadlineWarning>& ending,
                                      Language language) {
  std::vector<std::string> out;
  if (!deadline.by_clock) out.push_back("Last day: " + format_day(deadline.last_day, language));
  out.push_back(fmt::format("Due: before {}", format_instant(deadline.due)));
  for (const std::string& step : explain(deadline, language))
    out.push_back("  - " + step);
  for (const std::string& warning : explain_warnings(deadline, language))
    out.push_back("Warning: " + warning);
  if (ending) out.push_back("Warning: " + explain_warning(*ending, language));
  const DeadlineRecord& record = deadline.record;
  out.push_back(fmt::format("Counted by {}, calendar {}, profile {}, time zones {}", record.rule,
                            record.calendar_version, to_string(record.profile), record.tzdb_version));
  return out;
}

json::Value result_json(const Deadline& deadline, const std::optional<DeadlineWarning>& ending, Language language) {
  json::Value value = to_json(deadline);
  json::Object& out = *value.as_object();
  const auto texts = explain(deadline, language);
  out.emplace("text",
              json::Object{{"lang", to_string(language)}, {"explanation", json::Array(texts.begin(), texts.end())}});
  if (ending) {
    const json::Array more = to_json(std::vector<DeadlineWarning>{*ending});
    out["warnings"].as_array()->push_back(more.front());
  }
  return value;
}

Result<void> compute_one(Context& context, const ComputeOptions& options, const CalendarBook& calendars) {
  const auto language = parse_language(options.lang);
  if (!language) return fail(ErrorCode::usage, language.error().message);
  const json::Value value = request_json(options);
  json::ObjectReader in(value, "options");
  KIP_TRY(const DeadlineRequest request, read_deadline_request(in, value));
  const auto zones = system_zone_database();
  KIP_TRY(const Deadline deadline, compute(request, calendars, *zones));
  KIP_TRY(const Calendar* calendar, calendars.find(request.jurisdiction));
  const auto today = std::chrono::floor<std::chrono::days>(context.clock.now());
  const auto ending = coverage_warning(*calendar, today);
  context.print(result_lines(deadline, ending, *language), result_json(deadline, ending, *language));
  return {};
}

Result<std::size_t> read_standard_input(std::span<char> out) {
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) {
      return fail(ErrorCode::storage, fmt::format("standard input could not be read: {}", std::strerror(errno)));
    }
  }
}

Result<void> compute_batch(Context& context, const ComputeOptions& options, const CalendarBook& calendars) {
  std::unique_ptr<InputFile> file;
  if (options.batch != "-") {
    KIP_TRY(file, context.files.open_input(options.batch, Links::follow));
  }
  std::string answers;
  // Whoever asks line by line gets each answer before the next line is waited for.
  const auto read = [&](std::span<char> out) -> Result<std::size_t> {
    KIP_TRY_VOID(write_out(answers));
    answers.clear();
    return file ? file->read(out) : read_standard_input(out);
  };
  // One byte more than a line may have, so that a longer one is refused for it.
  LineReader lines(read, kMaxBatchLine + 1);
  const auto zones = system_zone_database();
  for (std::uint64_t number = 1;; ++number) {
    KIP_TRY(const auto line, lines.next());
    if (!line) return write_out(answers);
    if (line->find_first_not_of(" \t\r") == std::string::npos) continue;
    answers += answer_batch_line(*line, number, calendars, *zones) + "\n";
  }
}

Result<void> check_options(const ComputeOptions& options) {
  const auto is_given = [](const auto& member) { return !member.second.empty(); };
  const bool any = options.amount || !options.office.empty() ||
                   std::any_of(options.members.begin(), options.members.end(), is_given);
  if (!options.batch.empty() && any) {
    return fail(ErrorCode::usage, "--batch takes its requests from the file: leave the options of a single one out");
  }
  if (options.batch.empty() && (!options.amount || options.members.at("jurisdiction").empty())) {
    return fail(ErrorCode::usage,
                "name --jurisdiction, --amount, and --on for days or --at for hours; or --batch FILE for many");
  }
  return {};
}

Result<void> compute_command(Context& context, const ComputeOptions& options) {
  KIP_TRY_VOID(check_options(options));
  KIP_TRY(const CalendarBook calendars, open_calendars(context.files, options.calendars));
  return options.batch.empty() ? compute_one(context, options, calendars) : compute_batch(context, options, calendars);
}

std::vector<std::string> calendar_lines(const Calendar& calendar, const std::optional<DeadlineWarning>& ending) {
  std::vector<std::string> out = {fmt::format("{}  {}  complete {} to {}", calendar.country(), calendar.version(),
                                              format_date(calendar.coverage().from),
                                              format_date(calendar.coverage().to))};
  if (const auto& days = calendar.provisional()) {
    out.push_back(
        fmt::format("  {} to {}: only what the law itself fixes", format_date(days->from), format_date(days->to)));
  }
  for (const CalendarRow& row : calendar.unconfirmed_rows()) {
    out.push_back(fmt::format("  not confirmed: {} {} {}{}{}", format_date(row.date),
                              row.kind == DayKind::off ? "off" : "work", row.name, row.source.empty() ? "" : " - ",
                              row.source));
  }
  if (ending) out.push_back("  Warning: " + explain_warning(*ending, Language::en));
  return out;
}

json::Value calendar_json(const Calendar& calendar, const std::optional<DeadlineWarning>& ending) {
  json::Array unconfirmed;
  for (const CalendarRow& row : calendar.unconfirmed_rows()) {
    unconfirmed.push_back(json::Object{{"date", format_date(row.date)},
                                       {"kind", row.kind == DayKind::off ? "off" : "work"},
                                       {"name", row.name},
                                       {"source", row.source}});
  }
  json::Object out{{"country", calendar.country()},
                   {"version", calendar.version()},
                   {"from", format_date(calendar.coverage().from)},
                   {"to", format_date(calendar.coverage().to)},
                   {"unconfirmed", std::move(unconfirmed)},
                   {"warnings", ending ? to_json(std::vector<DeadlineWarning>{*ending}) : json::Array()}};
  if (const auto& days = calendar.provisional()) out.emplace("provisional_to", format_date(days->to));
  return out;
}

Result<void> calendars_command(Context& context, const ComputeOptions& options) {
  KIP_TRY(const CalendarBook calendars, open_calendars(context.files, options.calendars));
  const auto today = std::chrono::floor<std::chrono::days>(context.clock.now());
  std::vector<std::string> lines;
  json::Array values;
  for (const Calendar* calendar : calendars.all()) {
    const auto ending = coverage_warning(*calendar, today);
    const auto part = calendar_lines(*calendar, ending);
    lines.insert(lines.end(), part.begin(), part.end());
    values.push_back(calendar_json(*calendar, ending));
  }
  context.print(lines, json::Object{{"calendars", std::move(values)}});
  return {};
}

void add_calendars_option(CLI::App* command, ComputeOptions& options) {
  command->add_option("--calendars", options.calendars,
                      "Folder of calendars and amendments that go before the built-in ones");
}

void add_request_options(CLI::App* command, ComputeOptions& options) {
  auto& members = options.members;
  command->add_option("--jurisdiction", members["jurisdiction"],
                      "VN, HU, CN or EU, or the country of a calendar of yours");
  command->add_option("--rule", members["rule"], "Counting rule; without it the usual one of the jurisdiction");
  command->add_option("--profile", members["profile"],
                      "public (every day off counts; the default) or statutory (exchanged days do not)");
  command->add_option("--on", members["on"], "Date of the event, for days, weeks, months and years: 2025-10-27");
  command->add_option("--at", members["at"], "Instant of the event with its zone: 2025-04-25T16:30:00+07:00");
  command->add_option("--trigger", members["trigger"], "What happened: signed, gazetted or effective");
  command->add_option("--amount", options.amount, "Length of the period, in its unit");
  command->add_option("--unit", options.unit,
                      "day (the default), working-day, week, month, year, hour, working-hour or minute");
  command->add_option("--clock", members["clock"],
                      "What counts of hours and minutes: elapsed (the default), skip-statutory-holidays, "
                      "skip-non-working-days, working-hours, intake-then-elapsed, "
                      "intake-then-skip-statutory-holidays or duty-hours");
  command->add_option("--office", options.office, "Office hours, once for each block: 08:00-12:00");
  command->add_option("--close-of-business", members["close_of_business"],
                      "When the last day ends before 24:00, where the rule lets it (CN-CIVIL): 17:00");
}

}  // namespace

void add_deadline_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ComputeOptions>();
  CLI::App* deadline = app.add_subcommand("deadline", "By when something has to be done, and why");
  deadline->require_subcommand(1);
  CLI::App* compute = deadline->add_subcommand("compute", "One deadline explained, or many from JSON lines");
  add_request_options(compute, *options);
  compute->add_option("--lang", options->lang, "Language of the explanation: en, vi, hu or zh");
  compute->add_option("--batch", options->batch,
                      "File of JSON lines (- for standard input), answered line by line (docs/formats/deadline.md)");
  add_calendars_option(compute, *options);
  compute->callback([&context, options] { context.finish(compute_command(context, *options)); });
  CLI::App* calendars = deadline->add_subcommand("calendars", "The calendars that are counted by, and what they lack");
  add_calendars_option(calendars, *options);
  calendars->callback([&context, options] { context.finish(calendars_command(context, *options)); });
}

}  // namespace kip::cli
