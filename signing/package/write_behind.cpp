#include "write_behind.hpp"

#include <system_error>
#include <utility>

namespace kip {
namespace {

constexpr std::size_t kPiece = 256U << 10U;
constexpr std::size_t kMostOctets = 4U << 20U;
constexpr std::size_t kMostPieces = 256;

}  // namespace

/// Hands a file's content on in larger pieces: most files are one.
class WriteBehind::File final : public OutputFile {
 public:
  File(WriteBehind& owner, const PackageFile& file) : owner_(owner) { piece_.file = file; }

  Result<void> write(BytesView bytes) override {
    piece_.bytes += bytes;
    if (piece_.bytes.size() < kPiece) return {};
    return owner_.add(std::exchange(piece_, {}));
  }
  Result<void> sync() override { return fail(ErrorCode::internal, "what is unpacked is synced as a whole"); }
  Result<void> close() override {
    piece_.is_last = true;
    return owner_.add(std::move(piece_));
  }

 private:
  WriteBehind& owner_;
  Piece piece_;
};

WriteBehind::WriteBehind(Open open) : open_(std::move(open)) {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    // No thread to be had: then the caller writes.
  }
}

WriteBehind::~WriteBehind() {
  {
    const std::scoped_lock guard(mutex_);
    waiting_.clear();
  }
  join();
}

Result<std::unique_ptr<OutputFile>> WriteBehind::open(const PackageFile& file) {
  return std::unique_ptr<OutputFile>(std::make_unique<File>(*this, file));
}

Result<void> WriteBehind::finish() {
  join();
  if (failure_) return Unexpected(*failure_);
  return {};
}

Result<void> WriteBehind::add(Piece piece) {
  if (!thread_.joinable()) return write(piece);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || (octets_ < kMostOctets && waiting_.size() < kMostPieces); });
  if (failure_) return Unexpected(*failure_);
  octets_ += piece.bytes.size();
  waiting_.push_back(std::move(piece));
  changed_.notify_all();
  return {};
}

Result<void> WriteBehind::write(const Piece& piece) {
  if (piece.file) {
    KIP_TRY(output_, open_(*piece.file));
  }
  KIP_TRY_VOID(output_->write(piece.bytes));
  return piece.is_last ? output_->close() : Result<void>();
}

void WriteBehind::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_over_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Piece piece = std::move(waiting_.front());
    waiting_.pop_front();
    octets_ -= piece.bytes.size();
    lock.unlock();
    auto written = write(piece);
    lock.lock();
    if (!written) {
      failure_ = std::move(written).error();
      waiting_.clear();
    }
    changed_.notify_all();
    if (failure_) return;
  }
}

void WriteBehind::join() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock guard(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

}  // namespace kip
