#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <server/http/page.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kFarthest = 1'000'000'000;

}  // namespace

Result<std::size_t> read_number(std::string_view name, std::string_view text, std::size_t min, std::size_t max) {
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc() && end == text.data() + text.size() && out >= min && out <= max) return out;
  return fail(ErrorCode::usage, fmt::format("{} is a number from {} to {}", name, min, max));
}

Result<Page> read_page(const Call& call, std::initializer_list<std::string_view> others) {
  Page out;
  for (const auto& [name, value] : call.target.query) {
    if (name == "offset") {
      KIP_TRY(out.offset, read_number(name, value, 0, kFarthest));
    } else if (name == "limit") {
      KIP_TRY(out.limit, read_number(name, value, 1, Page::kMost));
    } else if (std::find(others.begin(), others.end(), name) == others.end()) {
      return fail(ErrorCode::usage, fmt::format("there is no parameter \"{}\"; there are {}{}offset and limit",
                                                printable_line(name.substr(0, 60)), fmt::join(others, ", "),
                                                others.size() == 0 ? "" : ", "));
    }
  }
  return out;
}

}  // namespace kip::server
