#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/download.hpp>
#include <client-updater/update/versions.hpp>
#include <signing/package/folder_scan.hpp>

namespace kip::updater {
namespace {

constexpr int kRounds = 8;
constexpr unsigned kOwnerOnly = 0600;

/// Appends to the file, or begins it anew where the server sends it from the start.
class FileSink final : public BodySink {
 public:
  FileSink(FileSystem& files, const DownloadRequest& request, std::uint64_t size, const DownloadProgress& progress)
      : files_(files), request_(request), size_(size), progress_(progress) {}

  Result<void> begin(std::uint64_t offset) override {
    if (offset != size_) {
      KIP_TRY_VOID(files_.remove_tree(request_.file));
      size_ = 0;
    }
    KIP_TRY(output_, files_.open_output(request_.file, OutputMode::append, kOwnerOnly));
    return {};
  }

  Result<void> write(BytesView piece) override {
    KIP_TRY_VOID(output_->write(piece));
    size_ += piece.size();
    progress_(size_, request_.length);
    return {};
  }

  Result<void> close() { return output_ ? output_->close() : Result<void>(); }

 private:
  FileSystem& files_;
  const DownloadRequest& request_;
  std::uint64_t size_;
  const DownloadProgress& progress_;
  std::unique_ptr<OutputFile> output_;
};

Result<std::uint64_t> present_size(FileSystem& files, const std::filesystem::path& file) {
  const auto status = files.status(file);
  if (status) return status->size;
  if (status.error().code == ErrorCode::not_found) return std::uint64_t{0};
  return Unexpected(status.error());
}

/// One request for what is missing. What arrived before a failure stays.
Result<void> transfer(FileSystem& files, HttpClient& http, const DownloadRequest& request, std::uint64_t present,
                      const DownloadProgress& progress) {
  FileSink sink(files, request, present, progress);
  const HttpDownload wanted{.url = request.url, .offset = present, .max_body = request.length - present};
  KIP_TRY(const HttpResponse response, http.download(wanted, sink));
  KIP_TRY_VOID(sink.close());
  constexpr int kOk = 200;
  constexpr int kPartial = 206;
  constexpr int kRangeNotSatisfiable = 416;
  if (response.status == kOk || response.status == kPartial) return {};
  if (response.status == kRangeNotSatisfiable && present > 0) return {};  // the server has no more than that
  return http_failure(response, request.url);
}

Result<bool> has_content(FileSystem& files, const DownloadRequest& request) {
  KIP_TRY(const std::uint64_t size, present_size(files, request.file));
  if (size != request.length) return false;
  KIP_TRY(const FileDigest found, digest_file(files, request.file));
  return found == FileDigest{request.sha256, request.length};
}

Unexpected wrong_content(const DownloadRequest& request, std::string_view what) {
  return fail(ErrorCode::integrity, fmt::format("what {} sends is not what was signed ({}); it was not used. Try again "
                                                "later; if it stays so, tell the vendor",
                                                request.url, what));
}

}  // namespace

Result<void> download(FileSystem& files, HttpClient& http, const DownloadRequest& request,
                      const DownloadProgress& progress) {
  if (request.length == 0) return wrong_content(request, "it has no content");
  KIP_TRY(std::uint64_t present, present_size(files, request.file));
  KIP_TRY_VOID(expect_room(files, request.file.parent_path(), request.length - std::min(present, request.length),
                           fmt::format("downloading {}", request.url)));
  // A beginning that an earlier run has left may be damaged: then it is our disk's fault, not the server's.
  bool all_from_this_run = present == 0;
  for (int round = 0; round < kRounds; ++round) {
    if (present < request.length) {
      const std::uint64_t before = present;
      const Result<void> done = transfer(files, http, request, present, progress);
      if (!done && done.error().code == ErrorCode::too_large) return wrong_content(request, done.error().message);
      KIP_TRY(present, present_size(files, request.file));
      const bool cut_on_the_way = !done && done.error().code == ErrorCode::network && present > before;
      if (!done && !cut_on_the_way) return done;
      if (present < request.length && present > before) continue;
    }
    KIP_TRY(const bool is_right, has_content(files, request));
    if (is_right) return {};
    KIP_TRY_VOID(files.remove_tree(request.file));
    if (all_from_this_run) {
      return wrong_content(request, present == request.length
                                        ? "it has another SHA-256"
                                        : fmt::format("it has {} bytes instead of {}", present, request.length));
    }
    all_from_this_run = true;
    present = 0;
  }
  return fail(ErrorCode::network, fmt::format("the download from {} broke off {} times; what has arrived is kept, "
                                              "and the next run goes on from there",
                                              request.url, kRounds));
}

}  // namespace kip::updater
