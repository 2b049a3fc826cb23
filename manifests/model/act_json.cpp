#include <array>
#include <utility>

#include <manifests/codec/reader.hpp>
#include <manifests/codec/reading.hpp>
#include <manifests/core/printable.hpp>
#include <manifests/deadline/calendar.hpp>
#include <manifests/model/act.hpp>

namespace kip {
namespace {

constexpr int kMinor = 1;
constexpr std::size_t kMaxBytes = 1U << 20U;
constexpr std::size_t kMaxNote = 4096;
constexpr std::size_t kMaxList = 1000;
constexpr std::size_t kMaxParts = 20;

struct AttributeList {
  CustomerAttribute attribute;
  const char* name;
};
constexpr std::array<AttributeList, 3> kAttributeLists = {{{CustomerAttribute::regime, "regimes"},
                                                           {CustomerAttribute::vat_method, "vat_methods"},
                                                           {CustomerAttribute::trade, "trades"}}};

/// The dates of which the source can be said.
constexpr std::array<std::pair<Trigger, const char*>, 3> kDates = {{{Trigger::act_signed, "signed_on"},
                                                                    {Trigger::act_gazetted, "gazetted_on"},
                                                                    {Trigger::act_effective, "effective_on"}}};

Result<AppliesTo> read_applies_to(const json::Value& value, json::ObjectReader::Unknown unknown) {
  json::ObjectReader in(value, "applies_to");
  AppliesTo out;
  out.products = json::text_items(in, "products", ProductId::parse);
  for (const AttributeList& list : kAttributeLists) {
    std::vector<std::string> texts = in.texts_or_empty(list.name);
    if (!texts.empty()) out.attributes.emplace(list.attribute, std::move(texts));
  }
  KIP_TRY_VOID(in.finish(unknown));
  return out;
}

Result<std::map<Trigger, std::string>> read_sources(const json::Value& value, json::ObjectReader::Unknown unknown) {
  json::ObjectReader in(value, "sources");
  std::map<Trigger, std::string> out;
  for (const auto& [date, name] : kDates) {
    auto text = in.optional_text(name);
    if (!text) continue;
    if (text->empty() || !is_printable_line(*text)) in.refuse(name, "is empty or has control characters");
    out.emplace(date, *std::move(text));
  }
  KIP_TRY_VOID(in.finish(unknown));
  return out;
}

json::Array texts_json(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

void put_date(json::Object& out, const char* name, const std::optional<LegalDate>& date) {
  if (date) out.emplace(name, format_date(*date));
}

void put_text(json::Object& out, const char* name, const std::string& text) {
  if (!text.empty()) out.emplace(name, text);
}

json::Value applies_to_json(const AppliesTo& applies_to) {
  json::Array products;
  for (const ProductId& product : applies_to.products)
    products.push_back(product.str());
  json::Object out{{"products", std::move(products)}, {"regimes", json::Array{}}};
  for (const AttributeList& list : kAttributeLists) {
    const auto found = applies_to.attributes.find(list.attribute);
    if (found != applies_to.attributes.end()) out.insert_or_assign(list.name, texts_json(found->second));
  }
  return out;
}

/// Whether a member is used that the first version of the format does not have.
bool uses_minor(const Act& act) {
  const auto& attributes = act.applies_to.attributes;
  return act.aware_on || !act.sources.empty() || !act.parts.empty() || !act.amends.empty() ||
         attributes.contains(CustomerAttribute::vat_method) || attributes.contains(CustomerAttribute::trade);
}

}  // namespace

Result<Act> read_act(const json::Value& value) {
  json::ObjectReader in(value, "act");
  in.format("kip.act", 1);
  const auto unknown = json::unknown_members(value, kMinor);
  const std::string issuer = in.text("issuer");
  const std::string number = in.text("number");
  const std::int64_t year = in.integer("year", 1900, 2999);
  const auto country = in.optional_parsed("country", parse_country_code);
  const auto kind = in.parsed("kind", parse_act_kind);
  if (!in.has("signed_on")) {
    in.refuse("signed_on", "is missing: an act without a signing date starts no clock; find the date on the document");
  }
  const auto signed_on = in.parsed("signed_on", parse_date);
  const auto gazetted_on = in.optional_parsed("gazetted_on", parse_date);
  const auto effective_on = in.optional_parsed("effective_on", parse_date);
  const auto aware_on = in.optional_parsed("aware_on", parse_date);
  const std::string title = in.optional_text("title").value_or(std::string());
  const std::string note = json::words(in, "note");
  const std::string confidence = in.optional_text("confidence", kMaxNote).value_or(std::string());
  if (!is_printable_line(title)) in.refuse("title", "has control characters");
  const auto sha256 = in.optional_parsed("document_sha256", Sha256Digest::parse);
  const auto changes = json::text_items(in, "changes", parse_act_change);
  if (in.array("changes").empty()) in.refuse("changes", "is empty; say what the act changes, as report-form");
  std::vector<std::string> forms = in.texts_or_empty("forms", kMaxList);
  std::vector<std::string> parts = json::text_items(in, "parts", parse_act_part, kMaxParts);
  if (std::set<std::string>(parts.begin(), parts.end()).size() != parts.size()) in.refuse("parts", "names one twice");
  std::vector<std::string> amends = in.texts_or_empty("amends", kMaxList);
  std::map<Trigger, std::string> sources;
  if (in.has("sources")) {
    KIP_TRY(sources, read_sources(in.object("sources"), unknown));
  }
  std::vector<std::string> replaces = in.texts_or_empty("replaces", kMaxList);
  AppliesTo applies_to;
  if (in.has("applies_to")) {
    KIP_TRY(applies_to, read_applies_to(in.object("applies_to"), unknown));
  }
  KIP_TRY_VOID(in.finish(unknown));
  KIP_TRY(ActKey key, ActKey::create(issuer, number, year));
  return Act{.key = std::move(key),
             .country = country.value_or("VN"),
             .kind = *kind,
             .title = title,
             .note = note,
             .signed_on = *signed_on,
             .gazetted_on = gazetted_on,
             .effective_on = effective_on,
             .aware_on = aware_on,
             .sources = std::move(sources),
             .confidence = confidence,
             .document_sha256 = sha256,
             .changes = {changes.begin(), changes.end()},
             .forms = std::move(forms),
             .parts = std::move(parts),
             .amends = std::move(amends),
             .replaces = std::move(replaces),
             .applies_to = std::move(applies_to)};
}

Result<Act> parse_act(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text, {.bytes = kMaxBytes}));
  return read_act(value);
}

