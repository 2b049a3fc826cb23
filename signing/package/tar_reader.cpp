#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <signing/package/tar_reader.hpp>

namespace kip {
namespace {

constexpr std::size_t kNameSize = 100;
/// Of an extended header: room for any path that is allowed, and for one that is too long to be told so.
constexpr std::uint64_t kMaxExtension = 8192;
constexpr char kExtended = 'x';
constexpr char kRegular = '0';

Unexpected refused(std::string what) {
  return fail(ErrorCode::malformed, "its archive " + std::move(what));
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  return text.size() <= kLongest ? printable_line(text) : printable_line(text.substr(0, kLongest)) + "…";
}

bool all_zero(BytesView bytes) {
  return bytes.find_first_not_of('\0') == BytesView::npos;
}

/// Digits, then blanks or NULs to the field's end.
std::optional<std::uint64_t> octal(BytesView field) {
  std::uint64_t number = 0;
  std::size_t digits = 0;
  for (; digits < field.size() && field[digits] >= '0' && field[digits] <= '7'; ++digits)
    number = number * 8 + static_cast<unsigned>(field[digits] - '0');
  if (digits == 0 || field.find_first_not_of(BytesView(" \0", 2), digits) != BytesView::npos) return std::nullopt;
  return number;
}

std::string_view name_of_type(char type) {
  constexpr std::array<std::pair<char, std::string_view>, 17> kTypes = {{{'1', "a hard link"},
                                                                         {'2', "a symbolic link"},
                                                                         {'3', "a character device"},
                                                                         {'4', "a block device"},
                                                                         {'5', "a directory"},
                                                                         {'6', "a FIFO"},
                                                                         {'7', "a contiguous file"},
                                                                         {'g', "a global extended header"},
                                                                         {'L', "a long name in GNU's form"},
                                                                         {'K', "a long link in GNU's form"},
                                                                         {'S', "a sparse file"},
                                                                         {'M', "a part of a file"},
                                                                         {'V', "a volume's label"},
                                                                         {'D', "a list of a directory"},
                                                                         {'N', "a long name in an old form"},
                                                                         {'X', "an extended header in an old form"},
                                                                         {'\0', "an entry in an old form"}}};
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(), [type](const auto& row) { return row.first == type; });
  return found == kTypes.end() ? "an entry of unknown type" : found->second;
}

/// One block that describes an entry. The fields are those of ustar.
class Header {
 public:
  explicit Header(BytesView block) : block_(block) {}

  char type() const { return block_[156]; }
  BytesView size() const { return block_.substr(124, 12); }
  BytesView mode() const { return block_.substr(100, 8); }
  std::string path() const {
    const std::string name(until_nul(block_.substr(0, kNameSize)));
    const BytesView prefix = until_nul(block_.substr(345, 155));
    return prefix.empty() ? name : std::string(prefix) + "/" + name;
  }

  Result<void> check() const {
    const auto sum = octal(block_.substr(148, 8));
    if (!sum || *sum != computed_sum()) {
      return has_magic("ustar") ? refused("has a header with a wrong checksum") : refused("is no tar archive");
    }
    if (type() != kRegular && type() != kExtended) {
      return refused(
          fmt::format("has {}, \"{}\"; a package has regular files only", name_of_type(type()), shown(path())));
    }
    if (!has_magic(BytesView("ustar\00000", 8))) return refused("is of another dialect of tar than POSIX ustar");
    if (const auto fault = field_fault(); !fault.empty()) {
      return refused(fmt::format("gives \"{}\" {}, which no package has", shown(path()), fault));
    }
    return {};
  }

 private:
  static BytesView until_nul(BytesView field) { return field.substr(0, field.find('\0')); }
  static bool ends_in_nuls(BytesView field) { return all_zero(field.substr(until_nul(field).size())); }
  bool is_zero(std::size_t at, std::size_t size) const {
    const BytesView field = block_.substr(at, size);
    return all_zero(field) || octal(field) == 0U;
  }
  bool has_magic(BytesView magic) const { return block_.substr(257, magic.size()) == magic; }

  std::uint64_t computed_sum() const {
    std::uint64_t sum = 8 * ' ';
    for (std::size_t i = 0; i < block_.size(); ++i)
      sum += i >= 148 && i < 156 ? 0U : static_cast<unsigned char>(block_[i]);
    return sum;
  }

  std::string_view field_fault() const {
    if (!octal(mode())) return "a mode that is no octal number";
    if (!octal(size())) {
      return (static_cast<unsigned char>(size()[0]) & 0x80U) != 0 ? "a size in base 256"
                                                                  : "a size that is no octal number";
    }
    if (!is_zero(108, 8)) return "an owner";
    if (!is_zero(116, 8)) return "a group";
    if (!is_zero(136, 12)) return "a time";
    if (!all_zero(block_.substr(157, 100))) return "the target of a link";
    if (!all_zero(block_.substr(265, 32))) return "the name of an owner";
    if (!all_zero(block_.substr(297, 32))) return "the name of a group";
    if (!is_zero(329, 8) || !is_zero(337, 8)) return "the number of a device";
    if (!ends_in_nuls(block_.substr(0, kNameSize)) || !ends_in_nuls(block_.substr(345, 155))) {
      return "hidden octets behind its name";
    }
    return all_zero(block_.substr(500)) ? "" : "hidden octets behind its header";
  }

