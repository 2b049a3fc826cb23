#include <algorithm>
#include <bit>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <zstd.h>

#include <signing/package/zstd_patch.hpp>

#include "zstd_context.hpp"

namespace kip {
namespace {

/// A way of looking for matches. Sizes and times of each: docs/adr/0010-deltas-in-groups.md.
struct Search {
  int level;
  std::optional<ZSTD_strategy> strategy = {};  ///< in the place of the level's own
  std::optional<int> depth = {};               ///< logarithm of how many places are compared, likewise
  bool over_chains = false;
  int long_match = 0;  ///< octets; matches of that length are looked for first, wherever they are, and taken
};
/// Chains in the place of a tree, which all of the base would have to be sorted into. They may be short, since what is
/// the same at length is found without them, also in forms that repeat themselves many times.
constexpr Search kUsual{.level = 12, .strategy = ZSTD_lazy2, .depth = 6, .over_chains = true, .long_match = 256};
/// The time for it goes with the target: where that is small, a deep search costs a millisecond or two.
constexpr Search kDeep{.level = 12, .strategy = ZSTD_lazy2, .depth = 8, .over_chains = true, .long_match = 256};
constexpr std::size_t kSmallTarget = 256U << 10U;
/// What is compressed already gains nothing from any search, but takes its time: a trial tells.
constexpr Search kTrial{.level = 3, .long_match = 64};
constexpr std::size_t kWorthATrial = 1U << 20U;
constexpr std::size_t kHopelessPercent = 97;
/// Reaches over base and target where both have the 16 MiB that a delta allows.
constexpr int kMaxWindowLog = 25;
constexpr int kMaxHashLog = 22;
constexpr int kMaxChainLog = 24;

using zstd::CompressContext;
using zstd::DecompressContext;

bool is_good(std::size_t outcome) {
  return ZSTD_isError(outcome) == 0;
}

/// What the frame's header asks for.
/// Source: RFC 8878, 3.1.1.
Result<void> expect_our_frame(BytesView patch) {
  constexpr BytesView kMagic = "\x28\xB5\x2F\xFD";
  constexpr unsigned kDictionary = 0x03;
  constexpr unsigned kReserved = 0x08;
  constexpr unsigned kSingleSegment = 0x20;
  if (!patch.starts_with(kMagic) || patch.size() < kMagic.size() + 2) {
    return fail(ErrorCode::malformed, "it is no Zstandard frame");
  }
  const auto descriptor = static_cast<unsigned char>(patch[kMagic.size()]);
  if ((descriptor & (kDictionary | kReserved)) != 0) {
    return fail(ErrorCode::malformed, "its frame needs a dictionary, which no patch has");
  }
  if ((descriptor & kSingleSegment) != 0) return {};
  if (!zstd::asks_for_more(patch[kMagic.size() + 1], kMaxWindowLog)) return {};
  return fail(ErrorCode::malformed,
              fmt::format("it asks for a window of more than {} MiB", 1U << (kMaxWindowLog - 20)));
}

/// Else libzstd keeps so few places per hash that the depth counts for nothing. One that has no such choice any more
/// makes larger patches.
void prefer_chains(ZSTD_CCtx& context) {
  constexpr auto kUseRows = ZSTD_c_experimentalParam14;  // ZSTD_c_useRowMatchFinder
  constexpr int kNever = 2;                              // ZSTD_ps_disable
  static_cast<void>(ZSTD_CCtx_setParameter(&context, kUseRows, kNever));
}

Result<Bytes> compress(BytesView base, BytesView target, const Search& search) {
  const int window = std::max(zstd::kMinWindowLog, static_cast<int>(std::bit_width(base.size() + target.size())));
  const CompressContext context(ZSTD_createCCtx());
  KIP_CHECK(context != nullptr);
  const auto set = [&context](ZSTD_cParameter parameter, int value) {
    KIP_CHECK(is_good(ZSTD_CCtx_setParameter(context.get(), parameter, value)));
  };
  set(ZSTD_c_compressionLevel, search.level);
  set(ZSTD_c_windowLog, std::min(window, kMaxWindowLog));
  if (search.strategy) set(ZSTD_c_strategy, *search.strategy);
  if (search.depth) set(ZSTD_c_searchLog, *search.depth);
  if (search.long_match > 0) {
    set(ZSTD_c_enableLongDistanceMatching, 1);
    set(ZSTD_c_ldmMinMatch, search.long_match);
  }
  if (search.over_chains) {
    prefer_chains(*context);
    // The level's own tables are for more than this: to clear them takes as long as the search.
    set(ZSTD_c_hashLog, std::min(kMaxHashLog, window - 4));
    set(ZSTD_c_chainLog, std::min(kMaxChainLog, window - 1));
  }
  KIP_CHECK(is_good(ZSTD_CCtx_refPrefix(context.get(), base.data(), base.size())));
  // Most patches are a hundredth of what they may be, and memory that is not touched costs nothing.
  const std::size_t most = ZSTD_compressBound(target.size());
  const auto room = std::make_unique_for_overwrite<char[]>(most);
  const std::size_t size = ZSTD_compress2(context.get(), room.get(), most, target.data(), target.size());
  if (!is_good(size)) {
    return fail(ErrorCode::internal, fmt::format("making a patch: {}", ZSTD_getErrorName(size)));
  }
  return Bytes(room.get(), size);
}

/// At least as much of it as a frame's header can have, if there is.
Result<Bytes> read_head(const ByteSource& patch) {
  constexpr std::size_t kLongestHeader = 18;  // RFC 8878, 3.1.1
  Bytes head;
  while (head.size() < kLongestHeader) {
    KIP_TRY(const BytesView piece, patch());
    if (piece.empty()) break;
    head += piece;
  }
  return head;
}

/// Decodes into the result itself, where libzstd can: else it needs room for a window besides.
class PatchDecoder {
 public:
  PatchDecoder(BytesView base, std::size_t size) : context_(ZSTD_createDCtx()), made_(size, '\0') {
    constexpr auto kIntoResult = ZSTD_d_experimentalParam2;  // ZSTD_d_stableOutBuffer
    KIP_CHECK(context_ != nullptr);
    static_cast<void>(ZSTD_DCtx_setParameter(context_.get(), kIntoResult, 1));
    KIP_CHECK(is_good(ZSTD_DCtx_refPrefix(context_.get(), base.data(), base.size())));
    output_ = {made_.data(), made_.size(), 0};
  }
  PatchDecoder(const PatchDecoder&) = delete;
  PatchDecoder& operator=(const PatchDecoder&) = delete;

