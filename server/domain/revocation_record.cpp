#include <limits>

#include <manifests/codec/reader.hpp>
#include <server/domain/revocation_record.hpp>

namespace kip::server {
namespace {

/// Lists of revoked certificates are large.
constexpr std::size_t kMaxDocument = 64U << 20U;
constexpr std::size_t kMaxStatements = 100;

json::Array list_of(const std::vector<Bytes>& statements) {
  json::Array out;
  for (const Bytes& one : statements)
    out.emplace_back(to_base64(one));
  return out;
}

Result<Bytes> read_statement(const json::Value& value) {
  const std::string* text = value.as_text();
  return text != nullptr ? from_base64(*text) : fail(ErrorCode::malformed, "a statement is no text");
}

}  // namespace

json::Value revocation_document(const RevocationRecord& record) {
  return json::Object{{"authority", record.authority},
                      {"token", to_base64(record.token)},
                      {"is_over", record.is_over},
                      {"next_at", record.next_at.time_since_epoch().count()},
                      {"as_of", record.as_of.time_since_epoch().count()},
                      {"told", record.told},
                      {"crls", list_of(record.data.crls)},
                      {"ocsp", list_of(record.data.ocsp)}};
}

Result<RevocationRecord> read_revocation_document(const Sha256Digest& signer, std::string_view text) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxDocument}));
  json::ObjectReader in(value, "record of revocation");
  std::string authority = in.text("authority");
  auto token = in.parsed("token", from_base64, kMaxDocument);
  const bool is_over = in.boolean("is_over");
  const Instant next_at(std::chrono::milliseconds(in.integer("next_at", kMin, kMax)));
  const Instant as_of(std::chrono::milliseconds(in.integer("as_of", kMin, kMax)));
  std::string told = in.text("told", kMaxDocument);
  auto crls = in.each("crls", read_statement, kMaxStatements);
  auto ocsp = in.each("ocsp", read_statement, kMaxStatements);
  KIP_TRY_VOID(in.finish());
  return RevocationRecord{signer,
                          std::move(authority),
                          *std::move(token),
                          is_over,
                          next_at,
                          as_of,
                          std::move(told),
                          {std::move(crls), std::move(ocsp)}};
}

}  // namespace kip::server
