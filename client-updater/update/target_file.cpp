#include <client-updater/update/target_file.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/tuf/file_check.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kForAll = 0644;

class CheckedSink final : public BodySink {
 public:
  CheckedSink(AtomicFile& file, tuf::FileCheck& check) : file_(file), check_(check) {}

  Result<void> begin(std::uint64_t) override { return {}; }  // asked for from the start
  Result<void> write(BytesView piece) override {
    check_.update(piece);
    return file_.write(piece);
  }

 private:
  AtomicFile& file_;
  tuf::FileCheck& check_;
};

Result<bool> is_right(FileSystem& files, const tuf::TargetInfo& target, const std::filesystem::path& path) {
  const auto status = files.status(path);
  if (!status && status.error().code == ErrorCode::not_found) return false;
  if (!status) return Unexpected(status.error());
  if (!std::cmp_equal(status->size, target.file.length)) return false;
  KIP_TRY(const auto input, files.open_input(path, Links::refuse));
  tuf::FileCheck check(target.file.length, target.file.hashes);
  std::array<char, 1U << 16U> piece{};
  for (std::size_t size = piece.size(); size == piece.size();) {
    KIP_TRY(size, input->read(piece));
    check.update(BytesView(piece.data(), size));
  }
  return check.finish(target.path).has_value();
}

}  // namespace

Result<void> fetch_target_file(FileSystem& files, HttpClient& http, const std::string& url,
                               const tuf::TargetInfo& target, const std::filesystem::path& path) {
  KIP_TRY(const bool present, is_right(files, target, path));
  if (present) return {};
  KIP_TRY(const auto file, AtomicFile::create(files, path, kForAll));
  tuf::FileCheck check(target.file.length, target.file.hashes);
  CheckedSink sink(*file, check);
  const HttpDownload request{.url = url, .max_body = static_cast<std::uint64_t>(target.file.length)};
  KIP_TRY(const HttpResponse response, http.download(request, sink));
  constexpr int kOk = 200;
  if (response.status != kOk) return http_failure(response, url);
  KIP_TRY_VOID(check.finish(target.path));
  KIP_TRY_VOID(file->finish());
  return file->commit();
}

}  // namespace kip::updater
