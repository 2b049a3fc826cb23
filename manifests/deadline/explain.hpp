#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/deadline/engine.hpp>

namespace kip {

enum class Language { en, vi };

/// "en" or "vi". Errors: malformed.
Result<Language> parse_language(std::string_view text);

/// "Mon 27/10/2025", "Thứ Hai 27/10/2025"
std::string format_day(LegalDate date, Language language);

/// A sentence for each step, in order, with its legal source.
std::vector<std::string> explain(const Deadline& deadline, Language language);

/// A sentence for each warning.
std::vector<std::string> explain_warnings(const Deadline& deadline, Language language);

/// {"format": "kip.deadline/1", "raw_last_day", "last_day", "due",
///  "explanation": [{"code", "args": {...}, "source"?: {"law", "articles"}}],
///  "warnings": [{"code", "args"}],
///  "record": {"rule", "calendar_country", "calendar_version", "profile", "timezone", "utc_offset_seconds",
///             "tzdb_version"}}
json::Value to_json(const Deadline& deadline);

}  // namespace kip
