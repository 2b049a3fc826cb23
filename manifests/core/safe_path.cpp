#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/safe_path.hpp>
#include <manifests/core/unicode.hpp>

namespace kip {
namespace {

/// Source: Microsoft, "Naming Files, Paths, and Namespaces". The superscript digits count as digits there.
bool is_reserved_device(std::string_view component) {
  const std::string stem = to_lower_ascii(trim(component.substr(0, component.find('.'))));
  constexpr std::array<std::string_view, 6> kDevices = {"con", "prn", "aux", "nul", "conin$", "conout$"};
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) return true;
  if (stem.size() < 4 || (!stem.starts_with("com") && !stem.starts_with("lpt"))) return false;
  const std::string_view unit = std::string_view(stem).substr(3);
  const bool digit = unit.size() == 1 && unit[0] >= '0' && unit[0] <= '9';
  return digit || unit == "\u00b9" || unit == "\u00b2" || unit == "\u00b3";
}

std::string_view component_fault(std::string_view component) {
  if (component.empty()) return "has an empty component (\"//\" or a slash at an end)";
  if (component == "." || component == "..") return "has a \".\" or \"..\" component";
  if (component.size() > SafeRelativePath::kMaxComponentBytes) return "has a component of more than 255 bytes";
  if (component.back() == '.' || component.back() == ' ') return "has a component that ends in a dot or a blank";
  if (is_reserved_device(component)) return "has a component that is a device name on Windows";
  return {};
}

std::string_view path_fault(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > SafeRelativePath::kMaxBytes) return "is longer than 1024 bytes";
  if (!is_utf8(text)) return "is not UTF-8";
  if (text.front() == '/') return "is absolute";
  if (!is_printable_line(text)) return "has a control character or a mark that turns the direction of writing";
  for (const char c : text) {
    if (std::string_view("\\:<>\"|?*").find(c) != std::string_view::npos) {
      return "has one of the characters \\ : < > \" | ? * that Windows does not allow in a file name";
    }
  }
  if (std::count(text.begin(), text.end(), '/') >= SafeRelativePath::kMaxDepth) return "is nested too deep (over 32)";
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    if (const auto fault = component_fault(text.substr(begin, end - begin)); !fault.empty()) return fault;
    begin = end + 1;
  }
  return {};
}

/// A path for a message: what cannot be printed is shown, and of a long one the end, where files differ.
std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  if (text.size() <= kLongest) return printable_line(text);
  std::string_view end = text.substr(text.size() - kLongest);
  while (!end.empty() && (static_cast<unsigned char>(end.front()) & 0xC0U) == 0x80U)
    end.remove_prefix(1);
  return "…" + printable_line(end);
}

}  // namespace

Result<SafeRelativePath> SafeRelativePath::parse(std::string_view text) {
  if (const auto fault = path_fault(text); !fault.empty()) {
    return fail(ErrorCode::malformed, fmt::format("the path \"{}\" {}", shown(text), fault));
  }
  return SafeRelativePath(std::string(text));
}

std::string_view SafeRelativePath::file_name() const {
  const auto slash = text_.rfind('/');
  return std::string_view(text_).substr(slash == std::string::npos ? 0 : slash + 1);
}

std::string SafeRelativePath::collision_key() const {
  auto key = kip::collision_key(text_);
  KIP_CHECK(key.has_value());  // parse() has checked that the text is UTF-8
  return *std::move(key);
}

}  // namespace kip
