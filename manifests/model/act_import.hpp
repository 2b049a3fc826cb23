#pragma once

#include <manifests/model/act.hpp>
#include <manifests/model/row_issues.hpp>

namespace kip {

struct ActImportOptions {
  /// Leave out rows without a signing date instead of refusing the list; they are then named in Imported::skipped.
  bool skip_undated = false;
};

/// A tab-separated list, UTF-8, at most 8 MB and 10,000 rows. The first line that is no comment names the columns, in
/// any order: issuer, number, year, kind, signed_on, changes (all needed), country (VN where missing), title,
/// gazetted_on, effective_on, forms_or_note, replaces, confidence. Dates are YYYY-MM-DD or dd/mm/yyyy; changes stand
/// between commas, replaced acts between semicolons. forms_or_note is a list of form codes where each part between
/// commas looks like one (letters, digits, '/', '.', '-', no blank and no "..", at least one digit), else a note.
///
/// The same act twice with the same content is taken once; with other content both rows are wrong.
/// Errors: too_large; malformed, with a line for every bad row, and then nothing is imported.
Result<Imported<Act>> import_acts_tsv(BytesView bytes, const ActImportOptions& options = {});

/// A JSON list of kip.act/1 objects, or {"acts": [...]}. Errors as above; rows are items from 1.
Result<Imported<Act>> import_acts_json(BytesView bytes, const ActImportOptions& options = {});

}  // namespace kip
