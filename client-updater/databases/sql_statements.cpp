#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <client-updater/databases/sql_statements.hpp>
#include <manifests/core/unicode.hpp>

namespace kip::updater {
namespace {

constexpr std::array<std::string_view, 13> kTransactions = {
    "abort", "begin",     "commit",          "end",         "prepare", "release", "rollback",
    "save",  "savepoint", "set transaction", "set session", "start",   "use"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

class Splitter {
 public:
  explicit Splitter(std::string_view script) : script_(script) {}

  Result<std::vector<SqlStatement>> run() {
    while (at_ < script_.size())
      KIP_TRY_VOID(take_one());
    KIP_TRY_VOID(finish_statement());
    return std::move(statements_);
  }

 private:
  bool next_is(std::string_view text) const { return script_.substr(at_).starts_with(text); }
  char before() const { return at_ == 0 ? ' ' : script_[at_ - 1]; }

  Result<void> take_one() {
    if (next_is("--")) return skip_to("\n", "comment");
    if (next_is("/*")) return skip_block_comment();
    const char c = script_[at_];
    if (c == ';') {
      ++at_;
      return finish_statement();
    }
    if (is_blank(c) && !begun_) {
      ++at_;
      return {};
    }
    begin_statement();
    if (c == '\'' || c == '"') return take_quoted(c);
    if (c == '$' && !is_word(before())) return take_dollar_quoted();
    take(1);
    return {};
  }

  void begin_statement() {
    if (begun_) return;
    begun_ = true;
    line_ = line_here();
  }

  std::size_t line_here() const {
    return 1 + static_cast<std::size_t>(
                   std::count(script_.begin(), script_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
  }

  void take(std::size_t count) {
    text_ += script_.substr(at_, count);
    at_ += count;
  }

  Unexpected no_end(std::string_view what, std::size_t line) const {
    return fail(ErrorCode::malformed, fmt::format("line {}: a {} that begins here has no end", line, what));
  }

  /// A comment counts as a blank. One at the very end needs no line end.
  Result<void> skip_to(std::string_view end, std::string_view) {
    const std::size_t found = script_.find(end, at_);
    at_ = found == std::string_view::npos ? script_.size() : found;
    text_ += begun_ ? " " : "";
    return {};
  }

  Result<void> skip_block_comment() {
    const std::size_t line = line_here();
    int depth = 0;
    do {
      if (at_ >= script_.size()) return no_end("comment", line);
      const bool opens = next_is("/*");
      const bool closes = next_is("*/");
      depth += (opens ? 1 : 0) - (closes ? 1 : 0);
      at_ += opens || closes ? 2U : 1U;
    } while (depth > 0);
    text_ += begun_ ? " " : "";
    return {};
  }

  Result<void> take_quoted(char quote) {
    const std::size_t line = line_here();
    const char mark = before();
    const bool escapes = quote == '\'' && (mark == 'e' || mark == 'E') && (at_ < 2 || !is_word(script_[at_ - 2]));
    take(1);
    while (at_ < script_.size()) {
      const char c = script_[at_];
      if (c == '\\' && escapes) {
        take(std::min<std::size_t>(2, script_.size() - at_));
      } else if (c == quote && script_.substr(at_ + 1).starts_with(quote)) {
        take(2);
      } else {
        take(1);
        if (c == quote) return {};
      }
    }
    return no_end("quote", line);
  }

  Result<void> take_dollar_quoted() {
    std::size_t end = at_ + 1;
    while (end < script_.size() && is_word(script_[end]))
      ++end;
    const bool numbered = end > at_ + 1 && script_[at_ + 1] >= '0' && script_[at_ + 1] <= '9';
    if (end >= script_.size() || script_[end] != '$' || numbered) {
      take(1);
      return {};
    }
    const std::string_view tag = script_.substr(at_, end + 1 - at_);
    const std::size_t close = script_.find(tag, end + 1);
    if (close == std::string_view::npos) return no_end("quote", line_here());
    take(close + tag.size() - at_);
    return {};
  }

  Result<void> finish_statement() {
    const std::string text(trim(text_));
    text_.clear();
    begun_ = false;
    if (text.empty()) return {};
    // Blanks between words count once.
    std::string head;
    for (const char c : text.substr(0, 64)) {
      const bool doubled = is_blank(c) && head.ends_with(' ');
      if (!doubled) head += is_blank(c) ? ' ' : c;
    }
    head = to_lower_ascii(head);
    for (const std::string_view word : kTransactions) {
      if (!head.starts_with(word) || (head.size() > word.size() && is_word(head[word.size()]))) continue;
      return fail(ErrorCode::malformed,
                  fmt::format("line {}: a migration may not use {}: all migrations are one transaction", line_, word));
    }
    statements_.push_back({text, line_});
    return {};
  }

  std::string_view script_;
  std::size_t at_ = 0;
  std::string text_;
  bool begun_ = false;
  std::size_t line_ = 0;
  std::vector<SqlStatement> statements_;
};

}  // namespace

Result<std::vector<SqlStatement>> split_sql(std::string_view script) {
  if (!is_utf8(script) || script.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::malformed, "it is no text in UTF-8");
  }
  return Splitter(script).run();
}

}  // namespace kip::updater
