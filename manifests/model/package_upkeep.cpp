#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reading.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/model/package_upkeep.hpp>

namespace kip {
namespace {

using json::ObjectReader;

constexpr std::size_t kMaxMigrations = 10'000;
constexpr std::size_t kMaxProbes = 100;
constexpr std::size_t kMaxQuery = 4096;
constexpr std::size_t kMaxArguments = 64;
constexpr std::int64_t kMaxPort = 65'535;
constexpr std::string_view kQuery = "query";
constexpr std::string_view kHttp = "http";
constexpr std::string_view kPort = "port";
constexpr std::string_view kCommand = "command";

Result<PackageMigration> parse_migration(const json::Value& value, ObjectReader::Unknown unknown) {
  ObjectReader in(value, "migration");
  auto database = in.parsed("database", parse_database_kind);
  const std::int64_t number = in.integer("number", 1, PackageMigration::kMaxNumber);
  auto file = in.parsed("file", SafeRelativePath::parse);
  KIP_TRY_VOID(in.finish(unknown));
  return PackageMigration{*std::move(database), number, *std::move(file)};
}

/// A path of a URL as it is sent: nothing that would end the request line.
Result<std::string> parse_url_path(std::string_view text) {
  const auto plain = [](char c) { return c > ' ' && c < '\x7f'; };
  if (text.starts_with('/') && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  return fail(ErrorCode::malformed, "must begin with \"/\" and hold only printable ASCII");
}

Result<std::string> parse_argument(std::string_view text) {
  if (text.size() > 1024 || text.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::malformed, "has an argument of more than 1 KiB or with a NUL");
  }
  return std::string(text);
}

Result<std::string> parse_kind(std::string_view text) {
  for (const std::string_view known : {kQuery, kHttp, kPort, kCommand}) {
    if (text == known) return std::string(text);
  }
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is no probe; there are query, http, port and command",
                                                printable_line(text.substr(0, 40))));
}

Result<PackageProbe> parse_probe(const json::Value& value, ObjectReader::Unknown unknown) {
  ObjectReader in(value, "probe");
  const auto kind = in.parsed("kind", parse_kind);
  const auto seconds = in.optional_integer("within_seconds", 1, PackageProbe::kMaxSeconds);
  PackageProbe probe{.what = PortProbe{}, .within_seconds = seconds.value_or(PackageProbe{}.within_seconds)};
  if (kind == kQuery) {
    auto database = in.parsed("database", parse_database_kind);
    std::string query = in.text("query", kMaxQuery);
    std::string expect = in.text("expect");
    KIP_TRY_VOID(in.finish(unknown));
    probe.what = QueryProbe{*std::move(database), std::move(query), std::move(expect)};
  } else if (kind == kHttp) {
    const std::int64_t port = in.integer("port", 1, kMaxPort);
    auto path = in.parsed("path", parse_url_path);
    const std::int64_t status = in.optional_integer("status", 100, 599).value_or(HttpProbe{}.status);
    KIP_TRY_VOID(in.finish(unknown));
    probe.what = HttpProbe{port, *std::move(path), status};
  } else if (kind == kCommand) {
    auto program = in.parsed("program", SafeRelativePath::parse);
    auto arguments = json::text_items(in, "arguments", parse_argument, kMaxArguments);
    KIP_TRY_VOID(in.finish(unknown));
    probe.what = CommandProbe{*std::move(program), std::move(arguments)};
  } else {
    probe.what = PortProbe{in.integer("port", 1, kMaxPort)};
    KIP_TRY_VOID(in.finish(unknown));
  }
  return probe;
}

struct ProbeWriter {
  json::Object& out;

  void operator()(const QueryProbe& probe) const {
    out["kind"] = kQuery;
    out["database"] = probe.database;
    out["query"] = probe.query;
    out["expect"] = probe.expect;
  }
  void operator()(const HttpProbe& probe) const {
    out["kind"] = kHttp;
    out["port"] = probe.port;
    out["path"] = probe.path;
    out["status"] = probe.status;
  }
  void operator()(const PortProbe& probe) const {
    out["kind"] = kPort;
    out["port"] = probe.port;
  }
  void operator()(const CommandProbe& probe) const {
    out["kind"] = kCommand;
    out["program"] = probe.program.str();
    out["arguments"] = json::Array(probe.arguments.begin(), probe.arguments.end());
  }
};

struct ProbeDescriber {
  std::string operator()(const QueryProbe& probe) const {
    return fmt::format("that in each {} \"{}\" gives \"{}\"", probe.database, probe.query, probe.expect);
  }
  std::string operator()(const HttpProbe& probe) const {
    return fmt::format("that http://127.0.0.1:{}{} gives status {}", probe.port, probe.path, probe.status);
  }
  std::string operator()(const PortProbe& probe) const {
    return fmt::format("that a process answers at port {}", probe.port);
  }
  std::string operator()(const CommandProbe& probe) const {
    std::string line = probe.program.str();
    for (const std::string& argument : probe.arguments)
      line += " " + argument;
    return fmt::format("that the command \"{}\" ends well", line);
  }
};

}  // namespace

Result<std::string> parse_database_kind(std::string_view text) {
  constexpr std::size_t kMaxBytes = 64;
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  const bool right = !text.empty() && text.size() <= kMaxBytes && letter(text.front()) &&
                     std::all_of(text.begin(), text.end(), allowed);
  if (right) return std::string(text);
  return fail(ErrorCode::malformed,
              fmt::format("\"{}\" is no kind of database such as \"ledger\": up to 64 of a-z, 0-9 "
                          "and -, beginning with a letter",
                          printable_line(text.substr(0, 80))));
}

std::string describe_probe(const PackageProbe& probe) {
  return std::visit(ProbeDescriber{}, probe.what);
}

PackageUpkeep read_upkeep(ObjectReader& in, ObjectReader::Unknown unknown) {
  PackageUpkeep upkeep;
  upkeep.migrations = in.each(
      "migrations", [unknown](const json::Value& value) { return parse_migration(value, unknown); }, kMaxMigrations);
  upkeep.probes = in.each(
      "probes", [unknown](const json::Value& value) { return parse_probe(value, unknown); }, kMaxProbes);
  return upkeep;
}

void add_upkeep(json::Object& out, const PackageUpkeep& upkeep) {
  json::Array migrations;
  for (const PackageMigration& migration : upkeep.migrations) {
    migrations.push_back(
        json::Object{{"database", migration.database}, {"number", migration.number}, {"file", migration.file.str()}});
  }
  json::Array probes;
  for (const PackageProbe& probe : upkeep.probes) {
    json::Object item{{"within_seconds", probe.within_seconds}};
    std::visit(ProbeWriter{item}, probe.what);
    probes.push_back(std::move(item));
  }
  if (!migrations.empty()) out["migrations"] = std::move(migrations);
  if (!probes.empty()) out["probes"] = std::move(probes);
}

Result<void> check_numbers(const std::vector<PackageMigration>& migrations) {
  const PackageMigration* before = nullptr;
  for (const PackageMigration& migration : migrations) {
    const bool same_kind = before != nullptr && before->database == migration.database;
    const std::int64_t expected = same_kind ? before->number + 1 : 1;
    if (migration.number != expected) {
      return fail(ErrorCode::malformed,
                  fmt::format("the migrations of \"{}\" go on with {} where {} is expected: list each from 1 on, once",
                              migration.database, migration.number, expected));
    }
    before = &migration;
  }
  return {};
}

}  // namespace kip
