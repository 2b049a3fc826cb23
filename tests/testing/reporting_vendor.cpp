#include <chrono>

#include <fmt/format.h>

#include <manifests/core/check.hpp>
#include <manifests/model/event.hpp>
#include <manifests/model/log_entry.hpp>
#include <signing/ceremony/repository_plan.hpp>
#include <signing/crypto/random.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/receipts_recorded.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/protocol/request_signature.hpp>
#include <signing/tuf/repository.hpp>
#include <testing/files.hpp>
#include <testing/reporting_vendor.hpp>

namespace kip::testing {
namespace {

constexpr int kSeats = 1000;

Instant now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

Bytes ReportingInstall::next_receipt(InstallState state, std::string_view version) {
  const Receipt receipt{code_.tenant, id_,           std::string(32, '1'),     ++sequence_,     previous_, now(),
                        state,        code_.product, *Version::parse(version), sha256(version), "load"};
  Bytes bytes = dsse::to_bytes(*dsse::sign(std::string(kReceiptType), json::to_compact(to_json(receipt)), signer_));
  previous_ = sha256(bytes);
  return bytes;
}

HttpRequest ReportingInstall::delivery(const std::string& url, const std::vector<Bytes>& receipts) const {
  json::Array list;
  for (const Bytes& envelope : receipts)
    list.emplace_back(to_base64(envelope));
  HttpRequest out{
      "POST", url, {}, json::to_compact(json::Object{{"receipts", std::move(list)}, {"stop_at_fork", true}})};
  SystemRandom random;
  out.headers = *sign_request(id_, signer_.key, "POST", url_path(url), out.body, now(), random);
  out.headers.emplace_back("Content-Type", "application/json");
  return out;
}

Result<ReceiptPlaces> ReportingInstall::acknowledged(BytesView answer) const {
  ReceiptPlaces out;
  KIP_TRY(const json::Value body, json::parse(answer));
  KIP_TRY(const PublicKey log_key, PublicKey::from_ed25519(code_.log_key));
  const json::Value* word = body.find("acknowledgement");
  if (word == nullptr || word->as_text() == nullptr) return fail(ErrorCode::malformed, "an answer without a word");
  KIP_TRY(const Bytes octets, from_base64(*word->as_text()));
  KIP_TRY(const dsse::Envelope envelope, dsse::parse(octets));
  KIP_TRY(const Bytes payload, dsse::verify(envelope, kAcknowledgementType, {log_key}));
  KIP_TRY(const Acknowledgement acknowledgement, parse_acknowledgement(payload));
  for (const AcknowledgedReceipt& one : acknowledgement.receipts)
    out.insert_or_assign(one.receipt, one.event_index);
  return out;
}

ReportingVendor::ReportingVendor(const ServerProcess& server)
    : server_(server), base_(server.url() + "/v1/tenants/acme") {
  publish();
  call(
      "POST", "/customers/import",
      *json::parse(fmt::format(
          R"({{"customers":[{{"format":"kip.customer/1","tax_code":"0100109106","name":"Load","email":"","product":"forms",
      "contract_start":"2026-01-01","periods":{{"months":[120]}},"seats":{}}}],"dry_run":false}})",
          kSeats)));
  const json::Value codes = call("POST", "/enrolment-codes",
                                 json::Object{{"tax_code", "0100109106"}, {"product", "forms"}, {"seats", kSeats}});
  code_ = *parse_enrolment_code(*codes.find("codes")->as_array()->front().as_text(), sha256);
}

ReportingInstall ReportingVendor::enrol(const std::string& label) const {
  Signer signer = Signer::of(*PrivateKey::generate(KeyType::ed25519));
  const EnrolmentRequest request{code_->tenant, code_->product, code_->secret, Key::of(signer.key.public_key()).json(),
                                 label};
  const auto envelope = dsse::sign(std::string(kEnrolmentType), json::to_compact(to_json(request)), signer);
  const json::Value answer = call("POST", "/enrolments", *json::parse(dsse::to_bytes(*envelope)));
  return {*code_, *InstallId::parse(*answer.find("install")->as_text()), std::move(signer)};
}

