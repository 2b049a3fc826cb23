#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <manifests/core/check.hpp>
#include <signing/config/settings.hpp>

namespace kip {
namespace {

std::string_view type_name(SettingType type) {
  switch (type) {
    case SettingType::text:
      return "text in quotes";
    case SettingType::integer:
      return "an integer";
    case SettingType::boolean:
      return "true or false";
    case SettingType::path:
      return "a path in quotes";
  }
  KIP_CHECK(false);
  return {};
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

/// Fills Settings from a parsed file; keeps what messages need.
class SettingsReader {
 public:
  SettingsReader(const std::filesystem::path& file, std::span<const Setting> table, std::span<const SettingList> lists)
      : file_(file), table_(table), lists_(lists) {}

  /// `prefix`: that of the names in the table.
  Result<Settings> read(const toml::table& root, const std::string& prefix = "") {
    for (const SettingList& list : lists_)
      out_.lists_[std::string(list.name)] = {};
    KIP_TRY_VOID(take_all(root, prefix));
    const std::string line = prefix.empty() ? "" : fmt::format("{}:", root.source().begin.line);
    for (const Setting& setting : table_) {
      if (out_.values_.contains(setting.name)) continue;
      if (setting.presence == Presence::required) {
        return fail(ErrorCode::malformed, fmt::format("{}:{} the setting {} is missing: {}", file_.string(), line,
                                                      setting.name, setting.help));
      }
      out_.values_[std::string(setting.name)] = fallback(setting);
    }
    return std::move(out_);
  }

 private:
  Unexpected wrong(const toml::node& node, std::string_view why) const {
    return fail(ErrorCode::malformed, fmt::format("{}:{}: {}", file_.string(), node.source().begin.line, why));
  }

  Result<void> take_all(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      const auto setting =
          std::find_if(table_.begin(), table_.end(), [&](const Setting& candidate) { return candidate.name == name; });
      if (setting != table_.end()) {
        KIP_TRY(Settings::Value value, typed(*setting, node));
        out_.values_[name] = std::move(value);
        continue;
      }
      const auto list = std::find_if(lists_.begin(), lists_.end(), [&](const auto& one) { return one.name == name; });
      if (list != lists_.end()) {
        KIP_TRY_VOID(take_list(*list, node));
        continue;
      }
      const bool is_group = std::any_of(table_.begin(), table_.end(),
                                        [&](const Setting& other) { return other.name.starts_with(name + "."); });
      if (!is_group || !node.is_table()) return wrong(node, fmt::format("unknown setting {}", name));
      KIP_TRY_VOID(take_all(*node.as_table(), name + "."));
    }
    return {};
  }

  Result<void> take_list(const SettingList& list, const toml::node& node) {
    if (!node.is_array_of_tables()) return wrong(node, fmt::format("{0} must be written as [[{0}]]", list.name));
    for (const toml::node& item : *node.as_array()) {
      KIP_TRY(Settings one, SettingsReader(file_, list.table, {}).read(*item.as_table(), std::string(list.name) + "."));
      out_.lists_[std::string(list.name)].push_back(std::move(one));
    }
    return {};
  }

  Result<Settings::Value> typed(const Setting& setting, const toml::node& node) const {
    const auto mismatch = [&] {
      return wrong(node, fmt::format("{} must be {}", setting.name, type_name(setting.type)));
    };
    switch (setting.type) {
      case SettingType::boolean:
        if (!node.is_boolean()) return mismatch();
        return Settings::Value(node.as_boolean()->get());
      case SettingType::integer:
        if (!node.is_integer()) return mismatch();
        KIP_TRY_VOID(check_bounds(setting, node, node.as_integer()->get(), ""));
        return Settings::Value(node.as_integer()->get());
      case SettingType::text:
      case SettingType::path:
        break;
    }
    if (!node.is_string()) return mismatch();
    const std::string& text = node.as_string()->get();
    KIP_TRY_VOID(check_bounds(setting, node, static_cast<std::int64_t>(text.size()), " bytes"));
    if (text.find('\0') != std::string::npos) return wrong(node, fmt::format("{} holds a zero byte", setting.name));
    return of_text(setting, text);
  }

  Result<void> check_bounds(const Setting& setting, const toml::node& node, std::int64_t found,
                            std::string_view unit) const {
    if (found >= setting.min && found <= setting.max) return {};
    return wrong(node,
                 fmt::format("{} is {}{}, allowed are {} to {}", setting.name, found, unit, setting.min, setting.max));
  }

  Settings::Value of_text(const Setting& setting, std::string_view text) const {
    if (setting.type == SettingType::text) return std::string(text);
    return file_.parent_path() / std::filesystem::path(text);
  }

  std::optional<Settings::Value> fallback(const Setting& setting) const {
    if (setting.presence == Presence::optional) return std::nullopt;
    if (setting.type == SettingType::boolean) return setting.fallback == "true";
    if (setting.type == SettingType::integer) return to_integer(setting.fallback).value();
    return of_text(setting, setting.fallback);
  }

  const std::filesystem::path& file_;
  std::span<const Setting> table_;
  std::span<const SettingList> lists_;
  Settings out_;
};

Result<Settings> Settings::parse(BytesView text, const std::filesystem::path& file, std::span<const Setting> table,
                                 std::span<const SettingList> lists) {
  try {
    const toml::table root = toml::parse(text, file.string());
    return SettingsReader(file, table, lists).read(root);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::malformed,
                fmt::format("{}:{}: {}", file.string(), error.source().begin.line, error.description()));
  }
}

template <class T>
const T& Settings::get(std::string_view name) const {
  const auto found = values_.find(name);
  KIP_CHECK(found != values_.end() && found->second.has_value());
  const T* value = std::get_if<T>(&*found->second);
  KIP_CHECK(value != nullptr);
  return *value;
}

bool Settings::has(std::string_view name) const {
  const auto found = values_.find(name);
  KIP_CHECK(found != values_.end());
  return found->second.has_value();
}

const std::string& Settings::text(std::string_view name) const {
  return get<std::string>(name);
}
std::int64_t Settings::integer(std::string_view name) const {
  return get<std::int64_t>(name);
}
bool Settings::boolean(std::string_view name) const {
  return get<bool>(name);
}
std::filesystem::path Settings::path(std::string_view name) const {
  return get<std::filesystem::path>(name);
}
const std::vector<Settings>& Settings::list(std::string_view name) const {
  const auto found = lists_.find(name);
  KIP_CHECK(found != lists_.end());
  return found->second;
}

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    const auto octet = static_cast<unsigned char>(c);
    out += octet < 0x20 || octet == 0x7f ? fmt::format("\\u{:04X}", static_cast<unsigned>(octet)) : std::string(1, c);
  }
  return out + "\"";
}

