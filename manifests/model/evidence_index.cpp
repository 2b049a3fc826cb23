#include <algorithm>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/model/evidence_index.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxText = 64U << 20U;
constexpr std::size_t kMaxItems = 1'000'000;

Result<LoggedSpan> read_span(const json::Value& value) {
  json::ObjectReader in(value, "log");
  LoggedSpan out;
  const auto log = in.parsed("log", parse_log_name);
  out.life.number = in.integer("number", 1, INT64_MAX);
  out.life.origin = in.text("origin");
  out.size = static_cast<std::uint64_t>(in.integer("size", 0, INT64_MAX));
  KIP_TRY_VOID(in.finish());
  out.life.log = *log;
  return out;
}

Result<std::int64_t> read_number(const json::Value& value) {
  const std::int64_t* number = value.as_integer();
  if (number == nullptr || *number < 1) return fail(ErrorCode::malformed, "is no number of an obligation");
  return *number;
}

Result<TaxCode> read_tax_code(const json::Value& value) {
  const std::string* text = value.as_text();
  if (text == nullptr) return fail(ErrorCode::malformed, "is no tax code");
  return TaxCode::parse(*text);
}

constexpr Choices<EvidenceAbout, 3> kAbout = {{{EvidenceAbout::everything, "everything"},
                                               {EvidenceAbout::obligation, "obligation"},
                                               {EvidenceAbout::customer, "customer"}}};

Result<EvidenceAbout> parse_about(std::string_view text) {
  return parse_choice(kAbout, "what a bundle can be about", text);
}

bool fits(EvidenceAbout about, std::size_t obligations, std::size_t customers) {
  if (about == EvidenceAbout::everything) return obligations == 0 && customers == 0;
  return about == EvidenceAbout::obligation ? obligations == 1 : customers == 1;
}

template <class T>
bool is_ascending(const std::vector<T>& items) {
  return std::adjacent_find(items.begin(), items.end(), [](const T& a, const T& b) { return !(a < b); }) == items.end();
}

bool are_lives(const std::vector<LoggedSpan>& logs) {
  return std::adjacent_find(logs.begin(), logs.end(), [](const LoggedSpan& a, const LoggedSpan& b) {
           return a.life.log > b.life.log || (a.life.log == b.life.log && a.life.number >= b.life.number);
         }) == logs.end();
}

}  // namespace

std::string_view to_string(EvidenceAbout about) {
  return choice_text(kAbout, about);
}

bool EvidenceIndex::judges(std::int64_t obligation) const {
  return is_about_everything() || std::binary_search(obligations.begin(), obligations.end(), obligation);
}

bool EvidenceIndex::judges(const TaxCode& customer) const {
  return is_about_everything() || std::binary_search(customers.begin(), customers.end(), customer);
}

Result<EvidenceIndex> parse_evidence_index(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxText}));
  json::ObjectReader in(value, EvidenceIndex::kPath);
  in.format("kip.evidence", 1);
  auto tenant = in.parsed("tenant", TenantId::parse);
  std::string origin = in.text("origin");
  const auto made_at = in.parsed("made_at", parse_instant);
  const auto about = in.parsed("about", parse_about);
  for (const std::string_view list : {"obligations", "customers"}) {
    if (!in.has(list)) in.refuse(list, "is missing");
  }
  auto obligations = in.each("obligations", read_number, kMaxItems);
  auto customers = in.each("customers", read_tax_code, kMaxItems);
  auto logs = in.each("logs", read_span, EvidenceIndex::kMaxLives);
  const auto officers = in.parsed("officers", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  if (origin.empty() || !is_printable_line(origin)) in.refuse("origin", "is no address");
  if (!is_ascending(obligations)) in.refuse("obligations", "must be ascending");
  if (!is_ascending(customers)) in.refuse("customers", "must be ascending");
  if (!fits(*about, obligations.size(), customers.size())) in.refuse("about", "is not what the lists have");
  if (!are_lives(logs)) in.refuse("logs", "must be the lives of O and then of R, ascending");
  KIP_TRY_VOID(in.finish());
  return EvidenceIndex{*std::move(tenant),     std::move(origin),    *made_at,        *about,
                       std::move(obligations), std::move(customers), std::move(logs), *officers};
}

json::Value to_json(const EvidenceIndex& index) {
  json::Array customers;
  for (const TaxCode& code : index.customers)
    customers.emplace_back(code.str());
  json::Array logs;
  for (const auto& [life, size] : index.logs) {
    logs.push_back(json::Object{{"log", to_string(life.log)},
                                {"number", life.number},
                                {"origin", life.origin},
                                {"size", static_cast<std::int64_t>(size)}});
  }
  return json::Object{{"format", "kip.evidence/1"},
                      {"tenant", index.tenant.str()},
                      {"origin", index.origin},
                      {"made_at", format_instant(index.made_at)},
                      {"about", to_string(index.about)},
                      {"obligations", json::Array(index.obligations.begin(), index.obligations.end())},
                      {"customers", std::move(customers)},
                      {"logs", std::move(logs)},
                      {"officers", index.officers.hex()}};
}

}  // namespace kip