json::Value ReportingVendor::call(const std::string& method, const std::string& route, const json::Value& body) const {
  CurlHttpClient http;
  HttpRequest request{method, base_ + route, {{"Authorization", "Bearer " + server_.token()}}};
  if (!body.is_null()) {
    request.body = json::to_compact(body);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  const auto answer = http.send(request);
  KIP_CHECK(answer.has_value() && answer->status < 300);
  return json::parse(answer->body).value_or(json::Value());
}

void ReportingVendor::publish() const {
  const Signer officer = Signer::of(*PrivateKey::generate(KeyType::ed25519));
  const auto online = parse_online_keys(read_file(server_.directory() / "online-keys.json"));
  KIP_CHECK(online.has_value());
  const auto first =
      first_versions({*online, {{"An", Key::of(officer.key.public_key())}}, 1, {*ProductId::parse("forms")}, now()});
  json::Object documents;
  documents["root"] = json::Array{to_base64(*tuf::sign_metadata(to_json(first->root), {&officer}))};
  documents["targets"] = to_base64(*tuf::sign_metadata(to_json(first->targets), {&officer}));
  for (const auto& [role, targets] : first->products)
    documents[role] = to_base64(*tuf::sign_metadata(to_json(targets), {&officer}));
  call("POST", "/publications", json::Object{{"documents", std::move(documents)}});
}

Result<void> ReportingVendor::each_event(
    const std::function<Result<void>(std::int64_t, const json::Value&)>& visit) const {
  for (std::int64_t after = 0;;) {
    const json::Value page = call("GET", fmt::format("/events?after={}&limit=1000", after), {});
    const json::Array& events = *page.find("events")->as_array();
    if (events.empty()) return {};
    for (const json::Value& item : events) {
      after = *item.find("index")->as_integer();
      KIP_TRY_VOID(visit(after, item));
    }
  }
}

Result<ReceiptPlaces> ReportingVendor::recorded() const {
  ReceiptPlaces out;
  KIP_TRY_VOID(each_event([&](std::int64_t index, const json::Value& item) -> Result<void> {
    if (*item.find("type")->as_text() != event_type::kReceiptsRecorded) return {};
    KIP_TRY(const Bytes octets, from_base64(*item.find("envelope")->as_text()));
    KIP_TRY(const dsse::Envelope envelope, dsse::parse(octets));
    KIP_TRY(const Event event, parse_event(envelope.payload));
    KIP_TRY(const auto receipts, read_receipts_recorded(event.body));
    for (const ReceivedReceipt& one : receipts) {
      if (!out.emplace(one.digest, index).second)
        return fail(ErrorCode::conflict, fmt::format("a receipt of event {} stands in history twice", index));
    }
    return {};
  }));
  return out;
}

std::int64_t ReportingVendor::private_events() const {
  std::int64_t out = 0;
  const auto counted = each_event([&](std::int64_t, const json::Value& item) -> Result<void> {
    if (entry_rule(*item.find("type")->as_text()).stands_in(LogName::r)) ++out;
    return {};
  });
  KIP_CHECK(counted.has_value());
  return out;
}

tlog::LogFileReader ReportingVendor::log_files() const {
  return tlog::files_below(files_, server_.directory() / "logs" / "r" / "public");
}

tlog::Checkpoint ReportingVendor::checkpoint() const {
  const auto note = tlog::read_checkpoint_note(log_files());
  KIP_CHECK(note.has_value());
  return tlog::Checkpoint::parse(note->text).value();
}

Result<tlog::HeadChange> ReportingVendor::change_since(const tlog::TreeHead& earlier) const {
  const tlog::TreeHead now = checkpoint().head;
  return tlog::compare_heads(earlier, now, tlog::nodes_of(now.size, tlog::tiles_of(log_files())));
}

}  // namespace kip::testing
