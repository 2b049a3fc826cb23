#include "upsert.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <manifests/core/check.hpp>

namespace kip::server::sql {
namespace {

std::vector<std::string_view> names(std::string_view list) {
  constexpr std::string_view kBetween = ", ";
  std::vector<std::string_view> out;
  for (auto end = list.find(kBetween); end != std::string_view::npos; end = list.find(kBetween)) {
    out.push_back(list.substr(0, end));
    list.remove_prefix(end + kBetween.size());
  }
  out.push_back(list);
  return out;
}

}  // namespace

std::string upsert(std::string_view table, std::string_view columns, std::string_view key) {
  const auto keys = names(key);
  std::string places = "?";
  std::string replaced;
  for (const std::string_view column : names(columns)) {
    places += ", ?";
    if (std::find(keys.begin(), keys.end(), column) != keys.end()) continue;
    replaced += fmt::format("{}{} = excluded.{}", replaced.empty() ? "" : ", ", column, column);
  }
  KIP_CHECK(!replaced.empty());
  return fmt::format("INSERT INTO {} (tenant, {}) VALUES ({}) ON CONFLICT (tenant, {}) DO UPDATE SET {}", table,
                     columns, places, key, replaced);
}

}  // namespace kip::server::sql
