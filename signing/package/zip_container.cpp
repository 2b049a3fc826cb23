#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include <manifests/core/printable.hpp>
#include <signing/package/zip_container.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxEntries = 10'000;
constexpr std::uint64_t kMaxUnpacked = 256U << 20U;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kCentralSize = 46;
constexpr std::size_t kEndSize = 22;
constexpr BytesView kLocalMagic = "PK\x03\x04";
constexpr BytesView kCentralMagic = "PK\x01\x02";
constexpr BytesView kEndMagic = "PK\x05\x06";
constexpr unsigned kStored = 0;
constexpr unsigned kDeflated = 8;
constexpr unsigned kUtf8Names = 0x0800;

/// What a container has of an entry; `attributes` are those of its maker's system.
struct Entry {
  std::string name;
  Bytes content;
  unsigned flags = 0;
  unsigned made_by = 0;
  std::uint32_t attributes = 0;
  std::uint32_t crc = 0;

  bool operator==(const Entry&) const = default;
};

Unexpected refused(std::string why, ErrorCode code = ErrorCode::malformed) {
  return fail(code, "as a ZIP file: " + std::move(why));
}

std::uint32_t number(BytesView bytes, std::size_t at, std::size_t size) {
  std::uint32_t out = 0;
  for (std::size_t i = size; i-- > 0;)
    out = out << 8U | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

void put(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

std::uint32_t crc_of(BytesView bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<z_size_t>(bytes.size())));
}

/// Exactly `size` octets out of a raw deflate stream that is exactly `packed`.
Result<Bytes> inflate_all(BytesView packed, std::size_t size) {
  Bytes out(size + 1, '\0');  // one more, to see what is too long
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  KIP_CHECK(inflateInit2(&stream, -MAX_WBITS) == Z_OK);
  const int outcome = inflate(&stream, Z_FINISH);
  const bool whole = outcome == Z_STREAM_END && stream.avail_in == 0 && stream.total_out == size;
  inflateEnd(&stream);
  if (!whole) return fail(ErrorCode::malformed, "is damaged");
  out.resize(size);
  return out;
}

/// Reads a container of which nothing is known, by its central directory.
class ZipReader {
 public:
  explicit ZipReader(BytesView zip) : zip_(zip) {}

  Result<std::vector<Entry>> read() {
    KIP_TRY(const std::size_t end, find_end());
    const std::size_t count = number(zip_, end + 10, 2);
    std::size_t at = number(zip_, end + 16, 4);
    const std::size_t size = number(zip_, end + 12, 4);
    if (count == 0xFFFF || size == 0xFFFFFFFF || at == 0xFFFFFFFF) {
      return refused("it is in the form for more than 65,535 entries or 4 GiB (ZIP64), which is not normalised",
                     ErrorCode::too_large);
    }
    if (number(zip_, end + 4, 4) != 0 || number(zip_, end + 8, 2) != count)
      return refused("it is one of several parts");
    if (count > kMaxEntries)
      return refused(fmt::format("it has {} entries, allowed are {}", count, kMaxEntries), ErrorCode::too_large);
    if (at + size != end) return refused("something stands before it or between its parts, or it is damaged");
    directory_ = at;
    std::vector<Entry> out;
    for (std::size_t entry = 0; entry < count; ++entry) {
      KIP_TRY(Entry read, read_entry(at));
      out.push_back(std::move(read));
    }
    if (at != end) return refused("its list of entries is damaged");
    return out;
  }

 private:
  /// The place of the last record, which says how long its comment is.
  Result<std::size_t> find_end() const {
    constexpr std::size_t kMaxComment = 0xFFFF;
    if (!zip_.starts_with("PK")) return refused("it is none; take it out of normalize_zip");
    for (std::size_t comment = 0; comment <= kMaxComment && kEndSize + comment <= zip_.size(); ++comment) {
      const std::size_t at = zip_.size() - kEndSize - comment;
      if (zip_.substr(at, 4) == kEndMagic && number(zip_, at + 20, 2) == comment) return at;
    }
    return refused("its end is missing");
  }

  static Unexpected bad_entry(const std::string& name, std::string_view why, ErrorCode code = ErrorCode::malformed) {
    constexpr std::size_t kLongest = 200;
    return refused(fmt::format("\"{}\" in it {}", printable_line(name.substr(0, kLongest)), why), code);
  }

  Result<Entry> read_entry(std::size_t& at) {
    const std::size_t rest = zip_.size() - at;
    if (rest < kCentralSize || zip_.substr(at, 4) != kCentralMagic) return refused("its list of entries is damaged");
    const std::size_t name_size = number(zip_, at + 28, 2);
    const std::size_t length = kCentralSize + name_size + number(zip_, at + 30, 2) + number(zip_, at + 32, 2);
    if (length > rest) return refused("its list of entries is damaged");
    const BytesView record = zip_.substr(at, kCentralSize);
    Entry entry{.name = std::string(zip_.substr(at + kCentralSize, name_size)),
                .content = {},
                .flags = number(record, 8, 2),
                .made_by = number(record, 4, 2) & 0xFF00U,
                .attributes = number(record, 38, 4),
                .crc = number(record, 16, 4)};
    KIP_TRY_VOID(check(entry));
    KIP_TRY(entry.content, read_content(entry.name, record));
    if (crc_of(entry.content) != entry.crc) return bad_entry(entry.name, "is damaged");
    entry.flags &= kUtf8Names;
    at += length;
    return entry;
  }

