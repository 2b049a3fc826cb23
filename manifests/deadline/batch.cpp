#include <optional>

#include <fmt/format.h>

#include <manifests/codec/json.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/deadline/batch.hpp>
#include <manifests/deadline/explain.hpp>
#include <manifests/deadline/request.hpp>

namespace kip {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::size_t kMaxId = 256;

/// An id is text or a whole number.
std::optional<json::Value> id_of(const json::Value* value) {
  if (value == nullptr) return std::nullopt;
  const std::string* text = value->as_text();
  if (value->as_integer() == nullptr && (text == nullptr || text->size() > kMaxId)) return std::nullopt;
  return *value;
}

/// The text from a quotation mark to the one that closes it, both included; empty where it is never closed.
std::string_view quoted(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return text.substr(0, i + 1);
    if (text[i] == '\\') ++i;
  }
  return {};
}

/// The id of a line that is no JSON as we read it, where one can still be made out.
std::optional<json::Value> salvaged_id(std::string_view line) {
  constexpr std::string_view kName = "\"id\"";
  const auto name = line.find(kName);
  if (name == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(name + kName.size());
  const auto colon = rest.find_first_not_of(kBlanks);
  if (colon == std::string_view::npos || rest[colon] != ':') return std::nullopt;
  rest.remove_prefix(colon + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  const std::string_view token =
      rest.starts_with('"') ? quoted(rest) : rest.substr(0, rest.find_first_not_of("-0123456789"));
  const auto value = json::parse(token);
  return value ? id_of(&*value) : std::nullopt;
}

std::string error_line(const std::optional<json::Value>& id, std::uint64_t number, const Error& error) {
  const std::string message = is_utf8(error.message) ? error.message : printable(error.message);
  json::Object out{{"line", static_cast<std::int64_t>(number)},
                   {"error", json::Object{{"code", to_string(error.code)}, {"message", message}}}};
  if (id) out.emplace("id", *id);
  return json::to_compact(out);
}

Result<Deadline> answer(const json::Value& value, const CalendarBook& calendars, const ZoneDatabase& zones) {
  json::ObjectReader in(value, "request");
  if (value.as_object() != nullptr && !id_of(value.find("id"))) {
    in.refuse("id", "is missing, or neither text of at most 256 bytes nor a whole number");
  }
  in.has("id");
  KIP_TRY(const DeadlineRequest request, read_deadline_request(in, value));
  return compute(request, calendars, zones);
}

}  // namespace

std::string answer_batch_line(std::string_view line, std::uint64_t number, const CalendarBook& calendars,
                              const ZoneDatabase& zones) {
  const auto value = json::parse(line, {.bytes = kMaxBatchLine, .depth = 8, .values = 200});
  if (!value) return error_line(salvaged_id(line), number, value.error());
  const auto id = id_of(value->find("id"));
  const auto deadline = answer(*value, calendars, zones);
  if (!deadline) return error_line(id, number, deadline.error());
  json::Object out{{"id", *id}, {"due", format_instant(deadline->due)}};
  if (!deadline->by_clock) out.emplace("last_day", format_date(deadline->last_day));
  if (!deadline->warnings.empty()) out.emplace("warnings", to_json(deadline->warnings));
  return json::to_compact(out);
}

}  // namespace kip
