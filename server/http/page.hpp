#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include <server/http/router.hpp>

namespace kip::server {

/// Which part of a list is asked for. Every list that grows is given in pages.
struct Page {
  static constexpr std::size_t kUsual = 200;
  static constexpr std::size_t kMost = 1000;

  std::size_t offset = 0;
  std::size_t limit = kUsual;
};

/// The parameters "offset" and "limit" (1 to Page::kMost) of a request that takes these others besides.
/// Errors: usage for a parameter that is none of them, or a page that is no number or beyond its bounds.
Result<Page> read_page(const Call& call, std::initializer_list<std::string_view> others = {});

/// The value of a parameter that is a number. Errors: usage.
Result<std::size_t> read_number(std::string_view name, std::string_view text, std::size_t min, std::size_t max);

/// {"NAME": […], "total": how many there are, "next": the offset of the page after this one, where there is one}
template <class Items, class ToJson>
json::Object page_json(std::string_view name, const Items& items, const Page& page, ToJson&& item_json) {
  json::Array part;
  const std::size_t total = items.size();
  const std::size_t begin = std::min(page.offset, total);
  const std::size_t end = begin + std::min(page.limit, total - begin);
  for (std::size_t i = begin; i < end; ++i)
    part.push_back(item_json(items[i]));
  json::Object out{{std::string(name), std::move(part)}, {"total", static_cast<std::int64_t>(total)}};
  if (end < total) out.emplace("next", static_cast<std::int64_t>(end));
  return out;
}

}  // namespace kip::server
