#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/evidence/evidence_scope.hpp>
#include <signing/evidence/private_log.hpp>
#include <signing/evidence/witness_check.hpp>

namespace kip {
namespace {

constexpr std::size_t kHex = 64;
constexpr std::string_view kJson = ".json";

Unexpected left_out(std::string_view what, std::string_view about) {
  return fail(ErrorCode::integrity, fmt::format("{} is not judged, and belongs to {}", what, about));
}

bool asks_for_installs(const VendorBook& vendor, std::int64_t number) {
  const auto obligation = vendor.obligations().find(number);
  if (obligation == vendor.obligations().end()) return false;
  const auto promise = vendor.commitments().find(obligation->second.commitment);
  return promise != vendor.commitments().end() && promise->second.milestone == Milestone::installed;
}

Result<std::string> check_obligation(const EvidenceIndex& index, const VendorBook& vendor,
                                     const InstallBook& installs) {
  const std::int64_t number = index.obligations.front();
  std::string about = fmt::format("obligation {} of {}", number, vendor.obligations().size());
  const auto obligation = vendor.obligations().find(number);
  if (obligation == vendor.obligations().end())
    return fail(ErrorCode::integrity, fmt::format("obligation {} was never opened in O", number));
  const bool asks = asks_for_installs(vendor, number);
  const auto promise = vendor.commitments().find(obligation->second.commitment);
  std::set<TaxCode> concerned;
  for (const auto& [key, customer] : installs.customers()) {
    if (!asks || customer.product != promise->second.product) continue;
    concerned.insert(customer.tax_code);
    if (!index.judges(customer.tax_code)) return left_out("customer " + customer.tax_code.str(), about);
  }
  for (const TaxCode& code : index.customers) {
    if (!concerned.contains(code))
      return fail(ErrorCode::integrity, fmt::format("the bundle does not show the customer {}", code.str()));
  }
  if (asks) about += fmt::format(", with {} customers", index.customers.size());
  return about;
}

Result<std::string> check_customer(const EvidenceIndex& index, const VendorBook& vendor, const InstallBook& installs) {
  const TaxCode& code = index.customers.front();
  std::string about = fmt::format("customer {}, under {} of {} obligations", code.str(), index.obligations.size(),
                                  vendor.obligations().size());
  std::set<ProductId> products;
  for (const auto& [key, customer] : installs.customers()) {
    if (customer.tax_code == code) products.insert(customer.product);
  }
  if (products.empty())
    return fail(ErrorCode::integrity, fmt::format("the bundle does not show the customer {}", code.str()));
  for (const auto& [number, obligation] : vendor.obligations()) {
    const auto promise = vendor.commitments().find(obligation.commitment);
    const bool concerns = promise != vendor.commitments().end() && products.contains(promise->second.product);
    if (concerns && !index.judges(number)) return left_out(fmt::format("obligation {}", number), about);
  }
  return about;
}

bool is_hash_of(std::string_view name, BytesView content) {
  return name.size() == kHex + kJson.size() && name.ends_with(kJson) && name.substr(0, kHex) == sha256(content).hex();
}

/// The number that stands at the end of a name, after a slash and before its ending.
std::optional<std::uint64_t> number_in(std::string_view name) {
  name.remove_prefix(std::min(name.rfind('/') + 1, name.size()));
  name = name.substr(0, name.find('.'));
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), out);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(out) : std::nullopt;
}

/// Knows where files of a bundle may stand.
class Places {
 public:
  Places(const EvidenceFiles& files, const EvidenceFiles& pages, const EvidenceIndex& index, const VendorBook& vendor,
         const LogKeys& keys)
      : files_(files), pages_(pages), index_(index), keys_(keys) {
    metadata_.insert(index.officers);
    for (const LoggedRelease& release : vendor.releases()) {
      if (!release.is_judged) continue;
      manifests_.insert(release.release.manifest);
      const auto needed = OfficerWord::needed_for(release.release);
      metadata_.insert(needed.begin(), needed.end());
    }
  }

  bool has(const std::string& name, BytesView content) const {
    if (name == kSumsFile || name == kSumsSignatureFile || pages_.contains(name)) return true;
    const std::string_view folder = std::string_view(name).substr(0, name.find('/'));
    if (folder == "log" || folder == "events") return has_in_log(name, content);
    if (folder == "metadata") return has_metadata(name, content);
    if (folder == "packages") return has_hash(name, folder, content, manifests_);
    return folder == "revocation" && has_revocation(name, content);
  }

 private:
  /// "log/o/entries/00000012": in the second place the log's life.
  const LoggedSpan* span_of(std::string_view name) const {
    name.remove_prefix(name.find('/') + 1);
    const std::string_view folder = name.substr(0, name.find('/'));
    const auto found = std::find_if(index_.logs.begin(), index_.logs.end(),
                                    [&](const LoggedSpan& span) { return folder_of(span.life) == folder; });
    return found == index_.logs.end() ? nullptr : &*found;
  }

