#include <algorithm>

#include <fmt/format.h>

#include <manifests/codec/reading.hpp>
#include <manifests/core/ids.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/model/package_parts.hpp>

namespace kip {
namespace {

using json::ObjectReader;

using ActPart = Slug<struct ActPartTag>;

constexpr std::size_t kMaxActs = 1'000;
constexpr std::size_t kMaxActBytes = 256;
constexpr std::size_t kMaxForms = 10'000;
constexpr std::size_t kMaxFormFiles = 10'000;
constexpr std::size_t kMaxLabelBytes = 64;
constexpr std::size_t kMaxVersions = 1'000;
constexpr std::size_t kMaxRemovals = 100'000;
constexpr std::size_t kMaxLanguages = 32;
constexpr std::size_t kMaxNoteBytes = 16U << 10U;

/// Text that people compare by eye: neither empty nor with invisible ends.
Result<std::string> parse_label(std::string_view text) {
  if (text.empty() || trim(text) != text || !is_printable_line(text)) {
    return fail(ErrorCode::malformed, "must be text without control characters and without blanks at its ends");
  }
  return std::string(text);
}

Result<PackageForm> parse_form(const json::Value& value, ObjectReader::Unknown unknown) {
  ObjectReader in(value, "form");
  const auto code = in.parsed("code", parse_label, kMaxLabelBytes);
  const auto schema_version = in.parsed("schema_version", parse_label, kMaxLabelBytes);
  const auto from = in.parsed("period_from", parse_date);
  const auto to = in.optional_parsed("period_to", parse_date);
  auto files = json::text_items(in, "files", SafeRelativePath::parse, kMaxFormFiles);
  if (files.empty()) in.refuse("files", "names no file");
  if (from && to && *to < *from) in.refuse("period_to", "is before period_from");
  KIP_TRY_VOID(in.finish(unknown));
  return PackageForm{*code, *schema_version, *from, to, std::move(files)};
}

Result<PackageRemoval> parse_removal(const json::Value& value, ObjectReader::Unknown unknown) {
  ObjectReader in(value, "removal");
  auto path = in.parsed("path", SafeRelativePath::parse);
  auto reason = in.parsed("reason", parse_label);
  KIP_TRY_VOID(in.finish(unknown));
  return PackageRemoval{*std::move(path), *std::move(reason)};
}

/// The shape of a BCP 47 tag: "vi", "zh-Hant-TW".
bool is_language_tag(std::string_view text) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const std::string_view first = text.substr(0, text.find('-'));
  if (first.size() < 2 || first.size() > 3 || !std::all_of(first.begin(), first.end(), letter)) return false;
  text.remove_prefix(first.size());
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view part = text.substr(0, text.find('-'));
    if (part.size() < 2 || part.size() > 8 || !std::all_of(part.begin(), part.end(), alphanumeric)) return false;
    text.remove_prefix(part.size());
  }
  return true;
}

PackageNotes read_notes(ObjectReader& in) {
  PackageNotes notes;
  const json::Object* members = in.object("notes").as_object();
  if (members == nullptr) return notes;
  if (members->size() > kMaxLanguages) in.refuse("notes", "has more than 32 languages", ErrorCode::too_large);
  for (const auto& [language, note] : *members) {
    if (!is_language_tag(language)) {
      in.refuse("notes", fmt::format("\"{}\" is no language tag such as \"vi\"", language.substr(0, 40)));
    } else if (note.as_text() == nullptr || note.as_text()->empty()) {
      in.refuse("notes", fmt::format("the note for \"{}\" is not text", language));
    } else if (note.as_text()->size() > kMaxNoteBytes) {
      in.refuse("notes", fmt::format("the note for \"{}\" is longer than 16 KiB", language), ErrorCode::too_large);
    } else {
      notes.emplace(language, *note.as_text());
    }
  }
  return notes;
}

template <class Range>
json::Array texts_json(const Range& range) {
  json::Array out;
  for (const auto& item : range)
    out.emplace_back(item.str());
  return out;
}

json::Value form_json(const PackageForm& form) {
  json::Object out{{"code", form.code},
                   {"schema_version", form.schema_version},
                   {"period_from", format_date(form.period_from)},
                   {"files", texts_json(form.files)}};
  if (form.period_to) out["period_to"] = format_date(*form.period_to);
  return out;
}

}  // namespace

Result<std::string> parse_act_text(std::string_view text) {
  if (text.size() > kMaxActBytes) return fail(ErrorCode::too_large, "an act key has more than 256 bytes");
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  // An issuer, a number that may have ':' itself, and a year.
  const bool three_parts = first != std::string_view::npos && first > 0 && last > first + 1;
  // The year, and behind it the part that is served where it is not the whole.
  std::string_view year = three_parts ? text.substr(last + 1) : std::string_view();
  if (const auto mark = year.find('#'); mark != std::string_view::npos && ActPart::parse(year.substr(mark + 1)))
    year = year.substr(0, mark);
  const bool year_right = year.size() == 4 && year.find_first_not_of("0123456789") == std::string_view::npos;
  if (three_parts && year_right && is_printable_line(text)) return std::string(text);
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is no act key such as \"BTC:99/2025/TT-BTC:2025\"",
                                                printable_line(text.substr(0, 80))));
}

PackageSubject read_subject(ObjectReader& in, bool all_required, ObjectReader::Unknown unknown) {
  PackageSubject subject;
  in.array("acts");
  in.array("forms");
  if (all_required) {
    in.array("from_versions");
    in.array("removals");
  }
  subject.acts = json::text_items(in, "acts", parse_act_text, kMaxActs);
  subject.forms = in.each(
      "forms", [unknown](const json::Value& value) { return parse_form(value, unknown); }, kMaxForms);
  subject.from_versions = json::text_items(in, "from_versions", Version::parse, kMaxVersions);
  subject.removals = in.each(
      "removals", [unknown](const json::Value& value) { return parse_removal(value, unknown); }, kMaxRemovals);
  subject.notes = read_notes(in);
  subject.upkeep = read_upkeep(in, unknown);
  return subject;
}

json::Object subject_json(const PackageSubject& subject) {
  json::Array forms;
  for (const PackageForm& form : subject.forms)
    forms.push_back(form_json(form));
  json::Array removals;
  for (const PackageRemoval& removal : subject.removals) {
    removals.push_back(json::Object{{"path", removal.path.str()}, {"reason", removal.reason}});
  }
  json::Object out{{"acts", json::Array(subject.acts.begin(), subject.acts.end())},
                   {"forms", std::move(forms)},
                   {"from_versions", texts_json(subject.from_versions)},
                   {"notes", json::Object(subject.notes.begin(), subject.notes.end())},
                   {"removals", std::move(removals)}};
  add_upkeep(out, subject.upkeep);
  return out;
}

}  // namespace kip