std::string written(const Setting& setting, std::string_view value) {
  const bool bare = setting.type == SettingType::integer || setting.type == SettingType::boolean;
  return bare ? std::string(value) : quoted(value);
}

}  // namespace

std::string sample_toml(std::span<const Setting> table, const std::map<std::string_view, std::string>& values,
                        std::span<const SettingList> lists) {
  std::string out;
  std::string_view group;
  for (const Setting& setting : table) {
    const auto dot = setting.name.find('.');
    KIP_CHECK(dot != std::string_view::npos);
    if (setting.name.substr(0, dot) != group) {
      group = setting.name.substr(0, dot);
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", group);
    }
    out += fmt::format("# {}\n", setting.help);
    const auto given = values.find(setting.name);
    const std::string_view value = given == values.end() ? setting.fallback : std::string_view(given->second);
    out += fmt::format("{}{} = {}\n", given == values.end() ? "# " : "", setting.name.substr(dot + 1),
                       written(setting, value));
  }
  for (const SettingList& list : lists) {
    out += fmt::format("\n# [[{}]]\n", list.name);
    for (const Setting& setting : list.table) {
      out += fmt::format("# # {}\n# {} = {}\n", setting.help, setting.name.substr(list.name.size() + 1),
                         written(setting, setting.fallback));
    }
  }
  return out;
}

}  // namespace kip
