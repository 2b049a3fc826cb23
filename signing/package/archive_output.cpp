#include "archive_output.hpp"

#include <fmt/format.h>

namespace kip {
namespace {

constexpr unsigned kFileMode = 0644;

}  // namespace

Result<std::unique_ptr<ArchiveOutput>> ArchiveOutput::create(FileSystem& files, const std::filesystem::path& path,
                                                             const Form& form) {
  KIP_TRY(auto file, AtomicFile::create(files, path, kFileMode));
  return std::unique_ptr<ArchiveOutput>(new ArchiveOutput(files, path, std::move(file), form));
}

ArchiveOutput::ArchiveOutput(FileSystem& files, std::filesystem::path path, std::unique_ptr<AtomicFile> file,
                             const Form& form)
    : files_(files),
      path_(std::move(path)),
      file_(std::move(file)),
      encoder_(
          [this](BytesView bytes) -> Result<void> {
            hasher_.update(bytes);
            size_ += bytes.size();
            return file_->write(bytes);
          },
          form.window_log),
      tar_([this](BytesView bytes) { return encoder_.write(bytes); }, form.names) {}

Result<void> ArchiveOutput::add(const std::string& path, BytesView content, unsigned mode) {
  KIP_TRY_VOID(tar_.add(path, content.size(), mode));
  return tar_.write(content);
}

Result<void> ArchiveOutput::add_file(const std::string& path, unsigned mode, const Source& source,
                                     const FileDigest& expected,
                                     const std::function<Result<void>(std::uint64_t)>& seen) {
  KIP_TRY_VOID(tar_.add(path, expected.size, mode));
  KIP_TRY(const auto input, source.files.open_input(source.path, Links::refuse));
  Sha256Hasher hasher;
  std::uint64_t taken = 0;
  const auto take = [&](BytesView piece) -> Result<void> {
    taken += piece.size();
    if (taken > expected.size) return changed(source.path);
    hasher.update(piece);
    KIP_TRY_VOID(tar_.write(piece));
    return seen(piece.size());
  };
  KIP_TRY(const std::uint64_t size, read_in_pieces(*input, take));
  if (size != expected.size || hasher.finish() != expected.sha256) return changed(source.path);
  return {};
}

Unexpected ArchiveOutput::changed(const std::filesystem::path& path) {
  return fail(ErrorCode::conflict,
              fmt::format("{} changed while it was packed; let nobody write there and pack again", path.string()));
}

Result<FileDigest> ArchiveOutput::finish() {
  KIP_TRY_VOID(tar_.finish());
  KIP_TRY_VOID(encoder_.finish());
  KIP_TRY_VOID(file_->finish());
  return FileDigest{hasher_.finish(), size_};
}

Result<void> ArchiveOutput::commit(const FileDigest& written) {
  KIP_TRY(const bool exists, path_exists(files_, path_));
  if (!exists) return file_->commit();
  KIP_TRY(const FileDigest present, digest_file(files_, path_));
  if (present == written) return {};
  return fail(ErrorCode::conflict, fmt::format("{} exists already with other content; a released file never changes: "
                                               "choose another version or output",
                                               path_.string()));
}

}  // namespace kip
