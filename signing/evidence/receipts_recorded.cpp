#include <set>

#include <manifests/codec/reader.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/evidence/receipts_recorded.hpp>

namespace kip {
namespace {

Result<ReceivedReceipt> parse_item(const json::Value& item) {
  const std::string* text = item.as_text();
  if (text == nullptr) return fail(ErrorCode::malformed, "has an item that is not text");
  KIP_TRY(const Bytes envelope, from_base64(*text));
  return read_receipt(envelope);
}

}  // namespace

Result<ReceivedReceipt> read_receipt(BytesView envelope) {
  KIP_TRY(dsse::Envelope read, dsse::parse(envelope));
  KIP_TRY(Receipt receipt, parse_receipt(read.payload));
  return ReceivedReceipt{std::move(receipt), sha256(envelope), std::move(read)};
}

json::Value receipts_recorded_body(const std::vector<BytesView>& envelopes) {
  json::Array list;
  list.reserve(envelopes.size());
  for (const BytesView envelope : envelopes)
    list.emplace_back(to_base64(envelope));
  return json::Object{{"receipts", std::move(list)}};
}

Result<std::vector<ReceivedReceipt>> read_receipts_recorded(const json::Value& body) {
  json::ObjectReader in(body, "receipts.recorded");
  in.array("receipts", kMaxReceiptsAtOnce);
  auto out = in.each("receipts", parse_item, kMaxReceiptsAtOnce);
  if (out.empty()) in.refuse("receipts", "is empty");
  std::set<Sha256Digest> seen;
  for (const ReceivedReceipt& one : out) {
    if (one.receipt.install != out.front().receipt.install) in.refuse("receipts", "has receipts of two installs");
    if (!seen.insert(one.digest).second) in.refuse("receipts", "has a receipt twice");
  }
  KIP_TRY_VOID(in.finish());
  return out;
}

}  // namespace kip
