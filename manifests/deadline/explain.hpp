#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/deadline/deadline.hpp>
#include <manifests/deadline/language.hpp>

namespace kip {

/// "Mon 27/10/2025", "Thứ Hai 27/10/2025", "2025. 10. 27. (hétfő)", "2025年10月27日（周一）"
std::string format_day(LegalDate date, Language language);

/// A sentence for each step, in order, with its legal source.
std::vector<std::string> explain(const Deadline& deadline, Language language);

/// A sentence for each warning.
std::vector<std::string> explain_warnings(const Deadline& deadline, Language language);

/// One warning, also one that belongs to no deadline.
std::string explain_warning(const DeadlineWarning& warning, Language language);

/// "kip.deadline/1": docs/formats/deadline.md
json::Value to_json(const Deadline& deadline);
/// {"code", "args": {...}} of each.
json::Array to_json(const std::vector<DeadlineWarning>& warnings);

}  // namespace kip
