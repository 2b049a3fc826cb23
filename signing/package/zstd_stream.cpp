#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <signing/package/zstd_stream.hpp>

#include "zstd_context.hpp"

namespace kip {
namespace {

/// Packed once, fetched by thousands: 12 to 30 % smaller than level 12; level 19 gains up to 4 % more in twice the
/// time.
constexpr int kLevel = 18;
/// That level's own.
constexpr int kHashLog = 22;
constexpr int kChainLog = 23;

using zstd::CompressContext;
using zstd::DecompressContext;

struct Format {
  std::size_t at;
  std::string_view magic;
  std::string_view name;
};

/// What people take for a package, and what is a frame but not ours.
constexpr std::array<Format, 8> kOtherFormats = {{{0, "PK\x03\x04", "a ZIP archive"},
                                                  {0, "7z\xBC\xAF\x27\x1C", "a 7z archive"},
                                                  {0, "07070", "a cpio archive"},
                                                  {0, "\x1F\x8B", "a gzip file"},
                                                  {0, "BZh", "a bzip2 file"},
                                                  {0,
                                                   "\xFD"
                                                   "7zXZ",
                                                   "an xz file"},
                                                  {257, "ustar", "a tar archive without compression"},
                                                  {1, "\x2A\x4D\x18", "a skippable Zstandard frame"}}};

Unexpected window_too_large(int max_log) {
  return fail(ErrorCode::too_large, fmt::format("it asks for a window of more than {} MiB", 1U << (max_log - 20)));
}

/// The frame's header as far as it is up to us and not to libzstd. Source: RFC 8878, 3.1.1.
Result<void> expect_our_frame(BytesView head, int max_window_log) {
  constexpr BytesView kMagic = "\x28\xB5\x2F\xFD";
  constexpr std::size_t kDescriptor = kMagic.size();
  constexpr unsigned kChecksum = 4;
  constexpr unsigned kDictionary = 3;
  constexpr unsigned kSingleSegment = 0x20;
  if (head.empty()) return fail(ErrorCode::malformed, "it is empty");
  for (const Format& format : kOtherFormats) {
    if (format.at > head.size() || !head.substr(format.at).starts_with(format.magic)) continue;
    return fail(ErrorCode::malformed,
                fmt::format("it is {}, a package is one Zstandard frame with a tar archive", format.name));
  }
  // libzstd may decode frames of its first versions as well.
  if (!head.starts_with(kMagic.substr(0, head.size()))) return fail(ErrorCode::malformed, "it is no Zstandard frame");
  if (head.size() <= kDescriptor) return {};
  const auto descriptor = static_cast<unsigned char>(head[kDescriptor]);
  if ((descriptor & kDictionary) != 0) return fail(ErrorCode::malformed, "it needs a dictionary, which no package has");
  if ((descriptor & kChecksum) == 0) return fail(ErrorCode::malformed, "its frame has no checksum");
  if ((descriptor & kSingleSegment) != 0 || head.size() <= kDescriptor + 1) return {};
  if (zstd::asks_for_more(head[kDescriptor + 1], max_window_log)) return window_too_large(max_window_log);
  return {};
}

Unexpected frame_failure(std::size_t outcome, int max_window_log) {
  const auto code = ZSTD_getErrorCode(outcome);
  if (code == ZSTD_error_frameParameter_windowTooLarge) return window_too_large(max_window_log);
  if (code == ZSTD_error_checksum_wrong) {
    return fail(ErrorCode::malformed, "it was damaged: the checksum of its Zstandard frame is wrong");
  }
  return fail(ErrorCode::malformed,
              fmt::format("its Zstandard frame cannot be decoded: {}", ZSTD_getErrorName(outcome)));
}

}  // namespace

struct ZstdEncoder::State {
  ByteSink sink;
  CompressContext context{ZSTD_createCCtx()};
  Bytes buffer = Bytes(ZSTD_CStreamOutSize(), '\0');

