#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include <manifests/core/result.hpp>

namespace kip::cli {

/// Cuts a stream into lines, in memory that does not grow with the stream. Not thread-safe.
class LineReader {
 public:
  /// Fills a part of the span and says how much; 0 at the end.
  using Source = std::function<Result<std::size_t>(std::span<char>)>;

  LineReader(Source source, std::size_t max_bytes);

  /// The next line without its end, of a longer one its first `max_bytes`; none at the end of the stream. Errors: those
  /// of the source.
  Result<std::optional<std::string>> next();

 private:
  /// Takes what belongs to the line out of the buffer; whether its end was there.
  bool take(std::string& line);

  Source source_;
  std::size_t max_bytes_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

}  // namespace kip::cli
