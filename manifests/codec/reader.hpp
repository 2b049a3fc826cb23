#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/codec/json.hpp>

namespace kip::json {

/// Reads the members of one object with checks. The first fault is kept and every later call then returns an empty
/// value, so that a reader is written straight down and asks once at the end, in finish().
///
///     ObjectReader in(value, "act");
///     act.issuer = in.text("issuer", 32);
///     act.signed_on = in.parsed("signed_on", parse_date);
///     KIP_TRY_VOID(in.finish(ObjectReader::Unknown::refuse));
///
/// Not thread-safe; the value must outlive the reader.
class ObjectReader {
 public:
  enum class Unknown { keep, refuse };

  ObjectReader(const Value& value, std::string_view where);

  /// Checks the member "format" against "NAME/MAJOR": an unknown major is refused, a minor ("/1.3") accepted.
  void format(std::string_view name, int major);

  bool has(std::string_view name);
  std::string text(std::string_view name, std::size_t max_bytes = 1024);
  std::optional<std::string> optional_text(std::string_view name, std::size_t max_bytes = 1024);
  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min, std::int64_t max);
  bool boolean(std::string_view name);
  bool boolean_or(std::string_view name, bool otherwise);
  /// An empty array where the member is missing.
  const Array& array_or_empty(std::string_view name, std::size_t max_items = 100'000);
  const Array& array(std::string_view name, std::size_t max_items = 100'000);
  const Value& object(std::string_view name);
  std::vector<std::string> texts_or_empty(std::string_view name, std::size_t max_items = 1000);

  /// text(name) through a parser `Result<T>(std::string_view)`. T needs no default constructor.
  template <class Parser>
  auto parsed(std::string_view name, Parser&& parser, std::size_t max_bytes = 1024) {
    return take(name, parser(text(name, max_bytes)));
  }
  template <class Parser>
  auto optional_parsed(std::string_view name, Parser&& parser, std::size_t max_bytes = 1024) {
    using T = typename decltype(parser(std::string_view()))::value_type;
    const auto source = optional_text(name, max_bytes);
    return source ? take(name, parser(*source)) : std::optional<T>();
  }
  /// Each item of array_or_empty(name) through a reader `Result<T>(const Value&)`.
  template <class Parser>
  auto each(std::string_view name, Parser&& parser, std::size_t max_items = 100'000) {
    using T = typename decltype(parser(std::declval<const Value&>()))::value_type;
    std::vector<T> out;
    for (const Value& item : array_or_empty(name, max_items)) {
      if (auto value = take(name, parser(item))) out.push_back(*std::move(value));
    }
    return out;
  }

  /// Records a fault of a member, found by the caller.
  void refuse(std::string_view name, std::string_view why, ErrorCode code = ErrorCode::malformed);

  /// The first fault, if any; with Unknown::refuse also a member that nobody asked for.
  Result<void> finish(Unknown unknown = Unknown::keep);

 private:
  /// Result<T> -> optional<T>, keeping the error.
  template <class T>
  std::optional<T> take(std::string_view name, Result<T> result) {
    if (error_) return std::nullopt;
    if (result) return *std::move(result);
    refuse(name, result.error().message, result.error().code);
    return std::nullopt;
  }
  const Value* member(std::string_view name, bool required);

  const Value& value_;
  std::string where_;
  std::set<std::string, std::less<>> asked_;
  std::optional<Error> error_;
};

}  // namespace kip::json
