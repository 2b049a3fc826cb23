#pragma once

#include <deque>
#include <string>
#include <vector>

#include <server/domain/mailer.hpp>
#include <testing/files.hpp>

namespace kip::server::testing {

/// A mail server that answers as it is told; where it was told nothing, it takes everything.
class FakeMailClient final : public MailClient {
 public:
  MailAnswer send(const MailEnvelope& envelope, BytesView message, const std::function<bool()>&) override {
    recipients.push_back(envelope.to.str());
    messages.emplace_back(message);
    constexpr std::string_view kHeader = "Message-ID: <";
    const auto begin = message.find(kHeader) + kHeader.size();
    message_ids.emplace_back(message.substr(begin, message.find('>', begin) - begin));
    if (after_send) after_send();
    if (answers.empty()) return {MailAnswer::Kind::accepted, 250, "2.0.0", "250 2.0.0 ok"};
    MailAnswer out = answers.front();
    answers.pop_front();
    return out;
  }

  std::deque<MailAnswer> answers;
  std::function<void()> after_send;
  std::vector<std::string> recipients;
  std::vector<Bytes> messages;
  std::vector<std::string> message_ids;
};

inline MailerOptions mailer_options() {
  return {.sender = {"An Phat Software", MailAddress::parse("notices@anphat.example").value()},
          .kinds = {kNoticeKinds.begin(), kNoticeKinds.end()}};
}

/// The notification of a failure, about the mail with this identifier.
inline Bytes delivery_report(const std::string& message_id, const std::string& action = "failed") {
  std::string out = kip::testing::read_file(KIP_TEST_DATA "/reports/failed.eml");
  const auto put = [&out](const std::string& old, const std::string& text) {
    out.replace(out.find(old), old.size(), text);
  };
  put("01JB8Z3V5W9QK3T8R7N2M4P6XY@anphat.example", message_id);
  put("Action: failed", "Action: " + action);
  return out;
}

}  // namespace kip::server::testing
