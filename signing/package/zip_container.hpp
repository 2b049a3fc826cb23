#pragma once

#include <cstdint>

#include <manifests/core/bytes.hpp>

namespace kip {

/// The same ZIP container in the one form that patches well: each entry stored without compression, `mimetype` and
/// `[Content_Types].xml` first and the others by the bytes of their names, times of 1980-01-01, no extra fields and no
/// comments. Names, contents and attributes stay, which is checked; what has that form already comes back as it is.
///
/// Errors: malformed for what is no whole ZIP file, is encrypted, has an entry twice, a symbolic link or a method other
/// than store and deflate; too_large for ZIP64 and beyond 10,000 entries or 256 MiB unpacked. The message says what.
/// Source: PKWARE APPNOTE 6.3.10, 4.3.
Result<Bytes> normalize_zip(BytesView zip);

}  // namespace kip
