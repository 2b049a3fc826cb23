#include <algorithm>

#include <client-updater/update/state.hpp>
#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>

namespace kip::updater {
namespace {

constexpr Choices<LayoutKind, 2> kLayouts = {
    {{LayoutKind::versioned, "versioned"}, {LayoutKind::in_place, "in-place"}}};

constexpr Choices<DatabaseMake, 2> kMakes = {{{DatabaseMake::sqlite, "sqlite"}, {DatabaseMake::odbc, "odbc"}}};

}  // namespace

std::string_view to_string(DatabaseMake make) {
  return choice_text(kMakes, make);
}

Result<DatabaseMake> parse_database_make(std::string_view text) {
  return parse_choice(kMakes, "a make of databases", text);
}

std::string_view to_string(LayoutKind kind) {
  return choice_text(kLayouts, kind);
}

Result<LayoutKind> parse_layout_kind(std::string_view text) {
  return parse_choice(kLayouts, "a layout", text);
}

json::Value to_json(const Target& target) {
  return json::Object{{"version", target.version.str()}, {"manifest", target.manifest.hex()}};
}

json::Object to_json(const AttachedDatabase& database) {
  return {{"kind", database.kind},
          {"location", database.location},
          {"attached_at", format_instant(database.attached_at)},
          {"make", to_string(database.make)}};
}

Result<Target> parse_target(const json::Value& value) {
  json::ObjectReader in(value, "target");
  auto version = in.parsed("version", Version::parse);
  const auto manifest = in.parsed("manifest", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return Target{*std::move(version), *manifest};
}

const InstalledVersion* State::current() const {
  const auto found =
      std::find_if(versions.begin(), versions.end(), [](const auto& version) { return version.current; });
  return found == versions.end() ? nullptr : &*found;
}

}  // namespace kip::updater