  Result<void> compress(BytesView bytes, ZSTD_EndDirective how) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context.get(), &out, &in, how);
      if (ZSTD_isError(left) != 0) {
        return fail(ErrorCode::internal, fmt::format("compressing: {}", ZSTD_getErrorName(left)));
      }
      if (out.pos > 0) KIP_TRY_VOID(sink(BytesView(buffer).substr(0, out.pos)));
      if (how == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
    }
  }
};

ZstdEncoder::ZstdEncoder(ByteSink sink, std::optional<int> window_log) : state_(std::make_unique<State>()) {
  state_->sink = std::move(sink);
  auto* context = state_->context.get();
  KIP_CHECK(context != nullptr);
  KIP_CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kLevel)) == 0);
  KIP_CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)) == 0);
  if (!window_log) return;
  const auto set = [context](ZSTD_cParameter parameter, int value) {
    KIP_CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) == 0);
  };
  set(ZSTD_c_windowLog, *window_log);
  // libzstd makes its tables smaller only where it knows how much will come: to clear 48 MB takes longer than the rest.
  set(ZSTD_c_hashLog, std::min(kHashLog, *window_log + 1));
  set(ZSTD_c_chainLog, std::min(kChainLog, *window_log + 1));
}

ZstdEncoder::~ZstdEncoder() = default;

Result<void> ZstdEncoder::write(BytesView bytes) {
  return bytes.empty() ? Result<void>() : state_->compress(bytes, ZSTD_e_continue);
}

Result<void> ZstdEncoder::finish() {
  return state_->compress({}, ZSTD_e_end);
}

struct ZstdDecoder::State {
  InputFile& source;
  std::uint64_t max_output;
  int max_window_log;
  DecompressContext context{ZSTD_createDCtx()};
  std::vector<char> read_buffer = std::vector<char>(ZSTD_DStreamInSize());
  Bytes buffer = Bytes(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{nullptr, 0, 0};
  std::uint64_t consumed = 0;
  std::uint64_t produced = 0;
  bool whole = false;  // the frame's end was reached
};

ZstdDecoder::ZstdDecoder(InputFile& source, std::uint64_t max_output, int max_window_log)
    : state_(new State{source, max_output, max_window_log}) {
  KIP_CHECK(state_->context != nullptr);
  KIP_CHECK(ZSTD_isError(ZSTD_DCtx_setParameter(state_->context.get(), ZSTD_d_windowLogMax, max_window_log)) == 0);
}

ZstdDecoder::~ZstdDecoder() = default;

void ZstdDecoder::limit_output(std::uint64_t max_output) {
  state_->max_output = max_output;
}

Result<void> ZstdDecoder::refill() {
  if (state_->in.pos < state_->in.size) return {};
  KIP_TRY(const std::size_t count, state_->source.read(state_->read_buffer));
  state_->in = {state_->read_buffer.data(), count, 0};
  return {};
}

Result<BytesView> ZstdDecoder::next() {
  State& state = *state_;
  while (!state.whole) {
    KIP_TRY_VOID(refill());
    if (state.consumed == 0)
      KIP_TRY_VOID(expect_our_frame(BytesView(state.read_buffer.data(), state.in.size), state.max_window_log));
    const std::size_t before = state.in.pos;
    const bool at_end = state.in.pos == state.in.size;
    ZSTD_outBuffer out{state.buffer.data(), state.buffer.size(), 0};
    const std::size_t left = ZSTD_decompressStream(state.context.get(), &out, &state.in);
    if (ZSTD_isError(left) != 0) return frame_failure(left, state.max_window_log);
    state.consumed += state.in.pos - before;
    state.produced += out.pos;
    state.whole = left == 0;
    if (state.produced > state.max_output || state.produced > kFreeOutput + kMaxRatio * state.consumed) {
      return fail(ErrorCode::too_large, "it unpacks to more than it may: it could be made to fill the disk");
    }
    if (out.pos > 0) return BytesView(state.buffer).substr(0, out.pos);
    if (at_end && !state.whole) return fail(ErrorCode::malformed, "it ends early");
  }
  KIP_TRY_VOID(refill());
  if (state.in.size > 0) return fail(ErrorCode::malformed, "something follows after its end");
  return BytesView();
}

}  // namespace kip
