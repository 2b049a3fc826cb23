#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <signing/crypto/sha256.hpp>

namespace kip::tuf {

/// What metadata says of a file, held against the file's octets as they arrive: its length and every listed hash of a
/// known algorithm (sha256, sha512). Where hashes are listed, at least one must be known. One object, one file.
class FileCheck {
 public:
  FileCheck(std::optional<std::int64_t> length, const std::map<std::string, std::string>& hashes);

  void update(BytesView bytes);
  /// The verdict over all updates. Errors: integrity, naming the file as `what`.
  Result<void> finish(std::string_view what);

 private:
  struct Listed {
    std::string algorithm;
    std::string expected;  ///< hexadecimal
    Hasher hasher;
  };

  std::optional<std::int64_t> length_;
  std::uint64_t size_ = 0;
  bool unknown_only_ = false;
  std::vector<Listed> listed_;
};

/// The same for a file that is in memory.
Result<void> check_file(BytesView bytes, std::optional<std::int64_t> length,
                        const std::map<std::string, std::string>& hashes, std::string_view what);

}  // namespace kip::tuf
