#include "hostile_package.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>

#include <zstd.h>

#include <signing/crypto/sha256.hpp>

namespace kip::testing {
namespace {

void put(std::string& block, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

std::string octal(std::uint64_t number, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

/// Source: POSIX.1-2017, pax, "ustar Interchange Format".
TarBytes& TarBytes::header(const Header& header) {
  std::string block(512, '\0');
  put(block, 0, header.path.substr(0, 100));
  put(block, 100, "0000644");
  put(block, 108, "0000000");
  put(block, 116, "0000000");
  put(block, 124, octal(header.size, 11));
  put(block, 136, octal(0, 11));
  put(block, 148, "        ");
  block[156] = header.type;
  put(block, 157, header.link);
  put(block, 257, std::string_view("ustar\00000", 8));
  const auto sum = std::accumulate(block.begin(), block.end(), 0U,
                                   [](unsigned total, char c) { return total + static_cast<unsigned char>(c); });
  put(block, 148, octal(sum, 6) + std::string("\0 ", 2));
  return raw(block);
}

TarBytes& TarBytes::content(std::string_view bytes) {
  return raw(bytes).raw(std::string((512 - bytes.size() % 512) % 512, '\0'));
}

TarBytes& TarBytes::pax(const std::vector<std::pair<std::string, std::string>>& records) {
  std::string all;
  for (const auto& [key, value] : records) {
    const std::string record = " " + key + "=" + value + "\n";
    std::size_t length = record.size();
    while (std::to_string(length).size() + record.size() != length)
      ++length;
    all += std::to_string(length) + record;
  }
  return header({"PaxHeader", all.size(), 'x'}).content(all);
}

std::string zstd_frame(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  EXPECT_EQ(ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 1)), 0U);
  EXPECT_EQ(ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1)), 0U);
  const std::size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
  EXPECT_EQ(ZSTD_isError(size), 0U);
  out.resize(size);
  return out;
}

/// Source: RFC 8878, 3.1.1.
std::string zstd_frame_with_window(int window_log, std::string_view bytes) {
  constexpr std::size_t kChecksumSize = 4;
  EXPECT_LT(bytes.size(), 1U << 17U);
  const auto block = static_cast<unsigned>(bytes.size() << 3U) | 1U;  // raw, last
  std::string out = "\x28\xB5\x2F\xFD";
  out += '\x04';  // with checksum
  out += static_cast<char>((window_log - 10) << 3);
  for (const unsigned shift : {0U, 8U, 16U})
    out += static_cast<char>((block >> shift) & 255U);
  const std::string other = zstd_frame(bytes);  // ends in the same checksum
  return out + std::string(bytes) + other.substr(other.size() - kChecksumSize);
}

std::string manifest_for(const Contents& contents) {
  PackageContent content{*ProductId::parse("ledger"), *Version::parse("2026.1"), {}, {}};
  for (const auto& [path, bytes] : contents) {
    content.files.push_back({*SafeRelativePath::parse(path), sha256(bytes), bytes.size()});
  }
  return PackageManifest::create(std::move(content))->bytes();
}

TarBytes tar_of(const Contents& contents) {
  TarBytes tar;
  tar.file(std::string(PackageManifest::kPath), manifest_for(contents));
  for (const auto& [path, bytes] : contents)
    tar.file(path, bytes);
  return tar;
}

}  // namespace kip::testing
