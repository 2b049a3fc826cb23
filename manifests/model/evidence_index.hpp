#pragma once

#include <string>
#include <vector>

#include <manifests/model/customer.hpp>
#include <manifests/model/log_entry.hpp>

namespace kip {

/// One life of a log as far as a bundle goes.
struct LoggedSpan {
  LogLife life;
  std::uint64_t size = 0;  ///< entries of it that count

  bool operator==(const LoggedSpan&) const = default;
};

/// What somebody asked for.
enum class EvidenceAbout {
  everything,  ///< every obligation and every customer; all of R is shown
  obligation,  ///< one, and where it asks for installs every customer of its product
  customer,    ///< one, under every obligation of its products
};
std::string_view to_string(EvidenceAbout about);

/// What an evidence bundle is about, "kip.evidence/1". It says where to look; what holds is for whoever checks it to
/// find. Format: docs/formats/evidence.md
struct EvidenceIndex {
  static constexpr std::string_view kPath = "bundle.json";
  static constexpr std::size_t kMaxLives = 100;

  TenantId tenant;
  std::string origin;  ///< of the server that made it
  Instant made_at;     ///< by its clock
  EvidenceAbout about = EvidenceAbout::everything;
  std::vector<std::int64_t> obligations = {};  ///< that are judged, ascending; empty where it is about everything
  std::vector<TaxCode> customers = {};         ///< that are judged, ascending; empty where it is about everything
  std::vector<LoggedSpan> logs = {};           ///< of O and of R, the lives of each ascending
  Sha256Digest officers;                       ///< of the newest top-level targets metadata

  bool is_about_everything() const { return about == EvidenceAbout::everything; }
  bool judges(std::int64_t obligation) const;
  bool judges(const TaxCode& customer) const;
  bool operator==(const EvidenceIndex&) const = default;
};

/// Errors: malformed, too_large.
Result<EvidenceIndex> parse_evidence_index(BytesView text);
json::Value to_json(const EvidenceIndex& index);

}  // namespace kip
