#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/evidence/evidence_archive.hpp>

namespace kip {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kMaxName = 100;
constexpr std::string_view kSumsFormat = "# kip.evidence-sums/1 ";

/// Names that every system unpacks, and that a list of sums can hold as they are.
bool is_name(std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '/' || c == '-';
  };
  return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), is_allowed) &&
         name.front() != '/' && name.back() != '/' && name.find("..") == std::string_view::npos &&
         name.find("//") == std::string_view::npos;
}

/// The one header that a file of that name and size has. Source: POSIX.1-2017, pax, "ustar Interchange Format".
Bytes header_of(std::string_view name, std::uint64_t size) {
  Bytes out(kBlock, '\0');
  const auto put = [&out](std::size_t at, std::string_view text) { out.replace(at, text.size(), text); };
  put(0, name);
  put(100, "000644 ");
  put(108, "000000 ");
  put(116, "000000 ");
  put(124, fmt::format("{:011o} ", size));
  put(136, "00000000000 ");
  put(148, "        ");
  put(156, "0");
  put(257, std::string_view("ustar\0"
                            "00",
                            8));
  put(329, "000000 ");
  put(337, "000000 ");
  const unsigned sum = std::accumulate(out.begin(), out.end(), 0U,
                                       [](unsigned so_far, char c) { return so_far + static_cast<unsigned char>(c); });
  put(148, fmt::format("{:06o}", sum));
  put(154, std::string_view("\0 ", 2));
  return out;
}

std::size_t padding_of(std::uint64_t size) {
  return static_cast<std::size_t>((kBlock - size % kBlock) % kBlock);
}

Unexpected not_ours(std::string_view why) {
  return fail(
      ErrorCode::malformed,
      fmt::format("it is no evidence bundle, or was changed: {}. Get the file once more from where it came from", why));
}

/// Takes the pieces of a tar off its front.
class TarCursor {
 public:
  explicit TarCursor(BytesView bytes) : rest_(bytes) {}

  Result<BytesView> take(std::uint64_t size) {
    if (size > rest_.size()) return not_ours("its archive ends early");
    const BytesView taken = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  Result<void> expect_zeros(std::size_t size) {
    KIP_TRY(const BytesView zeros, take(size));
    return zeros.find_first_not_of('\0') == BytesView::npos ? Result<void>()
                                                            : not_ours("its archive has octets where none belong");
  }

  bool at_end() const { return rest_.empty(); }

 private:
  BytesView rest_;
};

/// The octal number in a header; whether it is written as it must be shows when the header is compared.
std::uint64_t size_in(BytesView header) {
  std::uint64_t out = 0;
  for (const char digit : header.substr(124, 11))
    out = out * 8 + (static_cast<unsigned char>(digit) & 7U);
  return out;
}

Result<const Bytes*> require(const EvidenceFiles& files, std::string_view name) {
  const auto found = files.find(name);
  if (found == files.end()) return not_ours(fmt::format("it has no file {}", name));
  return &found->second;
}

std::string sums_of(const EvidenceFiles& files, const EvidenceOwner& owner) {
  std::string out = fmt::format("{}{} {}\n", kSumsFormat, owner.tenant.str(), owner.origin);
  for (const auto& [name, content] : files) {
    if (name != kSumsFile && name != kSumsSignatureFile) out += fmt::format("{}  {}\n", sha256(content).hex(), name);
  }
  return out;
}

/// "# kip.evidence-sums/1 TENANT ORIGIN"
Result<EvidenceOwner> owner_in(BytesView sums) {
  const BytesView line = sums.substr(0, sums.find('\n'));
  if (!line.starts_with(kSumsFormat)) return not_ours(fmt::format("{} is not of a format that is known", kSumsFile));
  const BytesView words = line.substr(kSumsFormat.size());
  const auto blank = words.find(' ');
  if (blank == BytesView::npos) return not_ours(fmt::format("{} does not say whose it is", kSumsFile));
  KIP_TRY(TenantId tenant, TenantId::parse(words.substr(0, blank)));
  return EvidenceOwner{std::move(tenant), Bytes(words.substr(blank + 1))};
}

/// What is not as the list has it, for people.
std::string difference(BytesView listed, BytesView actual) {
  while (!listed.empty() || !actual.empty()) {
    const BytesView a = listed.substr(0, listed.find('\n'));
    const BytesView b = actual.substr(0, actual.find('\n'));
    if (a != b) return fmt::format("{} says \"{}\", and it is \"{}\"", kSumsFile, printable_line(a), printable_line(b));
    listed.remove_prefix(std::min(a.size() + 1, listed.size()));
    actual.remove_prefix(std::min(b.size() + 1, actual.size()));
  }
  return "";
}

}  // namespace

