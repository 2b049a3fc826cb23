#include <cerrno>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <signing/package/tar_stream.hpp>

namespace kip {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using WriteHandle = std::unique_ptr<archive, Deleter<archive_write_free>>;
using ReadHandle = std::unique_ptr<archive, Deleter<archive_read_free>>;
using EntryHandle = std::unique_ptr<archive_entry, Deleter<archive_entry_free>>;

/// Two blocks of zeros.
constexpr std::uint64_t kEndSize = 1024;

/// What went wrong: what our callback kept, or what libarchive says.
Unexpected archive_failure(archive* handle, const std::optional<Error>& kept, ErrorCode code, std::string_view doing) {
  if (kept) return Unexpected(*kept);
  const char* words = archive_error_string(handle);
  return fail(code, fmt::format("{}: {}", doing, words == nullptr ? "unknown failure" : words));
}

}  // namespace

struct TarWriter::State {
  ByteSink sink;
  std::optional<Error> error;
  bool discarding = false;
  WriteHandle handle{archive_write_new()};

  /// Never tells libarchive of a failure: it would leak its buffers. outcome() tells our caller.
  static la_ssize_t take(archive* /*handle*/, void* self, const void* data, std::size_t size) {
    auto& state = *static_cast<State*>(self);
    if (!state.discarding) {
      if (auto taken = state.sink(BytesView(static_cast<const char*>(data), size)); !taken) {
        state.error = std::move(taken).error();
        state.discarding = true;
      }
    }
    return static_cast<la_ssize_t>(size);
  }

  Result<void> outcome(bool good) {
    if (good && !error) return {};
    return archive_failure(handle.get(), error, ErrorCode::internal, "writing the archive");
  }
};

TarWriter::TarWriter(ByteSink sink) : state_(std::make_unique<State>()) {
  state_->sink = std::move(sink);
  auto* handle = state_->handle.get();
  KIP_CHECK(handle != nullptr);
  KIP_CHECK(archive_write_set_format_pax_restricted(handle) == ARCHIVE_OK);
  KIP_CHECK(archive_write_set_format_option(handle, "pax", "hdrcharset", "BINARY") == ARCHIVE_OK);
  KIP_CHECK(archive_write_set_bytes_per_block(handle, 0) == ARCHIVE_OK);
  KIP_CHECK(archive_write_set_bytes_in_last_block(handle, 1) == ARCHIVE_OK);
  KIP_CHECK(archive_write_open(handle, state_.get(), nullptr, &State::take, nullptr) == ARCHIVE_OK);
}

TarWriter::~TarWriter() {
  // Freeing an archive that was not closed writes its end: the sink may be gone.
  state_->discarding = true;
}

Result<void> TarWriter::add(const std::string& path, std::uint64_t size, unsigned mode) {
  const EntryHandle entry(archive_entry_new());
  KIP_CHECK(entry != nullptr);
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), mode);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_mtime(entry.get(), 0, 0);
  return state_->outcome(archive_write_header(state_->handle.get(), entry.get()) == ARCHIVE_OK);
}

Result<void> TarWriter::write(BytesView bytes) {
  const auto count = archive_write_data(state_->handle.get(), bytes.data(), bytes.size());
  KIP_CHECK(count < 0 || static_cast<std::size_t>(count) == bytes.size());  // fewer: more than was said in add()
  return state_->outcome(count >= 0);
}

Result<void> TarWriter::finish() {
  return state_->outcome(archive_write_close(state_->handle.get()) == ARCHIVE_OK);
}

struct TarReader::State {
  ByteSource source;
  std::optional<Error> error;
  bool opened = false;
  std::uint64_t delivered = 0;       // octets given to libarchive
  std::uint64_t after_last_bit = 0;  // the offset behind the last octet that was not zero
  ReadHandle handle{archive_read_new()};

  Result<BytesView> pull() {
    KIP_TRY(const BytesView piece, source());
    const auto last = piece.find_last_not_of('\0');
    if (last != BytesView::npos) after_last_bit = delivered + last + 1;
    delivered += piece.size();
    return piece;
  }

  static la_ssize_t give(archive* handle, void* self, const void** data) {
    auto& state = *static_cast<State*>(self);
    auto piece = state.pull();
    if (piece) {
      *data = piece->data();
      return static_cast<la_ssize_t>(piece->size());
    }
    state.error = std::move(piece).error();
    archive_set_error(handle, EIO, "the source failed");
    return -1;
  }

  Unexpected failure() { return archive_failure(handle.get(), error, ErrorCode::malformed, "its archive is damaged"); }
};

TarReader::TarReader(ByteSource source) : state_(std::make_unique<State>()) {
  state_->source = std::move(source);
  KIP_CHECK(state_->handle != nullptr);
  KIP_CHECK(archive_read_support_format_tar(state_->handle.get()) == ARCHIVE_OK);
}

TarReader::~TarReader() = default;

Result<std::optional<TarReader::Entry>> TarReader::next() {
  auto* handle = state_->handle.get();
  if (!std::exchange(state_->opened, true) &&
      archive_read_open(handle, state_.get(), nullptr, &State::give, nullptr) != ARCHIVE_OK) {
    return state_->failure();
  }
  archive_entry* found = nullptr;
  const int outcome = archive_read_next_header(handle, &found);
  if (outcome == ARCHIVE_EOF) {
    KIP_TRY_VOID(expect_end());
    return std::optional<Entry>();
  }
  if (outcome != ARCHIVE_OK) return state_->failure();
  const bool plain = archive_entry_filetype(found) == AE_IFREG && archive_entry_hardlink(found) == nullptr &&
                     archive_entry_symlink(found) == nullptr && archive_entry_sparse_count(found) == 0;
  if (!plain) {
    return fail(ErrorCode::malformed, "its archive has a link, directory, device or sparse file among its entries");
  }
  const char* path = archive_entry_pathname(found);
  const auto size = archive_entry_size(found);
  if (path == nullptr || archive_entry_size_is_set(found) == 0 || size < 0) {
    return fail(ErrorCode::malformed, "its archive has an entry without name or size");
  }
  return std::optional<Entry>(Entry{path, static_cast<std::uint64_t>(size)});
}

Result<void> TarReader::expect_end() {
  const auto end = static_cast<std::uint64_t>(archive_read_header_position(state_->handle.get()));
  while (true) {
    KIP_TRY(const BytesView piece, state_->pull());
    if (piece.empty()) break;
  }
  if (state_->delivered == end + kEndSize && state_->after_last_bit <= end) return {};
  if (state_->delivered < end + kEndSize) return fail(ErrorCode::malformed, "its archive ends early");
  return fail(ErrorCode::malformed, "something follows after the end of its archive");
}

Result<std::size_t> TarReader::read(std::span<char> out) {
  const auto count = archive_read_data(state_->handle.get(), out.data(), out.size());
  if (count < 0) return state_->failure();
  return static_cast<std::size_t>(count);
}

}  // namespace kip
