#pragma once

#include <cstdint>

#include <manifests/core/bytes.hpp>
#include <signing/package/tar_reader.hpp>

namespace kip {

/// How `target` is made of `base`: one Zstandard frame whose matches may reach into the base, as `zstd --patch-from`
/// makes it. Equal input gives equal output with the same libzstd. Both together at most 32 MiB (KIP_CHECK).
/// Errors: internal.
Result<Bytes> make_patch(BytesView base, BytesView target);

/// Undoes make_patch() for a patch of which nothing is known, within memory for the result and about 200 kB. The patch
/// is read to the end of its source.
/// Errors: malformed for what is no whole frame of that kind, asks for a larger window or does not go with this base;
/// too_large for a result of more than `max_size` octets; those of the source. That it is the right one is for the
/// caller to check.
Result<Bytes> apply_patch(BytesView base, const ByteSource& patch, std::uint64_t max_size);
/// The same for a patch that is there.
Result<Bytes> apply_patch(BytesView base, BytesView patch, std::uint64_t max_size);

}  // namespace kip