Result<void> seal_evidence(EvidenceFiles& files, const EvidenceOwner& owner, const PrivateKey& entry_key) {
  for (const auto& [name, content] : files)
    KIP_CHECK(is_name(name));
  std::string sums = sums_of(files, owner);
  KIP_TRY(files[std::string(kSumsSignatureFile)], entry_key.sign(sums));
  files[std::string(kSumsFile)] = std::move(sums);
  return {};
}

Result<EvidenceOwner> check_sums(const EvidenceFiles& files) {
  KIP_TRY(const Bytes* listed, require(files, kSumsFile));
  KIP_TRY(EvidenceOwner owner, owner_in(*listed));
  const std::string actual = sums_of(files, owner);
  if (*listed == actual) return owner;
  return fail(ErrorCode::integrity,
              fmt::format("a file of the bundle was changed, added or left out: {}", difference(*listed, actual)));
}

Result<void> check_sums_signature(const EvidenceFiles& files, const std::vector<PublicKey>& entry_keys) {
  KIP_TRY(const Bytes* sums, require(files, kSumsFile));
  KIP_TRY(const Bytes* signature, require(files, kSumsSignatureFile));
  const bool valid = std::any_of(entry_keys.begin(), entry_keys.end(),
                                 [&](const PublicKey& key) { return key.verify(*sums, *signature); });
  if (valid) return {};
  return fail(ErrorCode::signature,
              fmt::format("no entry key that the officers have authorised has signed {}", kSumsFile));
}

Result<void> write_evidence(const EvidenceFiles& files, const std::function<Result<void>(BytesView)>& sink) {
  for (const auto& [name, content] : files) {
    KIP_CHECK(is_name(name));
    KIP_TRY_VOID(sink(header_of(name, content.size())));
    KIP_TRY_VOID(sink(content));
    KIP_TRY_VOID(sink(Bytes(padding_of(content.size()), '\0')));
  }
  return sink(Bytes(2 * kBlock, '\0'));
}

Result<EvidenceFiles> parse_evidence(BytesView tar) {
  EvidenceFiles out;
  TarCursor cursor(tar);
  while (true) {
    KIP_TRY(const BytesView header, cursor.take(kBlock));
    if (header.find_first_not_of('\0') == BytesView::npos) break;
    const std::string name(header.substr(0, std::min(header.find('\0'), kMaxName)));
    const std::uint64_t size = size_in(header);
    if (!is_name(name) || header != header_of(name, size)) return not_ours("its archive is not written as bundles are");
    if (!out.empty() && name <= out.rbegin()->first) return not_ours("its files are not in order");
    KIP_TRY(const BytesView content, cursor.take(size));
    KIP_TRY_VOID(cursor.expect_zeros(padding_of(size)));
    out.emplace_hint(out.end(), name, content);
  }
  KIP_TRY_VOID(cursor.expect_zeros(kBlock));
  if (!cursor.at_end()) return not_ours("something follows after the end of its archive");
  return out;
}

Result<EvidenceFiles> read_evidence(FileSystem& files, const std::filesystem::path& path) {
  KIP_TRY(const Bytes bytes, read_file(files, path, kMaxEvidence, Links::follow));
  return parse_evidence(bytes);
}

}  // namespace kip
