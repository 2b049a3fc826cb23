#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <manifests/core/check.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>
#include <signing/fetch/curl_mail_client.hpp>
#include <signing/fetch/smtp_reply.hpp>

#include "curl_handles.hpp"

namespace kip {
namespace {

constexpr std::size_t kMaxReplies = 64U << 10U;

/// What happens while one mail is handed over.
struct Transfer {
  BytesView rest;
  const std::function<bool()>& stopped;
  SmtpStage stage = SmtpStage::opening;
  std::string last_line = {};
  std::size_t octets = 0;
  bool ended = false;  ///< we have said QUIT: what comes now answers that
};

std::size_t on_reply(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.octets += size * count;
  if (transfer.octets > kMaxReplies) return 0;
  if (!transfer.ended) transfer.last_line = trim(std::string_view(data, size * count));
  return size * count;
}

std::size_t on_read(char* out, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.stage = SmtpStage::content;
  const std::size_t length = std::min(size * count, transfer.rest.size());
  std::copy_n(transfer.rest.data(), length, out);
  transfer.rest.remove_prefix(length);
  return length;
}

/// Only the command's name is looked at: behind AUTH stands a secret.
int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (type != CURLINFO_HEADER_OUT) return 0;
  const std::string_view command(data, size);
  transfer.stage = stage_of(command, transfer.stage);
  transfer.ended = transfer.ended || command.starts_with("QUIT");
  return 0;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->stopped() ? 1 : 0;
}

/// Codes with which libcurl reports a reply that is another one than it wants; all else is no answer to the mail.
bool is_a_reply(CURLcode code) {
  return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
         code == CURLE_UPLOAD_FAILED;
}

}  // namespace

struct CurlMailClient::State {
  SmtpOptions options;
  curl::Easy handle;
  std::array<char, CURL_ERROR_SIZE> error_text = {};

  template <class T>
  void set(CURLoption option, T value) {
    KIP_CHECK(curl_easy_setopt(handle.get(), option, value) == CURLE_OK);
  }

  std::string url() const {
    const bool v6 = options.host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}/{}", options.security == MailSecurity::tls ? "smtps" : "smtp", v6 ? "[" : "",
                       options.host, v6 ? "]" : "", options.port, options.hello);
  }

  void prepare() {
    curl_easy_reset(handle.get());
    error_text[0] = '\0';
    set(CURLOPT_ERRORBUFFER, error_text.data());
    set(CURLOPT_URL, url().c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_USE_SSL, static_cast<long>(options.security == MailSecurity::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(options.reply_timeout.count()));
    set(CURLOPT_TIMEOUT, static_cast<long>(options.total_timeout.count()));
    if (!options.user.empty()) log_in();
  }

  void log_in() {
    set(CURLOPT_USERNAME, options.user.c_str());
    Bytes password(options.password.reveal());
    set(CURLOPT_PASSWORD, password.c_str());
    SecretBytes::wipe(password);
  }

  void observe(Transfer& transfer) {
    set(CURLOPT_HEADERFUNCTION, &on_reply);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    set(CURLOPT_VERBOSE, 1L);  // to the function only, which prints nothing
    set(CURLOPT_DEBUGFUNCTION, &on_debug);
    set(CURLOPT_DEBUGDATA, static_cast<void*>(&transfer));
    set(CURLOPT_READFUNCTION, &on_read);
    set(CURLOPT_READDATA, static_cast<void*>(&transfer));
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &on_progress);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
  }
};

CurlMailClient::CurlMailClient(SmtpOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  state_->handle = curl::make_easy();
}

CurlMailClient::~CurlMailClient() = default;

MailAnswer CurlMailClient::send(const MailEnvelope& envelope, BytesView message, const std::function<bool()>& stopped) {
  Transfer transfer{message, stopped};
  state_->prepare();
  state_->observe(transfer);
  const std::string from = fmt::format("<{}>", envelope.from.str());
  curl::Lines to;
  curl::append(to, fmt::format("<{}>", envelope.to.str()).c_str());
  state_->set(CURLOPT_MAIL_FROM, from.c_str());
  state_->set(CURLOPT_MAIL_RCPT, to.get());
  const CURLcode code = curl_easy_perform(state_->handle.get());
  if (code == CURLE_OK || is_a_reply(code)) {
    const MailAnswer answer = judge_reply(transfer.last_line, transfer.stage);
    const bool is_taken = answer.kind == MailAnswer::Kind::accepted;
    // A reply that says yes where the transfer failed is that to an earlier command: the connection broke behind it.
    if (is_taken == (code == CURLE_OK) && answer.reply_code != 0 && (is_taken || answer.reply_code >= 400))
      return answer;
  }
  const std::string_view detail(state_->error_text.data());
  MailAnswer out;
  out.text = printable_line(
      without_local_parts(fmt::format("{}:{}: {}", state_->options.host, state_->options.port,
                                      detail.empty() ? std::string_view(curl_easy_strerror(code)) : trim(detail))));
  return out;
}

}  // namespace kip
