#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <manifests/codec/reader.hpp>
#include <manifests/core/safe_path.hpp>

namespace kip {

/// One step of a customer's database, done by an SQL script of the package. A release lists every step from the first
/// on, so that a database that comes later is caught up.
struct PackageMigration {
  static constexpr std::int64_t kMaxNumber = 100'000;
  static constexpr std::uint64_t kMaxScript = 8U << 20U;  ///< octets of its file

  std::string database;     ///< which kind of database: "ledger"; see parse_database_kind()
  std::int64_t number = 0;  ///< 1, 2, 3 and so on within its kind
  SafeRelativePath file;    ///< a managed file of the package

  bool operator==(const PackageMigration&) const = default;
};

/// Up to 64 of "a-z", "0-9" and "-", beginning with a letter. Errors: malformed.
Result<std::string> parse_database_kind(std::string_view text);

/// A query on each database of a kind gives one row with one column, which as text is this.
struct QueryProbe {
  std::string database;
  std::string query;   ///< up to 4 KiB
  std::string expect;  ///< up to 1 KiB

  bool operator==(const QueryProbe&) const = default;
};

/// A request to the machine itself gives this status.
struct HttpProbe {
  std::int64_t port = 0;
  std::string path;  ///< begins with "/"
  std::int64_t status = 200;

  bool operator==(const HttpProbe&) const = default;
};

/// A process accepts connections at a port of the machine itself.
struct PortProbe {
  std::int64_t port = 0;

  bool operator==(const PortProbe&) const = default;
};

/// A program of the package ends with status 0. Only where the machine's administrator allows such programs.
struct CommandProbe {
  SafeRelativePath program;
  std::vector<std::string> arguments;

  bool operator==(const CommandProbe&) const = default;
};

/// A check that a version has to pass once it is in use.
struct PackageProbe {
  static constexpr std::int64_t kMaxSeconds = 3600;

  std::variant<QueryProbe, HttpProbe, PortProbe, CommandProbe> what;
  std::int64_t within_seconds = 30;  ///< until then it is tried again; a command has so much time

  bool operator==(const PackageProbe&) const = default;
};

/// What an install does beside its files. In a manifest only where there is any: an updater must not overlook it.
struct PackageUpkeep {
  std::vector<PackageMigration> migrations;  ///< ascending by database and number in a manifest
  std::vector<PackageProbe> probes;          ///< in the order in which they are tried

  bool empty() const { return migrations.empty() && probes.empty(); }
  bool operator==(const PackageUpkeep&) const = default;
};

/// In plain words, for who signs it and for messages: "that a process answers at port 8080".
std::string describe_probe(const PackageProbe& probe);

/// Reads the members "migrations" and "probes", both of which may be missing. Faults are kept by the reader.
PackageUpkeep read_upkeep(json::ObjectReader& in, json::ObjectReader::Unknown unknown);

/// Adds the members that are not empty.
void add_upkeep(json::Object& out, const PackageUpkeep& upkeep);

/// Whether the numbers run from 1 without a gap within each kind. Errors: malformed.
Result<void> check_numbers(const std::vector<PackageMigration>& migrations);

}  // namespace kip
