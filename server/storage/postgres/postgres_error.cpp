#include "postgres_error.hpp"

#include <array>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>

namespace kip::server::postgres {
namespace {

struct Meaning {
  std::string_view begins_with;
  ErrorCode code;
  std::string_view advice;
};

/// The first that fits.
constexpr std::array<Meaning, 16> kMeanings = {{
    {"53100", ErrorCode::disk_full, "; free some space on the database server"},
    {"53300", ErrorCode::busy, "; it has as many connections as it takes: try again, or raise its max_connections"},
    {"57P03", ErrorCode::busy, "; it starts or stops: try again"},
    {"55P03", ErrorCode::busy, "; another program writes to the database: try again"},
    {"57014", ErrorCode::busy, "; it took too long: try again"},
    {"08", ErrorCode::busy, "; try again"},
    {"40", ErrorCode::busy, "; try again"},
    {"23", ErrorCode::conflict, ""},
    {"42P07", ErrorCode::conflict, "; the database holds something else: give kip-server one of its own"},
    {"28", ErrorCode::denied, "; look at [postgresql] in the settings, and at pg_hba.conf there"},
    {"42501", ErrorCode::denied, "; the user of the settings has to own the database"},
    {"3D000", ErrorCode::not_found, "; correct [postgresql] in the settings, or restore it from a backup"},
    {"22021", ErrorCode::malformed, ""},
    {"25006", ErrorCode::storage, "; it is a standby: correct postgresql.host"},
    {"57P", ErrorCode::busy, "; the database server was stopped: try again"},
    {"", ErrorCode::storage, ""},
}};

const Meaning& meaning(std::string_view state) {
  for (const Meaning& one : kMeanings) {
    if (state.starts_with(one.begins_with)) return one;
  }
  return kMeanings.back();
}

}  // namespace

ErrorCode code_of(std::string_view state) {
  return meaning(state).code;
}

Unexpected failure(std::string_view doing, std::string_view state, std::string_view message) {
  const Meaning& what = meaning(state);
  const std::string shown = state.empty() ? std::string() : fmt::format(" ({})", state);
  return fail(what.code, fmt::format("{}: PostgreSQL: {}{}{}", doing, printable_line(message), shown, what.advice));
}

}  // namespace kip::server::postgres