  Result<void> check(const Entry& entry) {
    constexpr unsigned kEncrypted = 0x2041;
    constexpr unsigned kUnix = 3 << 8U;
    constexpr unsigned kLink = 0120000;
    constexpr unsigned kFileType = 0170000;
    if ((entry.flags & kEncrypted) != 0) {
      return bad_entry(entry.name, "is encrypted; save it without a password or take the file out of normalize_zip");
    }
    if (!names_.insert(entry.name).second) return bad_entry(entry.name, "is there twice");
    if (entry.made_by == kUnix && (entry.attributes >> 16U & kFileType) == kLink) {
      return bad_entry(entry.name, "is a symbolic link");
    }
    return {};
  }

  Result<Bytes> read_content(const std::string& name, BytesView record) {
    const unsigned method = number(record, 10, 2);
    const std::size_t packed = number(record, 20, 4);
    const std::size_t size = number(record, 24, 4);
    const std::size_t at = number(record, 42, 4);
    if (packed == 0xFFFFFFFF || size == 0xFFFFFFFF || at == 0xFFFFFFFF) {
      return bad_entry(name, "is in the form for 4 GiB and more (ZIP64), which is not normalised",
                       ErrorCode::too_large);
    }
    unpacked_ += size;
    if (unpacked_ > kMaxUnpacked) return refused("it unpacks to more than 256 MiB", ErrorCode::too_large);
    if (method != kStored && method != kDeflated) {
      return bad_entry(name, fmt::format("is compressed by method {}, known are store (0) and deflate (8)", method));
    }
    if (at > directory_ || directory_ - at < kLocalSize || zip_.substr(at, 4) != kLocalMagic) {
      return bad_entry(name, "is not where the list of entries says");
    }
    const std::size_t name_size = number(zip_, at + 26, 2);
    const std::size_t begin = at + kLocalSize + name_size + number(zip_, at + 28, 2);
    if (begin > directory_ || directory_ - begin < packed) return bad_entry(name, "is cut short");
    if (zip_.substr(at + kLocalSize, name_size) != name || number(zip_, at + 8, 2) != method) {
      return bad_entry(name, "is another one where it stands than in the list of entries");
    }
    const BytesView content = zip_.substr(begin, packed);
    if (method == kStored) return packed == size ? Result<Bytes>(Bytes(content)) : bad_entry(name, "is damaged");
    auto inflated = inflate_all(content, size);
    return inflated ? std::move(inflated) : bad_entry(name, inflated.error().message);
  }

  BytesView zip_;
  std::size_t directory_ = 0;
  std::uint64_t unpacked_ = 0;
  std::set<std::string> names_;
};

/// What a reader has to find first: OpenDocument and EPUB, then OOXML by custom.
int rank(const std::string& name) {
  if (name == "mimetype") return 0;
  return name == "[Content_Types].xml" ? 1 : 2;
}

/// The fields that both records of an entry have, from "version needed" to the length of the name.
void put_shared(Bytes& out, const Entry& entry) {
  constexpr unsigned kVersion = 20;
  constexpr unsigned kFirstDay = 0x0021;  // 1980-01-01
  put(out, kVersion, 2);
  put(out, entry.flags, 2);
  put(out, kStored, 2);
  put(out, 0, 2);
  put(out, kFirstDay, 2);
  put(out, entry.crc, 4);
  put(out, entry.content.size(), 4);
  put(out, entry.content.size(), 4);
  put(out, entry.name.size(), 2);
  put(out, 0, 2);
}

Bytes write_zip(const std::vector<Entry>& entries) {
  Bytes out;
  Bytes directory;
  for (const Entry& entry : entries) {
    directory += kCentralMagic;
    put(directory, entry.made_by | 20U, 2);
    put_shared(directory, entry);
    put(directory, 0, 6);
    put(directory, entry.attributes, 4);
    put(directory, out.size(), 4);
    directory += entry.name;
    out += kLocalMagic;
    put_shared(out, entry);
    out += entry.name;
    out += entry.content;
  }
  const std::size_t at = out.size();
  out += directory;
  out += kEndMagic;
  put(out, 0, 4);
  put(out, entries.size(), 2);
  put(out, entries.size(), 2);
  put(out, directory.size(), 4);
  put(out, at, 4);
  put(out, 0, 2);
  return out;
}

}  // namespace

Result<Bytes> normalize_zip(BytesView zip) {
  KIP_TRY(std::vector<Entry> entries, ZipReader(zip).read());
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(rank(a.name), std::string_view(a.name)) < std::pair(rank(b.name), std::string_view(b.name));
  });
  Bytes out = write_zip(entries);
  // What was written is read once more: nothing else may have come of it.
  KIP_TRY(const std::vector<Entry> again, ZipReader(out).read());
  KIP_CHECK(again == entries);
  return out;
}

}  // namespace kip