  bool has_in_log(const std::string& name, BytesView content) const {
    const LoggedSpan* span = span_of(name);
    if (span == nullptr) return false;
    const LogLife& life = span->life;
    const bool is_open = life.log == LogName::o;
    if (is_open && name == log_path(life) + "/checkpoint") return true;
    if (!is_open && name == growth_path(life)) return true;
    const auto number = number_in(name);
    if (!number) return false;
    if (is_open && name == cosigned_path(life, *number)) return is_signed(content, *span, *number);
    if (*number >= span->size) return false;
    if (is_open) return name == entry_path(life, *number) || name == event_path(life, *number);
    return name == event_path(life, *number) ||
           (name == proof_path(life, *number) && files_.contains(event_path(life, *number)));
  }

  /// By the log itself; who else has signed it is for the policy.
  bool is_signed(BytesView content, const LoggedSpan& span, std::uint64_t size) const {
    const auto note = tlog::Note::parse(content);
    const LogAuthority* authority = keys_.find(span.life.origin);
    if (!note || authority == nullptr) return false;
    const auto checkpoint = open_by_any(*note, *authority);
    return checkpoint && checkpoint->head.size == size && size > 0 && size <= span.size;
  }

  bool has_metadata(const std::string& name, BytesView content) const {
    if (!name.starts_with("metadata/root/")) return has_hash(name, "metadata", content, metadata_);
    const auto number = number_in(name);
    if (!number || name != fmt::format("metadata/root/{:08}.json", *number)) return false;
    return *number == 1 || files_.contains(fmt::format("metadata/root/{:08}.json", *number - 1));
  }

  static bool has_hash(const std::string& name, std::string_view folder, BytesView content,
                       const std::set<Sha256Digest>& wanted) {
    return is_hash_of(std::string_view(name).substr(folder.size() + 1), content) && wanted.contains(sha256(content));
  }

  /// "revocation/SHA256/00000001.crl"
  static bool has_revocation(const std::string& name, BytesView content) {
    const std::string_view folder = std::string_view(name).substr(0, name.rfind('/') + 1);
    const std::string_view signer = folder.substr(std::min(folder.find('/') + 1, folder.size()));
    const auto number = number_in(name);
    if (!number || signer.size() != kHex + 1 || !Sha256Digest::parse(signer.substr(0, kHex))) return false;
    if (name == fmt::format("{}{:08}.ocsp", folder, *number)) return tsp::is_ocsp_response(content);
    const auto lists = tsp::parse_certificate_file(content);
    return name == fmt::format("{}{:08}.crl", folder, *number) && lists && lists->certificates.empty() &&
           lists->crls.size() == 1 && lists->crls.front() == content;
  }

  const EvidenceFiles& files_;
  const EvidenceFiles& pages_;
  const EvidenceIndex& index_;
  const LogKeys& keys_;
  std::set<Sha256Digest> metadata_;
  std::set<Sha256Digest> manifests_;
};

}  // namespace

Result<std::string> check_scope(const EvidenceIndex& index, const VendorBook& vendor, const InstallBook& installs,
                                const PrivateLog& closed) {
  const bool is_about_one = index.about == EvidenceAbout::obligation;
  const bool needs_private = !is_about_one || asks_for_installs(vendor, index.obligations.front());
  if (needs_private && !closed.hidden_life().empty()) {
    return fail(ErrorCode::integrity,
                fmt::format("the log {}, of which O has heads, is not in the bundle", closed.hidden_life()));
  }
  const auto& obligations = vendor.obligations();
  if (!is_about_one && !obligations.empty() && obligations.begin()->first != 1) {
    return fail(ErrorCode::integrity,
                fmt::format("the obligations before number {} are not in the bundle, nor the log in which they stand; "
                            "where that is lost, each later one can be shown by itself",
                            obligations.begin()->first));
  }
  if (is_about_one) return check_obligation(index, vendor, installs);
  if (index.about == EvidenceAbout::customer) return check_customer(index, vendor, installs);
  return fmt::format("everything: {} obligations and {} customers", obligations.size(), installs.customers().size());
}

Result<void> check_places(const EvidenceFiles& files, const EvidenceFiles& pages, const EvidenceIndex& index,
                          const VendorBook& vendor, const LogKeys& keys) {
  const Places places(files, pages, index, vendor, keys);
  for (const auto& [name, content] : files) {
    if (!places.has(name, content)) return fail(ErrorCode::integrity, fmt::format("{} has no place in a bundle", name));
  }
  return {};
}

}  // namespace kip
