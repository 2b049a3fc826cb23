#pragma once

#include <memory>

#include <client-updater/network/channel.hpp>
#include <signing/fetch/http_client.hpp>

namespace kip::updater {

/// The network's side: plays each request that comes over the channel with `http`, and sends what comes of it back,
/// until the other side is gone. Nothing is kept between requests.
void relay_requests(Channel& channel, HttpClient& http);

/// The writer's side: HTTP by a process at the other end of the channel. That process talks to strangers, so its word
/// counts no more than theirs: sizes, offsets and the order of its frames are checked here again, and content is for
/// the caller to verify. After frames that make no sense every further call fails. Not thread-safe.
class RelayedHttpClient final : public HttpClient {
 public:
  explicit RelayedHttpClient(std::unique_ptr<Channel> channel) : channel_(std::move(channel)) {}

  Result<HttpResponse> send(const HttpRequest& request) override;
  Result<HttpResponse> download(const HttpDownload& request, BodySink& sink) override;

 private:
  Result<void> ask(Bytes request);
  Result<Frame> receive(std::uint64_t max_payload);
  Result<HttpResponse> finish(const Frame& last, std::uint64_t max_body);
  Result<HttpResponse> take_download(const HttpDownload& request, BodySink& sink);
  Unexpected stop(Error why);
  Unexpected give_up(std::string_view what);

  std::unique_ptr<Channel> channel_;  ///< null once it is of no more use
};

}  // namespace kip::updater
