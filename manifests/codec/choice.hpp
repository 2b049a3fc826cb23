#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <manifests/core/check.hpp>
#include <manifests/core/result.hpp>

namespace kip {

/// One value of an enum and the text that formats use for it.
template <class E>
struct Choice {
  E value;
  std::string_view text;
};

template <class E, std::size_t N>
using Choices = std::array<Choice<E>, N>;

template <class E, std::size_t N>
std::string_view choice_text(const Choices<E, N>& table, E value) {
  for (const Choice<E>& row : table) {
    if (row.value == value) return row.text;
  }
  KIP_CHECK(false);
  return {};
}

/// Errors: malformed, with the list of what may be written. `what` is a noun with its article: "a milestone".
template <class E, std::size_t N>
Result<E> parse_choice(const Choices<E, N>& table, std::string_view what, std::string_view text) {
  std::string allowed;
  for (const Choice<E>& row : table) {
    if (row.text == text) return row.value;
    allowed += (allowed.empty() ? "" : ", ") + std::string(row.text);
  }
  return fail(ErrorCode::malformed,
              "\"" + std::string(text.substr(0, 40)) + "\" is not " + std::string(what) + "; use one of " + allowed);
}

}  // namespace kip
