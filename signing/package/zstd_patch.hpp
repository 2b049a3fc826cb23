#pragma once

#include <cstdint>

#include <manifests/core/bytes.hpp>

namespace kip {

/// How `target` is made of `base`: one Zstandard frame whose matches may reach into the base, as `zstd --patch-from`
/// makes it. Equal input gives equal output with the same libzstd. Both together at most 32 MiB (KIP_CHECK).
/// Errors: internal.
Result<Bytes> make_patch(BytesView base, BytesView target);

/// Undoes make_patch() for a patch of which nothing is known, within memory for the result and about 200 kB.
/// Errors: malformed for what is no whole frame of that kind, asks for a larger window or does not go with this base;
/// too_large for a result of more than `max_size` octets. That it is the right one is for the caller to check.
Result<Bytes> apply_patch(BytesView base, BytesView patch, std::uint64_t max_size);

}  // namespace kip
