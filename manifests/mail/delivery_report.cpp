#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <manifests/mail/delivery_report.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxParts = 20;
constexpr std::size_t kMaxHeaders = 300;
constexpr std::size_t kMaxHeader = 16U << 10U;
constexpr std::size_t kMaxBoundary = 70;

Unexpected refuse(std::string_view why) {
  return fail(ErrorCode::malformed, fmt::format("this is no delivery status notification: {}", why));
}

/// Takes lines off a text, without their ends.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  std::string_view next() {
    const auto end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

 private:
  std::string_view rest_;
};

/// Fields by their names in lower case; where a name stands twice, it is twice in here.
using Fields = std::multimap<std::string, std::string, std::less<>>;

struct Block {
  Fields fields;
  std::string_view rest;  ///< behind the empty line that ends the fields
};

/// Fields up to an empty line or the end, folded ones made one line. Source: RFC 5322 2.2
Result<Block> read_fields(std::string_view text) {
  Lines lines(text);
  Block out;
  Fields::iterator last = out.fields.end();
  while (!lines.done()) {
    const std::string_view line = lines.next();
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      if (last == out.fields.end()) return refuse("a header begins with a continuation");
      last->second += fmt::format(" {}", trim(line));
      if (last->second.size() > kMaxHeader)
        return fail(ErrorCode::too_large, "a header of the notification is too long");
      continue;
    }
    const auto colon = line.find(':');
    const std::string_view name = trim(line.substr(0, colon));
    if (colon == std::string_view::npos || name.empty() || name.find_first_of(" \t") != std::string_view::npos)
      return refuse(fmt::format("\"{}\" is no header", printable_line(line.substr(0, kMaxBoundary))));
    if (line.size() > kMaxHeader || out.fields.size() == kMaxHeaders)
      return fail(ErrorCode::too_large, "the notification has too many or too long headers");
    last = out.fields.emplace(to_lower_ascii(name), trim(line.substr(colon + 1)));
  }
  out.rest = lines.rest();
  return out;
}

/// The value of a field that stands at most once; empty where it is missing.
Result<std::string> single(const Fields& fields, std::string_view name) {
  const auto [first, last] = fields.equal_range(name);
  if (first == last) return std::string();
  if (std::next(first) != last) return refuse(fmt::format("\"{}\" stands twice", name));
  return first->second;
}

Result<std::string> needed(const Fields& fields, std::string_view name) {
  KIP_TRY(std::string value, single(fields, name));
  if (value.empty()) return refuse(fmt::format("\"{}\" is missing", name));
  return value;
}

struct ContentType {
  std::string type;  ///< "multipart/report", in lower case
  std::map<std::string, std::string, std::less<>> parameters = {};
};

/// A parameter's value, quoted or not, taken off the text. Source: RFC 2045 5.1
std::optional<std::string> take_value(std::string_view& text) {
  std::string out;
  if (!text.starts_with('"')) {
    const auto end = text.find_first_of("; \t");
    out = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
    return out.empty() ? std::nullopt : std::optional(out);
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    if (text[i] == '\\' && ++i == text.size()) break;
    out += text[i];
  }
  return std::nullopt;
}

Result<ContentType> parse_content_type(std::string_view text) {
  const auto end = text.find(';');
  ContentType out{to_lower_ascii(trim(text.substr(0, end)))};
  text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  while (!trim(text).empty()) {
    text = trim(text);
    if (!text.starts_with(';')) return refuse("its Content-Type cannot be read");
    text = trim(text.substr(1));
    if (text.empty()) break;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return refuse("its Content-Type cannot be read");
    std::string name = to_lower_ascii(trim(text.substr(0, equals)));
    text = trim(text.substr(equals + 1));
    auto value = take_value(text);
    if (!value || !out.parameters.emplace(std::move(name), *std::move(value)).second)
      return refuse("its Content-Type cannot be read");
  }
  return out;
}

/// What stands between the boundaries; there has to be a last one. Source: RFC 2046 5.1.1
Result<std::vector<std::string_view>> split_parts(std::string_view body, const std::string& boundary) {
  const std::string delimiter = "--" + boundary;
  std::vector<std::string_view> out;
  Lines lines(body);
  std::optional<std::size_t> begin;
  while (!lines.done()) {
    const std::size_t at = body.size() - lines.rest().size();
    const std::string_view line = trim(lines.next());
    const bool last = line == delimiter + "--";
    if (line != delimiter && !last) continue;
    if (begin) out.push_back(body.substr(*begin, at - *begin));
    if (last) return out;
    if (out.size() == kMaxParts) return fail(ErrorCode::too_large, "the notification has too many parts");
    begin = body.size() - lines.rest().size();
  }
  return refuse("it ends before its last part does");
}

struct Part {
  std::string type;
  std::string_view body;
};

