#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <manifests/deadline/language.hpp>
#include <manifests/evidence/verdict.hpp>

namespace kip {

/// What evidence leaves open. Source: docs/formats/evidence.md, "What is not proven".
enum class Gap {
  one_history,   ///< that everybody is shown the same log
  nothing_else,  ///< that nothing else was recorded of these customers
  register_of_acts,
  install_keys,
  contract_words,
  development_authority,
  newest_entries,       ///< that everybody is shown the same newest entries of the log
  entries_seen,         ///< that installs which say otherwise were shown these entries
  revocation,           ///< that nobody revoked the certificates behind these stamps
  package_contents,     ///< what is in packages whose manifests are not shown
  vendors_authorities,  ///< times on the pages that are worth less to whoever checks
  earlier_lives,        ///< what stood in lives of a log before the first that is shown
  lost_entries,         ///< what stood at the ends of lives that are shown, and is lost
};

struct NotProven {
  Gap gap = Gap::one_history;
  /// Of nothing_else: entries of R; of newest_entries: of O that a quorum has seen; of entries_seen: receipts that say
  /// otherwise; of revocation and vendors_authorities: stamps; of earlier_lives: lives; of package_contents: packages
  /// that serve what is judged; of lost_entries: entries of O, and in `total` of R.
  std::uint64_t shown = 0;
  std::uint64_t total = 0;

  bool operator==(const NotProven&) const = default;
};

/// The words of evidence for people, in one language. Plain text. A value.
class EvidenceWords {
 public:
  explicit EvidenceWords(Language language) : language_(language) {}

  Language language() const { return language_; }
  /// A phrase by its code; the codes are those in evidence_words.cpp. The code itself where there is none.
  std::string_view operator()(std::string_view code) const;
  std::string_view verdict(Verdict verdict) const;
  std::string_view finding(Finding finding) const;
  std::string sentence(const NotProven& open) const;

 private:
  Language language_;
};

/// Whether every phrase has its words in every language; for a test.
bool has_all_evidence_words();

}  // namespace kip
