#include <algorithm>
#include <string_view>

#include <signing/cli/line_reader.hpp>

namespace kip::cli {
namespace {

constexpr std::size_t kBuffer = 1U << 16U;

}  // namespace

LineReader::LineReader(Source source, std::size_t max_bytes)
    : source_(std::move(source)), max_bytes_(max_bytes), buffer_(kBuffer, '\0') {}

bool LineReader::take(std::string& line) {
  const std::string_view rest = std::string_view(buffer_).substr(at_, end_ - at_);
  const auto found = rest.find('\n');
  const std::string_view part = rest.substr(0, found);
  line += part.substr(0, max_bytes_ - line.size());
  const bool has_end = found != std::string_view::npos;
  at_ += part.size() + (has_end ? 1 : 0);
  return has_end;
}

Result<std::optional<std::string>> LineReader::next() {
  std::string line;
  bool any = false;
  while (true) {
    if (at_ == end_) {
      KIP_TRY(end_, source_(std::span<char>(buffer_.data(), buffer_.size())));
      at_ = 0;
      if (end_ == 0) return any ? std::optional<std::string>(std::move(line)) : std::nullopt;
    }
    any = true;
    if (take(line)) return std::optional<std::string>(std::move(line));
  }
}

}  // namespace kip::cli
