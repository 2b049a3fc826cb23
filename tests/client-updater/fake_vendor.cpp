#include "fake_vendor.hpp"

#include <algorithm>

#include <manifests/codec/reader.hpp>
#include <manifests/model/event.hpp>
#include <manifests/model/receipt_file.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/package/delta_writer.hpp>
#include <signing/package/package_writer.hpp>
#include <signing/protocol/key_rotation.hpp>
#include <signing/protocol/request_signature.hpp>
#include <signing/storage/memory_file_system.hpp>

namespace kip::updater {
namespace {

const ProductId& forms() {
  static const ProductId kProduct = ProductId::parse("forms").value();
  return kProduct;
}

HttpResponse problem(int status, std::string_view code, std::string_view detail) {
  return {.status = status, .body = json::to_compact(json::Object{{"code", code}, {"detail", detail}})};
}

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

Signer new_signer() {
  return Signer::of(PrivateKey::generate(KeyType::ed25519).value());
}

TestPackage pack(const ProductId& product, std::string_view version, const Content& content,
                 const std::vector<Version>& from_versions, const std::vector<PackageProbe>& probes) {
  MemoryFileSystem files;
  KIP_CHECK(files.make_directory("/in", 0755).has_value());
  for (const auto& [path, text] : content) {
    const std::filesystem::path file = "/in/" + path;
    KIP_CHECK(make_directories(files, file.parent_path(), 0755).has_value());
    const auto output = files.open_output(file, OutputMode::create_new, path.ends_with(".sh") ? 0755 : 0644);
    KIP_CHECK(output.has_value() && (*output)->write(text).has_value());
  }
  PackDescription description;
  description.subject.from_versions = from_versions;
  const bool has_editable =
      std::any_of(content.begin(), content.end(), [](const auto& file) { return file.first.ends_with(".ini"); });
  if (has_editable) description.editable = {PathPattern::parse("**/*.ini").value()};
  description.subject.upkeep.probes = probes;
  for (const auto& [path, text] : content) {
    if (!path.starts_with("sql/")) continue;
    const std::filesystem::path file(path);
    description.subject.upkeep.migrations.push_back({file.parent_path().filename().string(),
                                                     std::stoll(file.stem().string()),
                                                     SafeRelativePath::parse(path).value()});
  }
  const auto written =
      write_package(files, {"/in", "/out.kpk", product, Version::parse(version).value(), std::move(description)});
  KIP_CHECK(written.has_value());
  return {
      read_file(files, "/out.kpk", 1U << 30U).value(),
      Release{product, Version::parse(version).value(), written->identity, {}, {{"en", "what is new"}}, {}, {}, {}}};
}

}  // namespace

TestPackage make_package(const ProductId& product, std::string_view version, const Content& content,
                         const std::vector<Version>& from_versions, const std::vector<PackageProbe>& probes) {
  if (!probes.empty()) return pack(product, version, content, from_versions, probes);
  // Compressing well takes long, and a sweep needs the same package hundreds of times.
  static std::map<std::tuple<ProductId, std::string, Content, std::vector<Version>>, TestPackage> packed;
  const std::tuple key(product, std::string(version), content, from_versions);
  auto found = packed.find(key);
  if (found == packed.end()) found = packed.emplace(key, pack(product, version, content, from_versions, {})).first;
  return found->second;
}

Bytes make_delta(const TestPackage& from, const TestPackage& to) {
  static std::map<std::pair<Bytes, Bytes>, Bytes> made;
  const std::pair key(from.bytes, to.bytes);
  if (const auto found = made.find(key); found != made.end()) return found->second;
  MemoryFileSystem files;
  for (const auto& [path, bytes] : {std::pair("/old.kpk", from.bytes), std::pair("/new.kpk", to.bytes)}) {
    const auto output = files.open_output(path, OutputMode::create_new, 0644);
    KIP_CHECK(output.has_value() && (*output)->write(bytes).has_value());
  }
  KIP_CHECK(write_delta(files, {"/old.kpk", "/new.kpk", "/out.kpd"}).has_value());
  return made.emplace(key, read_file(files, "/out.kpd", 1U << 30U).value()).first->second;
}

FakeVendor::FakeVendor(Instant start)
    : code{"http://vendor.test",
           TenantId::parse("an-phat").value(),
           forms(),
           sha256(""),
           "",
           "00112233445566778899aabbccddeeff"},
      repository(forms(), start),
      now(start),
      log_key_(new_signer()) {
  code.root = repository.root_digest();
  code.log_key = log_key_.key.public_key().material();
}

Release FakeVendor::release(std::string_view version, const Content& content) {
  TestPackage package = make_package(forms(), version, content, {}, probes);
  repository.add_release(package.release, std::move(package.bytes));
  roll_out(package.release);
  return package.release;
}

std::string FakeVendor::add_delta(std::string_view from, const Content& before, std::string_view to,
                                  const Content& after) {
  const TestPackage base = make_package(forms(), from, before);
  const TestPackage made = make_package(forms(), to, after);
  std::string path = repository.add_delta(
      {forms(), {base.release.version, base.release.manifest}, {made.release.version, made.release.manifest}},
      make_delta(base, made));
  roll_out(made.release);
  return path;
}

void FakeVendor::roll_out(const Release& release, std::int64_t percent, bool paused) {
  repository.set_rollout({release.product, release.version, percent, paused});
  repository.set_now(now);
  repository.publish();
}

Result<HttpResponse> FakeVendor::send(const HttpRequest& request) {
  const std::string path(url_path(request.url));
  before_request(path);
  const bool is_server = path.starts_with("/v1/") && !path.ends_with("/enrolments");
  if (down || (is_server && receipts_down) || !request.url.starts_with(code.url)) {
    return fail(ErrorCode::network, "could not connect to " + request.url + " (test)");
  }
  paths.push_back(request.method + " " + path);
  HttpResponse response = answer(request, path);
  if (!loses_answer_of.empty() && path.ends_with(loses_answer_of))
    return fail(ErrorCode::network, "the connection to " + request.url + " broke (test)");
  if (response.body.size() > request.max_body) return fail(ErrorCode::too_large, path + " is too large");
  return response;
}

HttpResponse FakeVendor::answer(const HttpRequest& request, const std::string& path) {
  if (path == "/v1/tenants/an-phat/enrolments") return take_enrolment(request);
  if (path == "/v1/tenants/an-phat/install-keys") return take_rotation(request);
  if (path == "/v1/tenants/an-phat/receipts") return take_receipts(request);
  if (path == "/v1/tenants/an-phat/postponement") return tell_postponement(request);
  if (path == "/v1/tenants/an-phat/service-requests") return take_request(request);
  return serve_file(path);
}

HttpResponse FakeVendor::take_rotation(const HttpRequest& request) {
  if (refuses_keys) return problem(*refuses_keys, "refused", "not today");
  const auto rotation = read_rotation(request.body);
  if (!rotation) return problem(400, "malformed", rotation.error().message);
  const bool is_done = rotation->new_key.usable() == install_key_;
  if (!is_done && !verify_given_up(*rotation, Key::of(*install_key_))) return problem(403, "denied", "not its key");
  install_key_ = rotation->new_key.usable();
  if (!is_done) ++rotations;
  installs.insert_or_assign(rotation->new_key.id(), installs.begin()->second);
  KeyRotationAnswer said{rotation->said.tenant, rotation->said.install, rotation->new_key.id(), now};
  forge_key_answer(said);
  const auto envelope = dsse::sign(std::string(kKeyRotationAnswerType), json::to_compact(to_json(said)),
                                   other_log_key ? *other_log_key : log_key_);
  return {.status = is_done ? 200 : 201, .body = dsse::to_bytes(envelope.value())};
}

/// What is recorded already may be signed with a key that was given up since.
bool FakeVendor::may_come(const Bytes& envelope_bytes, std::string_view type, bool is_known) const {
  return is_known || dsse::verify(dsse::parse(envelope_bytes).value(), type, {*install_key_}).has_value();
}

HttpResponse FakeVendor::serve_file(std::string_view path) const {
  constexpr std::string_view kBase = "/t/an-phat/";
  const auto found =
      path.starts_with(kBase) ? repository.files.find(path.substr(kBase.size())) : repository.files.end();
  if (found == repository.files.end()) return problem(404, "not-found", "no such file");
  return {.status = 200, .body = found->second};
}

Result<HttpResponse> FakeVendor::download(const HttpDownload& request, BodySink& sink) {
  const std::string path(url_path(request.url));
  before_request(path);
  if (down) return fail(ErrorCode::network, "could not connect to " + request.url + " (test)");
  paths.push_back("GET " + path);
  HttpResponse response = serve_file(path);
  if (response.status != 200) return response;
  const std::uint64_t start = knows_range ? request.offset : 0;
  BytesView body = BytesView(response.body).substr(std::min<std::size_t>(start, response.body.size()));
  const std::uint64_t allowed = start == 0 ? request.max_body + request.offset : request.max_body;
  if (body.size() > allowed) return fail(ErrorCode::too_large, path + " is too large");
  const bool cut = !cuts.empty() && path.find("/targets/rollouts/") == std::string::npos;
  if (cut) {
    body = body.substr(0, cuts.front());
    cuts.erase(cuts.begin());
  }
  KIP_TRY_VOID(sink.begin(start));
  KIP_TRY_VOID(sink.write(body));
  if (cut) return fail(ErrorCode::network, "the connection to " + request.url + " broke (test)");
  return HttpResponse{.status = start == 0 ? 200 : 206};
}

HttpResponse FakeVendor::take_enrolment(const HttpRequest& request) {
  const auto envelope = dsse::parse(request.body);
  if (!envelope) return problem(400, "malformed", envelope.error().message);
  const auto asked = parse_enrolment_request(envelope->payload);
  if (!asked || asked->secret != code.secret) return problem(403, "denied", "this code is not known here");
  const auto key = Key::parse(asked->public_key);
  if (!key || !key->usable() || !dsse::verify(*envelope, kEnrolmentType, {*key->usable()})) {
    return problem(422, "signature", "not signed by its key");
  }
  if (!installs.empty() && !installs.contains(key->id())) {
    held = true;
    return problem(409, "conflict", "this enrolment code was used by another machine already");
  }
  const bool is_new = installs.empty();
  const auto id = InstallId::parse("01JD0000000000000000000001").value();
  installs.emplace(key->id(), id);
  install_key_ = key->usable();
  json::Object answer{{"install", id.str()}, {"standing", "active"}};
  if (replaces) answer["replaces"] = *replaces;
  return {.status = is_new ? 201 : 200, .body = json::to_compact(std::move(answer))};
}

/// Throws where the request is not what an install may send.
HttpResponse FakeVendor::take_request(const HttpRequest& request) {
  if (!is_signed(request)) return problem(403, "denied", "the request's signature is not valid");
  if (refuses_requests) return problem(*refuses_requests, "refused", "ask for remote help first");
  const json::Value body = json::parse(request.body).value();
  const Bytes envelope = from_base64(*body.find("request")->as_text()).value();
  const ServiceRequest asked = parse_service_request(dsse::parse(envelope).value().payload).value();
  const auto before = requests.find(asked.id);
  if (!may_come(envelope, kServiceRequestType, before != requests.end() && before->second == envelope))
    return problem(422, "signature", "not signed by the install");
  const auto [kept, is_new] = requests.try_emplace(asked.id, envelope);
  KIP_CHECK(kept->second == envelope);
  if (is_new) request_words.push_back(std::string(to_string(asked.kind)) + " " + std::to_string(asked.grade));
  const auto number = static_cast<std::int64_t>(std::distance(requests.begin(), kept)) + 1;
  ServiceAnswer said{asked.tenant, asked.install, asked.id, sha256(envelope), number, now};
  forge_answer(said);
  const auto answer = dsse::sign(std::string(kServiceAnswerType), json::to_compact(to_json(said)),
                                 other_log_key ? *other_log_key : log_key_);
  const std::string due = format_instant(now + std::chrono::hours(24));
  return {
      .status = is_new ? 201 : 200,
      .body = json::to_compact(json::Object{{"answer", to_base64(dsse::to_bytes(answer.value()))},
                                            {"open", !resolved},
                                            {"promises", json::Array{json::Object{{"promise", "p"}, {"due", due}}}}})};
}

HttpResponse FakeVendor::take_receipts(const HttpRequest& request) {
  if (!retry_after.empty()) {
    HttpResponse busy = problem(503, "busy", "come back later");
    busy.headers["retry-after"] = retry_after;
    return busy;
  }
  if (!is_signed(request)) return problem(403, "denied", "the request's signature is not valid");
  const auto body = json::parse(request.body);
  if (!body) return problem(400, "malformed", body.error().message);
  json::ObjectReader in(*body, "receipts");
  KIP_CHECK(in.boolean_or("stop_at_fork", false));
  std::vector<const Kept*> acknowledged;
  const std::int64_t event = next_event();
  json::Object answer{{"standing", held ? "held" : "active"}};
  const std::vector<std::string> texts = in.texts_or_empty("receipts", 100);
  for (const std::string& text : texts) {
    const Bytes envelope = from_base64(text).value();
    const bool is_known = std::any_of(receipts.begin(), receipts.end(),
                                      [&](const auto& one) { return one.second.digest == sha256(envelope); });
    if (!may_come(envelope, kReceiptType, is_known)) return problem(422, "signature", "not signed by the install");
  }
  for (const std::string& text : texts) {
    const Bytes envelope = from_base64(text).value();
    if (const Kept* fork = find_fork(envelope)) {
      answer["fork"] = signed_word({fork});
      break;
    }
    if (acknowledged.empty()) tell_missing(parse_receipt(dsse::parse(envelope)->payload).value(), answer);
    acknowledged.push_back(&keep(envelope, event));
  }
  if (!acknowledged.empty()) answer["acknowledgement"] = signed_word(acknowledged);
  answer["disputed"] = disputed;
  return {.status = 200, .body = json::to_compact(std::move(answer))};
}

void FakeVendor::tell_missing(const Receipt& receipt, json::Object& answer) const {
  if (always_missing) answer["missing_from"] = 1;
  if (receipt.sequence == 1 || receipts.contains({receipt.incarnation, receipt.sequence - 1})) return;
  std::int64_t last = 0;
  for (const auto& [place, kept] : receipts) {
    if (place.first == receipt.incarnation && place.second < receipt.sequence) last = std::max(last, place.second);
  }
  answer["missing_from"] = last + 1;
}

bool FakeVendor::is_signed(const HttpRequest& request) const {
  const auto signature = parse_request_signature(header(request, "Kip-Install"), header(request, "Kip-Time"),
                                                 header(request, "Kip-Nonce"), header(request, "Kip-Signature"));
  return signature && install_key_ &&
         verify_request(*signature, *install_key_, request.method, url_path(request.url), request.body, now)
             .has_value();
}

HttpResponse FakeVendor::tell_postponement(const HttpRequest& request) {
  if (!is_signed(request)) return problem(403, "denied", "the request's signature is not valid");
  Postponement said = contract;
  said.said_at = contract_said_at.value_or(now);
  const PostponementStatement statement{code.tenant, installs.begin()->second, said};
  const auto envelope = dsse::sign(std::string(kPostponementType), json::to_compact(to_json(statement)),
                                   other_log_key ? *other_log_key : log_key_);
  return {.status = 200, .body = dsse::to_bytes(envelope.value())};
}

const FakeVendor::Kept* FakeVendor::find_fork(const Bytes& envelope_bytes) const {
  const Receipt receipt = parse_receipt(dsse::parse(envelope_bytes)->payload).value();
  const auto same = receipts.find({receipt.incarnation, receipt.sequence});
  if (same != receipts.end()) return same->second.digest == sha256(envelope_bytes) ? nullptr : &same->second;
  const auto before = receipts.find({receipt.incarnation, receipt.sequence - 1});
  return before == receipts.end() || before->second.digest == receipt.previous ? nullptr : &before->second;
}

Bytes FakeVendor::answer_file(BytesView receipts_file) {
  ReceiptFile file = parse_receipt_file(receipts_file, ReceiptFileKind::receipts).value();
  std::vector<const Kept*> acknowledged;
  const std::int64_t event = next_event();
  for (const Bytes& envelope : file.envelopes)
    acknowledged.push_back(&keep(envelope, event));
  file.envelopes = {from_base64(signed_word(acknowledged)).value()};
  return to_bytes(file, ReceiptFileKind::acknowledgements);
}

std::int64_t FakeVendor::next_event() const {
  std::int64_t last = 0;
  for (const auto& [place, kept] : receipts)
    last = std::max(last, kept.event_index);
  return last + 1;
}

/// A receipt that comes again keeps its place. Throws where the receipt is not what an install may send.
const FakeVendor::Kept& FakeVendor::keep(const Bytes& envelope_bytes, std::int64_t event_index) {
  const Bytes payload = dsse::parse(envelope_bytes).value().payload;
  const Receipt receipt = parse_receipt(payload).value();
  const Sha256Digest digest = sha256(envelope_bytes);
  KIP_CHECK(may_come(envelope_bytes, kReceiptType, receipts.contains({receipt.incarnation, receipt.sequence})));
  const auto [kept, is_new] =
      receipts.try_emplace({receipt.incarnation, receipt.sequence}, Kept{receipt, event_index, digest, now});
  KIP_CHECK(kept->second.digest == digest);
  if (is_new && receipt.sequence == 1) incarnations.push_back(receipt.incarnation);
  if (is_new && receipt.incarnation != incarnations.back()) disputed = true;
  const auto before = receipts.find({receipt.incarnation, receipt.sequence - 1});
  if (receipt.previous) KIP_CHECK(before == receipts.end() || before->second.digest == *receipt.previous);
  return kept->second;
}

std::string FakeVendor::signed_word(const std::vector<const Kept*>& kept) {
  Acknowledgement said{kept.front()->receipt.tenant, kept.front()->receipt.install, {}};
  for (const Kept* one : kept) {
    said.receipts.push_back(
        {one->receipt.incarnation, one->receipt.sequence, one->digest, one->event_index, one->recorded});
  }
  forge(said);
  const auto envelope = dsse::sign(std::string(kAcknowledgementType), json::to_compact(to_json(said)),
                                   other_log_key ? *other_log_key : log_key_);
  return to_base64(dsse::to_bytes(envelope.value()));
}

std::vector<std::string> FakeVendor::reported(std::string_view version) const {
  std::vector<std::string> out;
  for (const auto& [place, kept] : receipts) {
    if (kept.receipt.version.str() == version) out.emplace_back(to_string(kept.receipt.state));
  }
  return out;
}

}  // namespace kip::updater
