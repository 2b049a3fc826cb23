#include <utility>

#include <signing/storage/atomic_file.hpp>

namespace kip {

AtomicFile::AtomicFile(FileSystem& files, const std::filesystem::path& path)
    : files_(files), path_(path), temporary_(temporary_sibling(path)) {}

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(FileSystem& files, const std::filesystem::path& path,
                                                       unsigned mode) {
  const auto temporary = temporary_sibling(path);
  auto output = files.open_output(temporary, OutputMode::create_new, mode);
  if (!output && output.error().code == ErrorCode::conflict) {
    KIP_TRY_VOID(files.remove(temporary));
    output = files.open_output(temporary, OutputMode::create_new, mode);
  }
  if (!output) return Unexpected(std::move(output).error());
  std::unique_ptr<AtomicFile> file(new AtomicFile(files, path));
  file->output_ = *std::move(output);
  return file;
}

AtomicFile::~AtomicFile() {
  if (in_place_) return;
  output_.reset();
  static_cast<void>(files_.remove(temporary_));  // nobody is left to tell, and the next writer removes it
}

Result<void> AtomicFile::write(BytesView bytes) {
  KIP_CHECK(output_ != nullptr);
  return output_->write(bytes);
}

Result<void> AtomicFile::finish() {
  KIP_CHECK(output_ != nullptr);
  const auto output = std::exchange(output_, nullptr);
  KIP_TRY_VOID(output->sync());
  return output->close();
}

Result<void> AtomicFile::commit() {
  KIP_CHECK(output_ == nullptr && !in_place_);
  KIP_TRY_VOID(files_.rename(temporary_, path_));
  in_place_ = true;
  return files_.sync_directory(directory_of(path_));
}

Result<void> AtomicFile::place() {
  KIP_CHECK(output_ != nullptr);
  KIP_TRY_VOID(std::exchange(output_, nullptr)->close());
  KIP_TRY_VOID(files_.rename(temporary_, path_));
  in_place_ = true;
  return {};
}

std::filesystem::path temporary_sibling(const std::filesystem::path& path) {
  return directory_of(path) / ("." + path.filename().string() + ".kip-tmp");
}

Result<void> replace_file(FileSystem& files, const std::filesystem::path& path, BytesView bytes, unsigned mode) {
  KIP_TRY(const auto file, AtomicFile::create(files, path, mode));
  KIP_TRY_VOID(file->write(bytes));
  KIP_TRY_VOID(file->finish());
  return file->commit();
}

Result<void> place_file(FileSystem& files, const std::filesystem::path& path, BytesView bytes, unsigned mode) {
  KIP_TRY(const auto file, AtomicFile::create(files, path, mode));
  KIP_TRY_VOID(file->write(bytes));
  return file->place();
}

Result<void> copy_file(FileSystem& files, const std::filesystem::path& from, Links links,
                       const std::filesystem::path& to, unsigned mode, const std::function<void(BytesView)>& seen) {
  constexpr std::size_t kBlock = 1U << 20U;
  KIP_TRY(const auto input, files.open_input(from, links));
  KIP_TRY(const auto output, AtomicFile::create(files, to, mode));
  Bytes block(kBlock, '\0');
  for (std::size_t got = block.size(); got == block.size();) {
    KIP_TRY(got, input->read(block));
    const BytesView piece(block.data(), got);
    seen(piece);
    KIP_TRY_VOID(output->write(piece));
  }
  KIP_TRY_VOID(output->finish());
  return output->commit();
}

}  // namespace kip
