#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <manifests/codec/json.hpp>
#include <manifests/codec/long_list.hpp>
#include <manifests/core/printable.hpp>

namespace kip::json {
namespace {

/// Builds a Value from the events of the library's parser, refusing what it would accept. The parser itself does
/// not recurse, and neither does this.
class StrictBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  StrictBuilder(const Limits& limits, const ItemsToTake* items) : limits_(limits), items_(items) {}

  bool null() override { return add(Value()); }
  bool boolean(bool value) override { return add(Value(value)); }
  bool number_integer(number_integer_t value) override { return add(Value(std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (!std::in_range<std::int64_t>(value)) return refuse("an integer is too large (at most 9223372036854775807)");
    return add(Value(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return refuse(
        fmt::format("{} is not an integer of 64 bits; other numbers are not allowed here", text.substr(0, 40)));
  }
  bool string(string_t& value) override { return add(Value(std::move(value))); }
  bool binary(binary_t&) override { return refuse("binary data is not JSON"); }
  bool start_object(std::size_t) override { return open(Value(Object{})); }
  bool start_array(std::size_t) override { return open(Value(Array{})); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    Frame& frame = stack_.back();
    if (frame.value.as_object()->contains(name)) {
      return refuse(fmt::format("the member \"{}\" stands twice", printable_line(name.substr(0, 80))));
    }
    frame.name = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    return refuse(fmt::format("not JSON at byte {}", position));
  }

  Result<Value> finish() && {
    if (error_) return Unexpected(*std::move(error_));
    if (!root_) return fail(ErrorCode::malformed, "empty JSON text");
    return *std::move(root_);
  }

 private:
  struct Frame {
    Value value;
    std::string name;  ///< of the member that is being read, in an object
  };

  bool refuse(std::string message, ErrorCode code = ErrorCode::malformed) {
    std::string where;
    for (const Frame& frame : stack_) {
      if (!frame.name.empty()) where += (where.empty() ? "" : ".") + printable_line(frame.name.substr(0, 40));
    }
    if (!where.empty()) message = "at " + where + ": " + message;
    error_ = Error{code, std::move(message)};
    return false;
  }

  bool count() {
    if (++values_ > limits_.values) return refuse("too many values", ErrorCode::too_large);
    return true;
  }

  bool open(Value container) {
    if (stack_.size() >= limits_.depth) return refuse("nested too deep", ErrorCode::too_large);
    if (!count()) return false;
    stack_.push_back({std::move(container), {}});
    return true;
  }

  bool close() {
    Value done = std::move(stack_.back().value);
    stack_.pop_back();
    place(std::move(done));
    return true;
  }

  bool add(Value value) {
    if (!count()) return false;
    place(std::move(value));
    return true;
  }

  void place(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = stack_.back(); frame.value.as_array() != nullptr) {
      if (is_taken()) {
        items_->take(value);
      } else {
        frame.value.as_array()->push_back(std::move(value));
      }
    } else {
      frame.value.as_object()->emplace(std::move(frame.name), std::move(value));
      frame.name.clear();
    }
  }

  /// Whether an item of the present list goes to who asked for them.
  bool is_taken() const { return items_ != nullptr && stack_.size() == 2 && stack_.front().name == items_->list; }

  Limits limits_;
  const ItemsToTake* items_;  ///< null where all is kept
  std::vector<Frame> stack_;
  std::optional<Value> root_;
  std::optional<Error> error_;
  std::size_t values_ = 0;
};

Result<Value> parse_text(BytesView text, const Limits& limits, const ItemsToTake* items) {
  if (text.size() > limits.bytes) {
    return fail(ErrorCode::too_large,
                fmt::format("the JSON text has {} bytes, allowed are {}", text.size(), limits.bytes));
  }
  // The library takes one outside of a string for the end of the text, whatever follows.
  if (const auto nul = text.find('\0'); nul != BytesView::npos) {
    return fail(ErrorCode::malformed, fmt::format("not JSON at byte {}", nul + 1));
  }
  StrictBuilder builder(limits, items);
  // The result is in the builder: false here means that it holds the error.
  static_cast<void>(nlohmann::json::sax_parse(text.begin(), text.end(), &builder));
  return std::move(builder).finish();
}

}  // namespace

Result<Value> parse(BytesView text, const Limits& limits) {
  return parse_text(text, limits, nullptr);
}

Result<Value> parse_long(BytesView text, const ItemsToTake& items, const Limits& limits) {
  return parse_text(text, limits, &items);
}

}  // namespace kip::json
