#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/reader.hpp>
#include <manifests/core/instant.hpp>
#include <manifests/core/safe_path.hpp>
#include <manifests/core/version.hpp>
#include <manifests/model/package_upkeep.hpp>

namespace kip {

/// A report or tax form in one version, and the reporting periods it is for.
struct PackageForm {
  std::string code;            ///< "B01-DN"; up to 64 bytes
  std::string schema_version;  ///< "2026.1"; up to 64 bytes
  LegalDate period_from;
  std::optional<LegalDate> period_to;   ///< not before period_from; none while it is in force
  std::vector<SafeRelativePath> files;  ///< at least one; ascending in a manifest

  bool operator==(const PackageForm&) const = default;
};

/// A file of earlier releases that this one takes away.
struct PackageRemoval {
  SafeRelativePath path;
  std::string reason;  ///< up to 1024 bytes

  bool operator==(const PackageRemoval&) const = default;
};

/// What a release changes, in plain words: language tag ("vi", "zh-TW") -> text of up to 16 KiB.
using PackageNotes = std::map<std::string, std::string>;

/// The parts that a package's manifest and its description have in common.
struct PackageSubject {
  std::vector<std::string> acts;  ///< act keys that the release serves: "BTC:99/2025/TT-BTC:2025"
  std::vector<PackageForm> forms;
  std::vector<Version> from_versions;  ///< releases that this one may follow; empty: any
  std::vector<PackageRemoval> removals;
  PackageNotes notes;
  PackageUpkeep upkeep;

  bool operator==(const PackageSubject&) const = default;
};

/// The shape ISSUER:NUMBER:YEAR only, so that what was released stays readable whatever an ActKey will be.
/// Errors: malformed, too_large above 256 bytes.
Result<std::string> parse_act_text(std::string_view text);

/// Reads the members of a subject. With `all_required`, none of them may be missing but those of the upkeep; else only
/// "acts", "forms" and "notes" are required. Faults are kept by the reader.
PackageSubject read_subject(json::ObjectReader& in, bool all_required, json::ObjectReader::Unknown unknown);

/// The members "acts", "forms", "from_versions", "notes" and "removals", and those of the upkeep.
json::Object subject_json(const PackageSubject& subject);

}  // namespace kip
