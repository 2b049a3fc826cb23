#include <fmt/format.h>

#include <manifests/core/unicode.hpp>
#include <signing/fetch/http_answer.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxHeaders = 64U << 10U;
constexpr std::size_t kMaxRefusal = 64U << 10U;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "HTTP/1.1 206 Partial Content" -> 206; 0 where there is no such number.
int status_of(BytesView line) {
  const auto blank = line.find(' ');
  if (blank == BytesView::npos) return 0;
  const BytesView digits = line.substr(blank + 1, 3);
  int status = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

/// "bytes 100-199/200" -> 100. Source: RFC 9110, 14.4
std::optional<std::uint64_t> range_start(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  constexpr std::size_t kMaxDigits = 18;
  if (to_lower_ascii(text.substr(0, kUnit.size())) != kUnit) return std::nullopt;
  text = trim(text.substr(kUnit.size()));
  std::uint64_t number = 0;
  std::size_t count = 0;
  for (; count < text.size() && is_digit(text[count]); ++count) {
    if (count == kMaxDigits) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(text[count] - '0');
  }
  if (count == 0 || count == text.size() || text[count] != '-') return std::nullopt;
  return number;
}

}  // namespace

bool HttpAnswer::refuse(Error error) {
  if (!failure_) failure_ = std::move(error);
  return false;
}

bool HttpAnswer::take_header(BytesView line) {
  header_octets_ += line.size();
  if (header_octets_ > kMaxHeaders) return refuse({ErrorCode::too_large, "its headers have more than 64 KiB"});
  if (line.starts_with("HTTP/")) {
    response_ = HttpResponse();
    response_.status = status_of(line);
    return true;
  }
  const auto colon = line.find(':');
  if (colon == BytesView::npos) return true;
  response_.headers[to_lower_ascii(trim(line.substr(0, colon)))] = std::string(trim(line.substr(colon + 1)));
  return true;
}

Result<void> HttpAnswer::begin_file() {
  begun_ = true;
  std::uint64_t start = 0;
  if (response_.status == 206) {
    const std::string_view range = response_.header("content-range");
    if (range_start(range) != offset_) {
      return fail(ErrorCode::malformed,
                  fmt::format("octets from {} on were asked for, it sends \"{}\"", offset_, range.substr(0, 80)));
    }
    start = offset_;
  } else {
    // It does not know Range and sends the file from its start: the bound then holds for all of it.
    max_body_ += offset_;
  }
  auto begun = sink_->begin(start);
  sink_failed_ = !begun;
  return begun;
}

bool HttpAnswer::take_body(BytesView piece) {
  if (!is_file()) return keep(piece);
  if (!begun_) {
    if (auto begun = begin_file(); !begun) return refuse(std::move(begun).error());
  }
  if (piece.size() > max_body_ - body_octets_) {
    return refuse({ErrorCode::too_large, fmt::format("it has more than the {} octets expected", max_body_)});
  }
  body_octets_ += piece.size();
  auto written = sink_->write(piece);
  if (written) return true;
  sink_failed_ = true;
  return refuse(std::move(written).error());
}

bool HttpAnswer::keep(BytesView piece) {
  const std::uint64_t bound = sink_ == nullptr ? max_body_ : kMaxRefusal;
  if (piece.size() > bound - response_.body.size()) {
    return refuse({ErrorCode::too_large, fmt::format("its answer has more than {} octets", bound)});
  }
  response_.body += piece;
  return true;
}

Result<HttpResponse> HttpAnswer::finish(std::string_view url) && {
  if (!failure_ && is_file() && !begun_) {  // an empty file
    if (auto begun = begin_file(); !begun) refuse(std::move(begun).error());
  }
  if (!failure_) return std::move(response_);
  if (sink_failed_) return Unexpected(*std::move(failure_));
  return fail_while(fmt::format("reading {}", url), *std::move(failure_));
}

}  // namespace kip
