#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/deadline/language.hpp>

namespace kip::cli {

/// Text of a member, or nothing where it is missing or no text: for showing answers of a server to people.
std::string_view text_of(const json::Value& value, std::string_view name);
std::int64_t number_of(const json::Value& value, std::string_view name);
const json::Array& list_of(const json::Value& value, std::string_view name);

/// The texts of the member "warnings", as lines.
std::vector<std::string> warning_lines(const json::Value& value);

/// "3 days 4 h", "5 h 12 min", "40 s"
std::string format_span(std::int64_t seconds);

/// One obligation, with its customers, as lines.
std::vector<std::string> render_obligation(const json::Value& view, bool with_customers);

/// The warnings that go with an obligation's deadline, as lines.
std::vector<std::string> render_warnings(const json::Value& view, Language language = Language::en);

/// The deadlines of an act that was just registered, each with its explanation step by step.
std::vector<std::string> render_deadlines(const json::Value& obligations, Language language = Language::en);

}  // namespace kip::cli