  Result<void> write(BytesView piece) {
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    while (input.pos < input.size) {
      if (is_over_) return fail(ErrorCode::malformed, "something follows after its frame");
      const std::size_t before = input.pos + output_.pos;
      const std::size_t left = ZSTD_decompressStream(context_.get(), &output_, &input);
      if (!is_good(left)) return misfit(ZSTD_getErrorName(left));
      is_over_ = left == 0;
      if (!is_over_ && input.pos + output_.pos == before) return misfit("another size comes out");
    }
    return {};
  }

  Result<Bytes> finish() && {
    if (!is_over_) return fail(ErrorCode::malformed, "its frame ends early or is damaged");
    if (output_.pos != made_.size()) return misfit("another size comes out");
    return std::move(made_);
  }

 private:
  static Unexpected misfit(std::string_view why) {
    return fail(ErrorCode::malformed, fmt::format("it does not go with its base: {}", why));
  }

  DecompressContext context_;
  Bytes made_;
  ZSTD_outBuffer output_ = {};
  bool is_over_ = false;
};

}  // namespace

Result<Bytes> make_patch(BytesView base, BytesView target) {
  KIP_CHECK(base.size() + target.size() <= std::size_t{1} << kMaxWindowLog);
  if (target.size() >= kWorthATrial) {
    KIP_TRY(Bytes trial, compress(base, target, kTrial));
    if (trial.size() > target.size() / 100 * kHopelessPercent) return trial;
  }
  return compress(base, target, target.size() <= kSmallTarget ? kDeep : kUsual);
}

Result<Bytes> apply_patch(BytesView base, const ByteSource& patch, std::uint64_t max_size) {
  KIP_TRY(const Bytes head, read_head(patch));
  KIP_TRY_VOID(expect_our_frame(head));
  const unsigned long long size = ZSTD_getFrameContentSize(head.data(), head.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    return fail(ErrorCode::malformed, "its frame does not say how much it makes");
  }
  if (size > max_size) {
    return fail(ErrorCode::too_large, fmt::format("it makes {} bytes, allowed are {}", size, max_size));
  }
  PatchDecoder decoder(base, static_cast<std::size_t>(size));
  for (BytesView piece = head; !piece.empty();) {
    KIP_TRY_VOID(decoder.write(piece));
    KIP_TRY(piece, patch());
  }
  return std::move(decoder).finish();
}

Result<Bytes> apply_patch(BytesView base, BytesView patch, std::uint64_t max_size) {
  const auto give = [rest = patch]() mutable -> Result<BytesView> { return std::exchange(rest, BytesView()); };
  return apply_patch(base, give, max_size);
}

}  // namespace kip