  BytesView block_;
};

/// Cuts one record "LENGTH KEY=VALUE\n" off; nothing where there is none.
std::optional<std::pair<BytesView, BytesView>> cut_record(BytesView& records) {
  constexpr std::size_t kDigits = 4;
  std::size_t length = 0;
  std::size_t at = 0;
  for (; at < kDigits && at < records.size() && records[at] >= '0' && records[at] <= '9'; ++at)
    length = length * 10 + static_cast<unsigned>(records[at] - '0');
  if (at == 0 || records[0] == '0' || length <= at + 1 || length > records.size()) return std::nullopt;
  if (records[at] != ' ' || records[length - 1] != '\n') return std::nullopt;
  const BytesView record = records.substr(at + 1, length - at - 2);
  const std::size_t equals = record.find('=');
  if (equals == BytesView::npos) return std::nullopt;
  records.remove_prefix(length);
  return std::pair(record.substr(0, equals), record.substr(equals + 1));
}

/// The path that an extended header gives, or nothing. No other record may be in it but that of its encoding, which
/// comes first: without it libarchive reads a path by its locale.
Result<std::string> path_in_records(BytesView records) {
  std::optional<std::string> path;
  bool charset = false;
  while (!records.empty()) {
    const auto record = cut_record(records);
    if (!record) return refused("has an extended header that is damaged");
    const auto& [key, value] = *record;
    if (key == "path" && charset && !path) {
      path = value;
    } else if (key == "hdrcharset" && !charset && value == "BINARY") {
      charset = true;
    } else {
      return refused(
          fmt::format("has \"{}\" = \"{}\" in an extended header, which no package has", shown(key), shown(value)));
    }
  }
  if (!path) return std::string();
  const bool ascii =
      std::all_of(path->begin(), path->end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (path->empty() || (ascii && path->size() <= kNameSize)) {
    return refused(fmt::format("has the name \"{}\" in an extended header, where none is needed", shown(*path)));
  }
  return *std::move(path);
}

std::uint64_t padding_of(std::uint64_t size, std::uint64_t block) {
  return (block - size % block) % block;
}

}  // namespace

Result<std::optional<TarReader::Entry>> TarReader::next() {
  KIP_TRY_VOID(skip_rest());
  KIP_TRY(Block block, take_block());
  if (all_zero(BytesView(block.data(), block.size()))) {
    KIP_TRY_VOID(expect_end());
    return std::optional<Entry>();
  }
  const Header header(BytesView(block.data(), block.size()));
  KIP_TRY_VOID(header.check());
  std::string path;
  if (header.type() == kExtended) {
    KIP_TRY(path, read_extended_path(*octal(header.size())));
    KIP_TRY(block, take_block());
    if (all_zero(BytesView(block.data(), block.size()))) return refused("has an extended header without an entry");
    KIP_TRY_VOID(header.check());
    if (header.type() == kExtended) return refused("has two extended headers for one entry");
  }
  left_ = *octal(header.size());
  padding_ = padding_of(left_, kBlock);
  return std::optional(
      Entry{path.empty() ? header.path() : std::move(path), left_, static_cast<unsigned>(*octal(header.mode()))});
}

Result<BytesView> TarReader::read() {
  if (left_ == 0) return BytesView();
  KIP_TRY(const BytesView bytes, take(left_));
  if (bytes.empty()) return refused("ends early, within a file");
  left_ -= bytes.size();
  return bytes;
}

/// At most so many octets, at least one; none at the end of the source.
Result<BytesView> TarReader::take(std::uint64_t most) {
  if (piece_.empty()) {
    KIP_TRY(piece_, source_());
  }
  const BytesView taken = piece_.substr(0, std::min<std::uint64_t>(most, piece_.size()));
  piece_.remove_prefix(taken.size());
  position_ += taken.size();
  return taken;
}

Result<TarReader::Block> TarReader::take_block() {
  Block block = {};
  for (std::size_t filled = 0; filled < block.size();) {
    KIP_TRY(const BytesView bytes, take(block.size() - filled));
    if (bytes.empty()) return refused("ends early");
    std::copy(bytes.begin(), bytes.end(), block.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += bytes.size();
  }
  return block;
}

Result<void> TarReader::skip_rest() {
  while (left_ > 0)
    KIP_TRY_VOID(read());
  return expect_zeros(std::exchange(padding_, 0));
}

Result<void> TarReader::expect_zeros(std::uint64_t count) {
  while (count > 0) {
    KIP_TRY(const BytesView bytes, take(count));
    if (bytes.empty()) return refused("ends early");
    if (!all_zero(bytes)) return refused("hides octets in the padding behind a file");
    count -= bytes.size();
  }
  return {};
}

/// After the first block of zeros.
Result<void> TarReader::expect_end() {
  KIP_TRY(const Block second, take_block());
  KIP_TRY(const BytesView more, take(1));
  if (all_zero(BytesView(second.data(), second.size())) && more.empty()) return {};
  return fail(ErrorCode::malformed, "something follows after the end of its archive");
}

Result<std::string> TarReader::read_extended_path(std::uint64_t size) {
  if (size > kMaxExtension) {
    return fail(ErrorCode::too_large, fmt::format("its archive has an extended header of {} bytes", size));
  }
  Bytes records;
  left_ = size;
  padding_ = padding_of(size, kBlock);
  while (left_ > 0) {
    KIP_TRY(const BytesView bytes, read());
    records += bytes;
  }
  KIP_TRY_VOID(skip_rest());
  return path_in_records(records);
}

}  // namespace kip
