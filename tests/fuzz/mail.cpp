// Mail. Input: one octet that says what the rest is.
//   - 'd' a delivery status notification that came back: what is accepted has an action and a status that a program can
//     rely on, and an identifier on one line.
//   - 'a' an address: what is accepted can stand in an envelope command and in a header, and is itself again.
//   - 'm' a subject, a line end, a text: what is accepted is a mail of short ASCII lines with these headers only.

#include <algorithm>

#include <manifests/mail/delivery_report.hpp>
#include <manifests/mail/message.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

void try_report(BytesView bytes) {
  const auto report = parse_delivery_report(bytes);
  if (!report) {
    KIP_CHECK(report.error().code == ErrorCode::malformed || report.error().code == ErrorCode::too_large);
    return;
  }
  KIP_CHECK(!report->action.empty() && report->status.find_first_not_of("0123456789.") == std::string::npos);
  KIP_CHECK(!report->message_id.empty() && report->message_id.find_first_of("\r\n<> ") == std::string::npos);
  static_cast<void>(notice_of_message_id(report->message_id));
}

void try_address(BytesView bytes) {
  const auto address = MailAddress::parse(bytes);
  if (!address) return;
  KIP_CHECK(std::all_of(bytes.begin(), bytes.end(), [](char c) { return c > ' ' && c < 0x7F; }));
  KIP_CHECK(bytes.find_first_of("<>()[]\",:;\\") == std::string::npos);
  KIP_CHECK(MailAddress::parse(address->str()).value() == *address);
}

void try_message(BytesView bytes) {
  const auto end = bytes.find('\n');
  const MailAddress address = MailAddress::parse("a@example.vn").value();
  const std::string words(bytes.substr(0, end));
  const BytesView text = end == std::string_view::npos ? BytesView() : bytes.substr(end + 1);
  const MailMessage message{.from = {"A", address},
                            .to = {words, address},
                            .subject = words,
                            .text = std::string(text),
                            .date = Instant(),
                            .message_id = "01JB8Z3V5W9QK3T8R7N2M4P6XY@example.vn"};
  const auto made = to_internet_message(message);
  if (!made) return;
  constexpr std::size_t kHeaders = 10;
  constexpr std::size_t kLine = 78;
  std::size_t headers = 0;
  bool in_body = false;
  BytesView rest = *made;
  while (!rest.empty()) {
    const auto line_end = rest.find("\r\n");
    KIP_CHECK(line_end <= kLine);
    const BytesView line = rest.substr(0, line_end);
    KIP_CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c == '\t' || (c >= ' ' && c < 0x7F); }));
    if (line.empty()) in_body = true;
    if (!in_body && line.front() != ' ') ++headers;
    rest.remove_prefix(line_end + 2);
  }
  KIP_CHECK(in_body && headers == kHeaders);
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip::fuzz;
  if (size > kMaxInput) return -1;
  if (size == 0) return 0;
  const kip::BytesView rest = view(data, size).substr(1);
  if (data[0] == 'd') try_report(rest);
  if (data[0] == 'a') try_address(rest);
  if (data[0] == 'm') try_message(rest);
  return 0;
}
