// Offline bundles and what travels beside them. Input: one octet that says what the rest is.
//   - 'i' the list of a bundle, 's' an officer's statement, 'r' a file of receipts, 'a' one of acknowledgements: what
//   is
//     accepted is the same again after it was written and read.
//   - 'b' a whole bundle: what is accepted has each entry whole within the file, with the hash that its list says.

#include <manifests/model/bundle.hpp>
#include <manifests/model/receipt_file.hpp>
#include <signing/bundle/bundle_file.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/memory_file_system.hpp>

#include "target.hpp"

namespace kip::fuzz {
namespace {

void try_index(BytesView bytes) {
  const auto index = parse_bundle_index(bytes);
  if (!index) return;
  KIP_CHECK(index->entries.size() <= BundleIndex::kMaxEntries);
  const auto again = parse_bundle_index(to_bytes(*index));
  KIP_CHECK(again && *again == *index);
}

void try_statement(BytesView bytes) {
  const auto statement = parse_offline_statement(bytes);
  if (!statement) return;
  KIP_CHECK(statement->created_at < statement->valid_until);
  KIP_CHECK(statement->valid_until - statement->created_at <= OfflineStatement::kMaxLife);
  const auto again = parse_offline_statement(json::to_compact(to_json(*statement)));
  KIP_CHECK(again && *again == *statement);
}

void try_receipts(BytesView bytes, ReceiptFileKind kind) {
  const auto file = parse_receipt_file(bytes, kind);
  if (!file) return;
  const auto again = parse_receipt_file(to_bytes(*file, kind), kind);
  KIP_CHECK(again && *again == *file);
}

void try_bundle(BytesView bytes) {
  MemoryFileSystem files;
  const auto output = files.open_output("/b", OutputMode::create_new, 0600);
  KIP_CHECK(output && (*output)->write(bytes) && (*output)->close());
  const auto bundle = BundleFile::open(files, "/b");
  if (!bundle) return;
  std::uint64_t octets = 0;
  for (const BundleEntry& entry : (*bundle)->index().entries) {
    const auto content = (*bundle)->read(entry, bytes.size());
    KIP_CHECK(content && content->size() == entry.size && sha256(*content) == entry.sha256);
    octets += entry.size;
  }
  KIP_CHECK(octets <= bytes.size());
}

}  // namespace
}  // namespace kip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kip::fuzz;
  if (size > kMaxInput) return -1;
  if (size == 0) return 0;
  const kip::BytesView rest = view(data, size).substr(1);
  if (data[0] == 'i') try_index(rest);
  if (data[0] == 's') try_statement(rest);
  if (data[0] == 'r') try_receipts(rest, kip::ReceiptFileKind::receipts);
  if (data[0] == 'a') try_receipts(rest, kip::ReceiptFileKind::acknowledgements);
  if (data[0] == 'b') try_bundle(rest);
  return 0;
}
