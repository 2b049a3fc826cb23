#include <optional>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <signing/package/tar_writer.hpp>

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
using EntryHandle = std::unique_ptr<archive_entry, Deleter<archive_entry_free>>;

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
    if (error) return Unexpected(*error);
    if (good) return {};
    const char* words = archive_error_string(handle.get());
    return fail(ErrorCode::internal,
                fmt::format("writing the archive: {}", words == nullptr ? "unknown failure" : words));
  }
};

TarWriter::TarWriter(ByteSink sink, Names names) : state_(std::make_unique<State>()) {
  state_->sink = std::move(sink);
  auto* handle = state_->handle.get();
  KIP_CHECK(handle != nullptr);
  KIP_CHECK(archive_write_set_format_pax_restricted(handle) == ARCHIVE_OK);
  if (names == Names::marked) {
    KIP_CHECK(archive_write_set_format_option(handle, "pax", "hdrcharset", "BINARY") == ARCHIVE_OK);
  }
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

}  // namespace kip
