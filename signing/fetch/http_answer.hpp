#pragma once

// Inside signing/fetch only.

#include <optional>

#include <signing/fetch/http_client.hpp>

namespace kip {

/// What has arrived of one answer, with the bounds on it enforced as it arrives. Not thread-safe.
class HttpAnswer {
 public:
  explicit HttpAnswer(std::uint64_t max_body) : max_body_(max_body) {}
  /// Of a download: the sink takes the body of an answer 200 or 206.
  HttpAnswer(const HttpDownload& request, BodySink& sink)
      : max_body_(request.max_body), sink_(&sink), offset_(request.offset) {}

  /// One header line, or the first line of an answer (there may be interim ones). False: give the transfer up.
  bool take_header(BytesView line);
  /// A piece of the body. False: give the transfer up.
  bool take_body(BytesView piece);

  /// Why a call above said to give up.
  const std::optional<Error>& failure() const { return failure_; }
  /// The answer, after the last piece. `url` is for messages.
  Result<HttpResponse> finish(std::string_view url) &&;

 private:
  bool is_file() const { return sink_ != nullptr && (response_.status == 200 || response_.status == 206); }
  Result<void> begin_file();
  bool keep(BytesView piece);
  bool refuse(Error error);

  std::uint64_t max_body_;
  BodySink* sink_ = nullptr;
  std::uint64_t offset_ = 0;
  HttpResponse response_;
  std::size_t header_octets_ = 0;
  std::uint64_t body_octets_ = 0;
  bool begun_ = false;
  bool sink_failed_ = false;
  std::optional<Error> failure_;
};

}  // namespace kip
