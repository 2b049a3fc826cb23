#pragma once

#include <optional>
#include <vector>

#include <manifests/evidence/history_text.hpp>
#include <signing/evidence/evidence_archive.hpp>
#include <signing/evidence/evidence_words.hpp>
#include <signing/evidence/proven_time.hpp>

namespace kip {

/// The content of a file; empty where it is not there.
BytesView content_of(const EvidenceFiles& files, std::string_view name);

/// That a bundle has each of these pages as it was made anew. Pure. Errors: integrity, with the first line that
/// differs.
Result<void> compare_pages(const EvidenceFiles& files, const EvidenceFiles& pages);

/// Where stamps on the pages of a bundle are worth less to whoever checks it: `claimed` as its maker has them, `ours`
/// as the policy has them, both every stamp of O in its order. Pure.
std::optional<NotProven> compare_stamps(const std::vector<SeenStamp>& claimed, const std::vector<SeenStamp>& ours);

/// That the claimed verdicts are these; bounds are the policy's and are not compared. Pure. Errors: integrity.
Result<void> compare_verdicts(const EvidenceFiles& files, const std::vector<NamedJudgement>& ours);

}  // namespace kip
