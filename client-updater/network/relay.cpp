#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include <client-updater/network/relay.hpp>
#include <manifests/core/printable.hpp>

namespace kip::updater {
namespace {

constexpr std::uint64_t kMaxRequest = 64U << 20U;
constexpr std::uint64_t kMaxPiece = 1U << 20U;
constexpr std::uint64_t kMaxHeaders = 256U << 10U;
constexpr std::uint64_t kMaxHeaderCount = 10'000;
constexpr std::uint64_t kMaxRefusal = 64U << 10U;
constexpr std::uint64_t kMaxFailure = 2000;
/// Of an answer that is not wanted any more: what may be on its way when the other side is told.
constexpr std::uint64_t kMaxUnwanted = 64U << 20U;

enum class Kind : std::uint64_t { send, download };

/// What a network can fail with. Whatever else the other side says counts as the first.
constexpr std::array kFailures = {ErrorCode::network, ErrorCode::malformed, ErrorCode::too_large};

Bytes to_payload(const HttpRequest& request) {
  FieldWriter out;
  out.number(static_cast<std::uint64_t>(Kind::send)).text(request.method).text(request.url);
  out.number(request.headers.size());
  for (const auto& [name, value] : request.headers)
    out.text(name).text(value);
  out.text(request.body).number(request.max_body);
  return std::move(out).take();
}

Bytes to_payload(const HttpDownload& request) {
  FieldWriter out;
  out.number(static_cast<std::uint64_t>(Kind::download)).text(request.url);
  out.number(request.offset).number(request.max_body);
  return std::move(out).take();
}

Bytes to_payload(const HttpResponse& response) {
  FieldWriter out;
  out.number(static_cast<std::uint64_t>(response.status)).number(response.headers.size());
  for (const auto& [name, value] : response.headers)
    out.text(name).text(value);
  out.text(response.body);
  return std::move(out).take();
}

Bytes to_payload(const Error& error) {
  FieldWriter out;
  out.text(to_string(error.code)).text(BytesView(error.message).substr(0, kMaxFailure));
  return std::move(out).take();
}

HttpRequest read_send(FieldReader& in) {
  HttpRequest request;
  request.method = in.text();
  request.url = in.text();
  const std::uint64_t count = std::min(in.number(), kMaxHeaderCount);
  for (std::uint64_t at = 0; at < count; ++at) {
    std::string name = in.text();
    request.headers.emplace_back(std::move(name), in.text());
  }
  request.body = in.text();
  request.max_body = in.number();
  return request;
}

Result<HttpResponse> read_answer(BytesView payload) {
  constexpr std::uint64_t kLastStatus = 999;
  FieldReader in(payload);
  const std::uint64_t status = in.number();
  if (status > kLastStatus) return fail(ErrorCode::malformed, "there is no such status");
  HttpResponse response{.status = static_cast<int>(status)};
  const std::uint64_t count = in.number();
  if (count > kMaxHeaderCount) return fail(ErrorCode::malformed, "there are too many headers");
  for (std::uint64_t at = 0; at < count; ++at) {
    std::string name = in.text();
    response.headers.insert_or_assign(std::move(name), in.text());
  }
  response.body = in.text();
  KIP_TRY_VOID(in.finish());
  return response;
}

Result<Error> read_failure(BytesView payload) {
  FieldReader in(payload);
  const std::string code = in.text();
  std::string message = printable(BytesView(in.text()).substr(0, kMaxFailure));
  KIP_TRY_VOID(in.finish());
  const auto known =
      std::find_if(kFailures.begin(), kFailures.end(), [&](ErrorCode one) { return code == to_string(one); });
  return Error{known == kFailures.end() ? kFailures.front() : *known, std::move(message)};
}

/// Sends a download on, piece by piece, unless the other side has said that it wants no more.
class RelayedSink final : public BodySink {
 public:
  explicit RelayedSink(Channel& channel) : channel_(channel) {}

  Result<void> begin(std::uint64_t offset) override {
    return channel_.send(FrameType::begin, std::move(FieldWriter().number(offset)).take());
  }

  Result<void> write(BytesView piece) override {
    if (channel_.has_input()) return fail(ErrorCode::network, "the rest is not wanted");
    for (; !piece.empty(); piece.remove_prefix(std::min<std::size_t>(piece.size(), kMaxPiece)))
      KIP_TRY_VOID(channel_.send(FrameType::piece, piece.substr(0, kMaxPiece)));
    return {};
  }

