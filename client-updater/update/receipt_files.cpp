#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/delivery.hpp>
#include <client-updater/update/receipt_files.hpp>
#include <manifests/model/receipt_file.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {
namespace {

constexpr unsigned kForAll = 0644;

/// Nothing else than an earlier file of this install may be replaced.
Result<void> expect_replaceable(Install& install, const std::filesystem::path& out) {
  KIP_TRY(const bool exists, path_exists(install.ports().files, out));
  if (!exists) return {};
  KIP_TRY(const Bytes bytes, read_file(install.ports().files, out, ReceiptFile::kMaxBytes));
  const auto before = parse_receipt_file(bytes, ReceiptFileKind::receipts);
  if (before && before->install == install.enrolment().install) return {};
  return fail(ErrorCode::conflict,
              fmt::format("{} exists and is no receipts file of this install; choose another name", out.string()));
}

/// Each is one of the present chain, whether it waits or not. Errors: integrity; those of the store.
Result<void> expect_own(Install& install, const Acknowledgement& said) {
  for (const AcknowledgedReceipt& one : said.receipts) {
    KIP_TRY(const auto own, install.ports().store.receipt_at(one.incarnation, one.sequence));
    if (!own || one.incarnation != install.enrolment().incarnation) {
      return fail(ErrorCode::integrity,
                  fmt::format("it is about receipt {}, which is not of this chain", one.sequence));
    }
    if (*own != one.receipt) {
      return fail(ErrorCode::integrity, fmt::format("it is about other bytes than those of receipt {}", one.sequence));
    }
  }
  return {};
}

}  // namespace

std::filesystem::path receipts_file_name(const Enrolment& enrolment) {
  return fmt::format("kip-receipts-{}.json", enrolment.install.str());
}

Result<ExportResult> export_receipts(Install& install, const std::filesystem::path& out) {
  KIP_TRY(const std::vector<OutboxEntry> pending, install.ports().store.pending(ReceiptFile::kMaxEnvelopes));
  if (pending.empty()) return fail(ErrorCode::not_found, "there is nothing to report: every receipt is acknowledged");
  KIP_TRY_VOID(expect_replaceable(install, out));
  ReceiptFile file{install.enrolment().tenant, install.enrolment().install, {}};
  for (const OutboxEntry& receipt : pending)
    file.envelopes.push_back(receipt.envelope);
  KIP_TRY_VOID(replace_file(install.ports().files, out, to_bytes(file, ReceiptFileKind::receipts), kForAll));
  KIP_TRY(const OutboxCounts counts, install.ports().store.counts());
  const auto exported = static_cast<std::int64_t>(pending.size());
  return ExportResult{out, exported, counts.pending - exported};
}

Result<AcknowledgeResult> take_acknowledgements(Install& install, const std::filesystem::path& file) {
  const Enrolment& enrolment = install.enrolment();
  StateStore& store = install.ports().store;
  KIP_TRY(const Bytes bytes, read_file(install.ports().files, file, ReceiptFile::kMaxBytes, Links::follow));
  auto read = parse_receipt_file(bytes, ReceiptFileKind::acknowledgements);
  if (!read) return fail_while("reading " + file.string(), std::move(read).error());
  if (read->tenant != enrolment.tenant || read->install != enrolment.install) {
    return fail(ErrorCode::conflict,
                fmt::format("{} is for the install {} of {}; this is {} of {}", file.string(), read->install.str(),
                            read->tenant.str(), enrolment.install.str(), enrolment.tenant.str()));
  }
  AcknowledgeResult result;
  for (const Bytes& envelope : read->envelopes) {
    KIP_TRY(const Acknowledgement said, read_acknowledgement(enrolment, envelope));
    KIP_TRY_VOID(expect_own(install, said));
    KIP_TRY(const std::int64_t count, store.acknowledge(said, envelope));
    if (count > 0) KIP_TRY_VOID(remember_basis(install, said.basis));
    result.acknowledged += count;
    result.known += static_cast<std::int64_t>(said.receipts.size()) - count;
  }
  KIP_TRY(const OutboxCounts counts, store.counts());
  result.kept = counts.pending;
  return result;
}

}  // namespace kip::updater
