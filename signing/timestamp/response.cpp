#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/err.h>

#include <manifests/core/printable.hpp>
#include <signing/timestamp/der.hpp>
#include <signing/timestamp/response.hpp>
#include <signing/timestamp/x509.hpp>

namespace kip::tsp {
namespace {

using StatusInfo = std::unique_ptr<TS_STATUS_INFO, Deleter<TS_STATUS_INFO_free>>;

struct Failure {
  int bit;
  std::string_view name;
  bool passing = false;
};

constexpr std::array<Failure, 8> kFailures = {{{0, "badAlg"},
                                               {2, "badRequest"},
                                               {5, "badDataFormat"},
                                               {14, "timeNotAvailable", true},
                                               {15, "unacceptedPolicy"},
                                               {16, "unacceptedExtension"},
                                               {17, "addInfoNotAvailable"},
                                               {25, "systemFailure", true}}};

constexpr std::array<std::string_view, 6> kStatuses = {"granted", "grantedWithMods",   "rejection",
                                                       "waiting", "revocationWarning", "revocationNotification"};

std::string failures_of(const TS_STATUS_INFO* info) {
  std::string out;
  const ASN1_BIT_STRING* bits = TS_STATUS_INFO_get0_failure_info(info);
  for (const Failure& failure : kFailures) {
    if (bits == nullptr || ASN1_BIT_STRING_get_bit(bits, failure.bit) == 0) continue;
    out += fmt::format("{}{}", out.empty() ? "" : ", ", failure.name);
  }
  return out;
}

/// Whether what the authority states will be otherwise later, by itself.
bool will_pass(std::int64_t status, const TS_STATUS_INFO* info) {
  constexpr std::int64_t kWaiting = 3;
  const ASN1_BIT_STRING* bits = TS_STATUS_INFO_get0_failure_info(info);
  return status == kWaiting || std::any_of(kFailures.begin(), kFailures.end(), [&](const Failure& failure) {
           return failure.passing && bits != nullptr && ASN1_BIT_STRING_get_bit(bits, failure.bit) != 0;
         });
}

std::string words_of(const TS_STATUS_INFO* info) {
  constexpr std::size_t kMaxWords = 300;
  std::string out;
  const STACK_OF(ASN1_UTF8STRING)* texts = TS_STATUS_INFO_get0_text(info);
  for (int i = 0; i < sk_ASN1_UTF8STRING_num(texts) && out.size() < kMaxWords; ++i) {
    const ASN1_UTF8STRING* text = sk_ASN1_UTF8STRING_value(texts, i);
    out += fmt::format("{}{}", out.empty() ? "" : " ",
                       std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                        static_cast<std::size_t>(ASN1_STRING_length(text))));
  }
  return printable_line(out.substr(0, kMaxWords));
}

Unexpected wrong(std::string_view why) {
  ERR_clear_error();
  return fail(ErrorCode::malformed, fmt::format("this is neither a time stamp response nor a token: {}", why));
}

Result<Element> read_frame(BytesView bytes) {
  if (bytes.size() > Response::kMaxBytes) {
    return fail(ErrorCode::too_large, "it has more than the 64 KiB that a time stamp may have");
  }
  auto frame = read_element(bytes, Encoding::ber);
  if (!frame) return wrong(frame.error().message);
  return frame;
}

/// Of a frame whose first part is the status.
Result<Response> read_response(const std::vector<Element>& parts) {
  const auto parsed = parse_exactly<d2i_TS_STATUS_INFO>(parts[0].whole);
  const StatusInfo info(parsed.object);
  std::int64_t status = 0;
  if (!parsed.whole || parts.size() > 2 ||
      ASN1_INTEGER_get_int64(&status, TS_STATUS_INFO_get0_status(info.get())) != 1 || status < 0) {
    return wrong("its status does not parse");
  }
  Response out;
  out.granted = status <= 1;
  out.passing = !out.granted && will_pass(status, info.get());
  out.status = static_cast<std::size_t>(status) < kStatuses.size()
                   ? std::string(kStatuses.at(static_cast<std::size_t>(status)))
                   : fmt::format("status {}", status);
  if (const std::string failures = failures_of(info.get()); !failures.empty())
    out.status += fmt::format(" ({})", failures);
  if (const std::string words = words_of(info.get()); !words.empty()) out.status += fmt::format(": {}", words);
  if (out.granted != (parts.size() == 2)) {
    return wrong(out.granted ? "it grants a token and has none" : "it grants nothing and has a token");
  }
  if (out.granted) out.token = Bytes(parts[1].whole);
  return out;
}

}  // namespace

Result<Response> Response::parse(BytesView bytes) {
  KIP_TRY(const Element frame, read_frame(bytes));
  const auto parts = children_of(frame);
  if (frame.tag != kSequence || parts.empty() || parts[0].tag != kSequence) return wrong("it has another structure");
  return read_response(parts);
}

Result<Bytes> unwrap_token(BytesView token_or_response) {
  KIP_TRY(const Element frame, read_frame(token_or_response));
  const auto parts = children_of(frame);
  if (frame.tag == kSequence && !parts.empty() && parts[0].tag == kObjectIdentifier) return Bytes(token_or_response);
  KIP_TRY(Response response, Response::parse(token_or_response));
  if (!response.token) {
    return fail(ErrorCode::denied, fmt::format("the authority has stamped nothing: {}", response.status));
  }
  return *std::move(response.token);
}

}  // namespace kip::tsp
