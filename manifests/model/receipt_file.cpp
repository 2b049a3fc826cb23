#include <manifests/codec/reader.hpp>
#include <manifests/model/receipt_file.hpp>

namespace kip {
namespace {

std::string_view member_of(ReceiptFileKind kind) {
  return kind == ReceiptFileKind::receipts ? "receipts" : "acknowledgements";
}

}  // namespace

Result<ReceiptFile> parse_receipt_file(BytesView bytes, ReceiptFileKind kind) {
  const std::string_view member = member_of(kind);
  KIP_TRY(const json::Value value, json::parse(bytes, {.bytes = ReceiptFile::kMaxBytes}));
  json::ObjectReader in(value, "a file of " + std::string(member));
  in.format("kip." + std::string(member), 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  auto install = in.parsed("install", InstallId::parse);
  in.array(member, ReceiptFile::kMaxEnvelopes);
  std::vector<Bytes> envelopes;
  for (const std::string& text : in.texts_or_empty(member, ReceiptFile::kMaxEnvelopes)) {
    auto envelope = from_base64(text);
    if (!envelope) in.refuse(member, envelope.error().message);
    if (envelope) envelopes.push_back(*std::move(envelope));
  }
  KIP_TRY_VOID(in.finish());
  return ReceiptFile{*std::move(tenant), *std::move(install), std::move(envelopes)};
}

Bytes to_bytes(const ReceiptFile& file, ReceiptFileKind kind) {
  const std::string member(member_of(kind));
  json::Array list;
  for (const Bytes& envelope : file.envelopes)
    list.push_back(to_base64(envelope));
  return json::to_compact(json::Object{{"format", "kip." + member + "/1"},
                                       {"tenant", file.tenant.str()},
                                       {"install", file.install.str()},
                                       {member, std::move(list)}});
}

}  // namespace kip