Result<Part> read_part(std::string_view text) {
  KIP_TRY(const Block block, read_fields(text));
  KIP_TRY(const std::string type_text, single(block.fields, "content-type"));
  KIP_TRY(const ContentType type, parse_content_type(type_text.empty() ? "text/plain" : type_text));
  KIP_TRY(const std::string encoding, single(block.fields, "content-transfer-encoding"));
  const std::string name = to_lower_ascii(encoding);
  const bool plain = name.empty() || name == "7bit" || name == "8bit" || name == "binary";
  const bool is_text = type.type.starts_with("text/") && type.type != "text/rfc822-headers";
  if (!plain && !is_text) return refuse(fmt::format("its part {} is encoded", printable_line(type.type)));
  return Part{type.type, block.rest};
}

bool is_enhanced_status(std::string_view text) {
  constexpr std::size_t kPieces = 3;
  constexpr std::size_t kDigits = 3;
  std::size_t pieces = 0;
  while (true) {
    const auto dot = text.find('.');
    const std::string_view piece = text.substr(0, dot);
    const bool digits = !piece.empty() && piece.size() <= kDigits &&
                        std::all_of(piece.begin(), piece.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || (pieces == 0 && piece != "2" && piece != "4" && piece != "5")) return false;
    ++pieces;
    if (dot == std::string_view::npos) return pieces == kPieces;
    text.remove_prefix(dot + 1);
  }
}

/// A value may have a comment behind it: "5.1.1 (no such user)". Source: RFC 3464 2.1.1
std::string first_word(std::string_view text) {
  return std::string(text.substr(0, text.find_first_of(" \t(")));
}

/// Fields about the mail as a whole, then a block for each recipient. Source: RFC 3464 2.1
Result<DeliveryReport> read_status(std::string_view body) {
  constexpr std::array<std::string_view, 5> kActions = {"failed", "delayed", "delivered", "relayed", "expanded"};
  KIP_TRY(const Block about, read_fields(body));
  if (about.fields.contains("final-recipient")) return refuse("nothing stands before its first recipient");
  KIP_TRY(const Block recipient, read_fields(about.rest));
  KIP_TRY_VOID(needed(recipient.fields, "final-recipient"));
  KIP_TRY(const std::string action_text, needed(recipient.fields, "action"));
  KIP_TRY(const std::string status_text, needed(recipient.fields, "status"));
  if (!trim(recipient.rest).empty()) return refuse("it is about several recipients, and a notice has one");
  DeliveryReport out{{}, to_lower_ascii(first_word(action_text)), first_word(status_text)};
  if (std::find(kActions.begin(), kActions.end(), out.action) == kActions.end())
    return refuse(fmt::format("\"{}\" is no action", printable_line(out.action)));
  if (!is_enhanced_status(out.status))
    return refuse(fmt::format("\"{}\" is no status such as 5.1.1", printable_line(out.status)));
  return out;
}

Result<std::string> read_message_id(std::string_view mail) {
  KIP_TRY(const Block headers, read_fields(mail));
  KIP_TRY(const std::string text, needed(headers.fields, "message-id"));
  const bool bracketed = text.size() > 2 && text.starts_with('<') && text.ends_with('>');
  const std::string id = bracketed ? text.substr(1, text.size() - 2) : std::string();
  if (id.empty() || !is_printable_line(id) || id.find_first_of(" <>") != std::string::npos)
    return refuse("the Message-ID of the mail that it is about cannot be read");
  return id;
}

}  // namespace

Result<DeliveryReport> parse_delivery_report(BytesView mail) {
  if (mail.size() > kMaxDeliveryReport)
    return fail(ErrorCode::too_large, fmt::format("a notification above {} octets is not read", kMaxDeliveryReport));
  KIP_TRY(const Block top, read_fields(mail));
  KIP_TRY(const std::string type_text, needed(top.fields, "content-type"));
  KIP_TRY(const ContentType type, parse_content_type(type_text));
  const auto report = type.parameters.find("report-type");
  if (type.type != "multipart/report" || report == type.parameters.end() ||
      to_lower_ascii(report->second) != "delivery-status")
    return refuse("it is not of the type multipart/report with report-type=delivery-status");
  const auto boundary = type.parameters.find("boundary");
  if (boundary == type.parameters.end() || boundary->second.empty() || boundary->second.size() > kMaxBoundary ||
      trim(boundary->second) != boundary->second)
    return refuse("it has no boundary");
  KIP_TRY(const auto parts, split_parts(top.rest, boundary->second));
  std::optional<DeliveryReport> out;
  std::optional<std::string> message_id;
  for (const std::string_view text : parts) {
    KIP_TRY(const Part part, read_part(text));
    if (part.type == "message/delivery-status") {
      if (out) return refuse("it has two parts message/delivery-status");
      KIP_TRY(out, read_status(part.body));
    } else if (part.type == "message/rfc822" || part.type == "text/rfc822-headers") {
      if (message_id) return refuse("it is about two mails");
      KIP_TRY(message_id, read_message_id(part.body));
    }
  }
  if (!out || !message_id) return refuse("it lacks the status or the headers of the mail that it is about");
  out->message_id = *std::move(message_id);
  return *std::move(out);
}

}  // namespace kip