 private:
  Channel& channel_;
};

Result<void> answer(Channel& channel, const Result<HttpResponse>& response) {
  if (response) return channel.send(FrameType::answer, to_payload(*response));
  return channel.send(FrameType::failure, to_payload(response.error()));
}

Result<void> relay(Channel& channel, HttpClient& http, BytesView payload) {
  FieldReader in(payload);
  if (static_cast<Kind>(in.number()) == Kind::send) {
    const HttpRequest request = read_send(in);
    KIP_TRY_VOID(in.finish());
    return answer(channel, http.send(request));
  }
  HttpDownload request{.url = in.text()};
  request.offset = in.number();
  request.max_body = in.number();
  KIP_TRY_VOID(in.finish());
  RelayedSink sink(channel);
  return answer(channel, http.download(request, sink));
}

}  // namespace

void relay_requests(Channel& channel, HttpClient& http) {
  for (;;) {
    const Result<Frame> frame = channel.receive(kMaxRequest);
    if (!frame) return;
    // One that stops came too late: that answer had ended already.
    if (frame->type == FrameType::stop) continue;
    if (!relay(channel, http, frame->payload)) return;
  }
}

Unexpected RelayedHttpClient::give_up(std::string_view what) {
  channel_.reset();
  return fail(ErrorCode::network,
              fmt::format("the updater's own process for the network {}; nothing that came from it was used. Run this "
                          "again",
                          what));
}

Result<void> RelayedHttpClient::ask(Bytes request) {
  if (!channel_) return give_up("has failed before");
  if (request.size() > kMaxRequest) return fail(ErrorCode::too_large, "the request is too large to be sent");
  if (channel_->send(FrameType::request, request)) return {};
  return give_up("has ended");
}

Result<Frame> RelayedHttpClient::receive(std::uint64_t max_payload) {
  auto frame = channel_->receive(max_payload);
  if (frame) return frame;
  return give_up(fmt::format("does not answer ({})", frame.error().message));
}

Result<HttpResponse> RelayedHttpClient::finish(const Frame& last, std::uint64_t max_body) {
  if (last.type == FrameType::failure) {
    auto error = read_failure(last.payload);
    if (!error) return give_up("sends a failure that cannot be read");
    return Unexpected(*std::move(error));
  }
  if (last.type != FrameType::answer) return give_up("sends something that was not asked for");
  auto response = read_answer(last.payload);
  if (!response) return give_up("sends an answer that cannot be read");
  if (response->body.size() <= max_body) return response;
  return fail(ErrorCode::too_large, fmt::format("its answer has more than {} octets", max_body));
}

Result<HttpResponse> RelayedHttpClient::send(const HttpRequest& request) {
  KIP_TRY_VOID(ask(to_payload(request)));
  KIP_TRY(const Frame frame, receive(std::min(request.max_body, kMaxRequest) + kMaxHeaders));
  return finish(frame, request.max_body);
}

Result<HttpResponse> RelayedHttpClient::download(const HttpDownload& request, BodySink& sink) {
  KIP_TRY_VOID(ask(to_payload(request)));
  return take_download(request, sink);
}

Result<HttpResponse> RelayedHttpClient::take_download(const HttpDownload& request, BodySink& sink) {
  std::optional<std::uint64_t> left;  // octets that may still come, once the file has begun
  for (;;) {
    KIP_TRY(const Frame frame, receive(kMaxPiece + kMaxRefusal + kMaxHeaders));
    if (frame.type == FrameType::begin && !left) {
      FieldReader in(frame.payload);
      const std::uint64_t offset = in.number();
      if (!in.finish() || (offset != 0 && offset != request.offset)) return give_up("begins in the wrong place");
      // From the start where a part was asked for: then the bound holds for all of it.
      left = request.max_body + (request.offset - offset);
      if (auto begun = sink.begin(offset); !begun) return stop(std::move(begun).error());
    } else if (frame.type == FrameType::piece && left && !frame.payload.empty()) {
      if (frame.payload.size() > *left) {
        return stop({ErrorCode::too_large, fmt::format("reading {}: it has more octets than expected", request.url)});
      }
      *left -= frame.payload.size();
      if (auto written = sink.write(frame.payload); !written) return stop(std::move(written).error());
    } else {
      return finish(frame, kMaxRefusal);
    }
  }
}

/// Waits until the other side has taken notice, so that the next request gets its own answer.
Unexpected RelayedHttpClient::stop(Error why) {
  std::uint64_t unwanted = 0;
  bool over = !channel_->send(FrameType::stop, {});
  while (!over && unwanted <= kMaxUnwanted) {
    const Result<Frame> frame = channel_->receive(kMaxPiece + kMaxRefusal + kMaxHeaders);
    if (frame && (frame->type == FrameType::answer || frame->type == FrameType::failure)) return Unexpected(why);
    over = !frame.has_value();
    if (frame) unwanted += frame->payload.size() + 1;
  }
  channel_.reset();
  return Unexpected(std::move(why));
}

}  // namespace kip::updater