json::Value to_json(const Act& act) {
  json::Array changes;
  for (const ActChange change : act.changes)
    changes.push_back(to_string(change));
  json::Object out{{"format", uses_minor(act) ? "kip.act/1.1" : "kip.act/1"},
                   {"country", act.country},
                   {"issuer", act.key.issuer()},
                   {"number", act.key.number()},
                   {"year", act.key.year()},
                   {"kind", to_string(act.kind)},
                   {"signed_on", format_date(act.signed_on)},
                   {"changes", std::move(changes)}};
  put_text(out, "title", act.title);
  put_text(out, "note", act.note);
  put_text(out, "confidence", act.confidence);
  put_date(out, "gazetted_on", act.gazetted_on);
  put_date(out, "effective_on", act.effective_on);
  put_date(out, "aware_on", act.aware_on);
  if (act.document_sha256) out.emplace("document_sha256", act.document_sha256->hex());
  if (!act.forms.empty()) out.emplace("forms", texts_json(act.forms));
  if (!act.replaces.empty()) out.emplace("replaces", texts_json(act.replaces));
  if (!act.parts.empty()) out.emplace("parts", texts_json(act.parts));
  if (!act.amends.empty()) out.emplace("amends", texts_json(act.amends));
  if (!act.sources.empty()) {
    json::Object sources;
    for (const auto& [date, name] : kDates) {
      if (const auto found = act.sources.find(date); found != act.sources.end()) put_text(sources, name, found->second);
    }
    out.emplace("sources", std::move(sources));
  }
  if (act.applies_to != AppliesTo{}) out.emplace("applies_to", applies_to_json(act.applies_to));
  return out;
}

}  // namespace kip
