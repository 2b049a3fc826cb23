#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include <manifests/core/ids.hpp>
#include <signing/crypto/private_key.hpp>
#include <signing/storage/file_system.hpp>

namespace kip {

/// What stands in an evidence bundle, by name. Names are ASCII, of at most 100 octets. Format: docs/formats/evidence.md
using EvidenceFiles = std::map<std::string, Bytes, std::less<>>;

inline constexpr std::string_view kSumsFile = "SHA256SUMS";
inline constexpr std::string_view kSumsSignatureFile = "SHA256SUMS.sig";

/// Whose bundle it is, as the list of its files says on its first line.
struct EvidenceOwner {
  TenantId tenant;
  std::string origin;  ///< of the server that made it

  bool operator==(const EvidenceOwner&) const = default;
};

/// Adds the list of all files with their hashes, and the signature over it by the server's entry key.
Result<void> seal_evidence(EvidenceFiles& files, const EvidenceOwner& owner, const PrivateKey& entry_key);

/// That the list names exactly the other files with their hashes; whose they are. Errors: malformed; integrity for a
/// file that was changed, added or left out.
Result<EvidenceOwner> check_sums(const EvidenceFiles& files);

/// That one of these keys has signed the list. Errors: signature.
Result<void> check_sums_signature(const EvidenceFiles& files, const std::vector<PublicKey>& entry_keys);

/// As one tar file, which any program unpacks. The same bytes for the same files. Errors: those of the sink.
Result<void> write_evidence(const EvidenceFiles& files, const std::function<Result<void>(BytesView)>& sink);

/// The files of such a tar. Every octet must be as write_evidence() has it, so that nothing in it can be changed
/// unnoticed. Errors: malformed.
Result<EvidenceFiles> parse_evidence(BytesView tar);
/// The same out of a file. Errors also: too_large above kMaxEvidence; those of the file system.
Result<EvidenceFiles> read_evidence(FileSystem& files, const std::filesystem::path& path);
inline constexpr std::uint64_t kMaxEvidence = 2ULL << 30U;

}  // namespace kip
