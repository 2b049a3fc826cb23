#pragma once

#include <string>
#include <vector>

#include <manifests/core/bytes.hpp>
#include <manifests/deadline/language.hpp>
#include <manifests/model/obligation.hpp>

namespace kip {

/// A judged obligation with what people call its act and its promise.
struct ExportedObligation {
  ObligationView view;
  std::string act_title;
  std::string promise;
};

/// A table for spreadsheets: UTF-8 with a mark at its beginning, lines that end in CRLF, the names of the columns
/// first. One row per obligation or, where each customer counts, one per customer of it. A text that a spreadsheet
/// would run as a formula is preceded by an apostrophe. Pure. Columns: docs/formats/obligation-export.md. Source: RFC
/// 4180
Bytes to_csv(const std::vector<ExportedObligation>& obligations);

/// Whose calendar it is, and how it is written.
struct CalendarFile {
  std::string owner;  ///< of the obligations: distinguishes those of several vendors
  Language language = Language::en;
  Instant made_at;
};

/// A calendar with one event per obligation that has a limit: the whole last day or, for a limit on the clock, the
/// quarter of an hour before it, each with two alarms. An obligation keeps its identity, so that a later file replaces
/// what an earlier one brought. Pure. Format: docs/formats/obligation-export.md. Source: RFC 5545
Bytes to_icalendar(const std::vector<ExportedObligation>& obligations, const CalendarFile& file);

}  // namespace kip
