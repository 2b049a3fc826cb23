#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/model/receipt.hpp>
#include <manifests/model/receipt_file.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/evidence/receipts_recorded.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::cli {
namespace {

constexpr unsigned kForAll = 0644;

struct ReceiptOptions {
  ServerOptions server;
  std::string file;
  std::string out;
};

/// Nothing else than an earlier answer to this install may be replaced.
Result<void> expect_replaceable(Context& context, const std::filesystem::path& out, const InstallId& install) {
  KIP_TRY(const bool exists, path_exists(context.files, out));
  if (!exists) return {};
  KIP_TRY(const Bytes bytes, read_file(context.files, out, ReceiptFile::kMaxBytes));
  const auto before = parse_receipt_file(bytes, ReceiptFileKind::acknowledgements);
  if (before && before->install == install) return {};
  return fail(ErrorCode::conflict,
              fmt::format("{} exists and is no file of acknowledgements for {}; choose another --out", out.string(),
                          install.str()));
}

/// What came of receipts, in their order. The signatures are for those to verify who have the keys: the server and the
/// install. Errors: malformed where the answer is about others.
Result<void> tell(const std::vector<Bytes>& receipts, const Bytes& acknowledgement, json::Array& to) {
  KIP_TRY(const dsse::Envelope answer, dsse::parse(acknowledgement));
  KIP_TRY(const Acknowledgement said, parse_acknowledgement(answer.payload));
  std::map<Sha256Digest, const AcknowledgedReceipt*> places;
  for (const AcknowledgedReceipt& one : said.receipts)
    places.emplace(one.receipt, &one);
  for (const Bytes& receipt : receipts) {
    KIP_TRY(const dsse::Envelope sent, dsse::parse(receipt));
    KIP_TRY(const Receipt about, parse_receipt(sent.payload));
    const auto place = places.find(sha256(receipt));
    if (place == places.end()) {
      return fail(ErrorCode::malformed,
                  fmt::format("the server acknowledged {} of {} receipts; try again", places.size(), receipts.size()));
    }
    to.push_back(json::Object{{"sequence", about.sequence},
                              {"state", to_string(about.state)},
                              {"version", about.version.str()},
                              {"claimed_time", format_instant(about.claimed_time)},
                              {"event_index", place->second->event_index},
                              {"recorded_time", format_instant(place->second->recorded_time)}});
  }
  return {};
}

/// What the server takes at once.
std::size_t batch_end(const std::vector<Bytes>& envelopes, std::size_t begin) {
  std::size_t octets = envelopes[begin].size();
  std::size_t end = begin + 1;
  while (end < envelopes.size() && end - begin < kMaxReceiptsAtOnce) {
    octets += envelopes[end].size();
    if (octets > kMaxRecordedOctets) break;
    ++end;
  }
  return end;
}

/// The acknowledgement of a batch.
Result<Bytes> send(ApiClient& api, const InstallId& install, const std::vector<Bytes>& batch, std::string& standing) {
  json::Array list;
  for (const Bytes& envelope : batch)
    list.push_back(to_base64(envelope));
  KIP_TRY(const json::Value answer,
          api.post("/receipt-imports", json::Object{{"install", install.str()}, {"receipts", std::move(list)}}));
  standing = text_of(answer, "standing");
  return from_base64(text_of(answer, "acknowledgement"));
}

std::string line_of(const json::Value& one) {
  return fmt::format("receipt {}: {} {}, claimed {}; place {} in the log, recorded {}", number_of(one, "sequence"),
                     text_of(one, "state"), text_of(one, "version"), text_of(one, "claimed_time"),
                     number_of(one, "event_index"), text_of(one, "recorded_time"));
}

Result<void> receipt_import(Context& context, const ReceiptOptions& options) {
  KIP_TRY(const Bytes bytes, read_file(context.files, options.file, ReceiptFile::kMaxBytes, Links::follow));
  auto read = parse_receipt_file(bytes, ReceiptFileKind::receipts);
  if (!read) return fail_while("reading " + options.file, std::move(read).error());
  KIP_TRY(ApiClient api, ApiClient::open(context, options.server));
  if (api.tenant() != read->tenant) {
    return fail(ErrorCode::usage, fmt::format("{} holds receipts for {}, not for {}", options.file, read->tenant.str(),
                                              api.tenant().str()));
  }
  const std::filesystem::path out = options.out.empty()
                                        ? std::filesystem::path(options.file).parent_path() /
                                              fmt::format("kip-acknowledgements-{}.json", read->install.str())
                                        : std::filesystem::path(options.out);
  KIP_TRY_VOID(expect_replaceable(context, out, read->install));
  ReceiptFile answer{read->tenant, read->install, {}};
  std::string standing;
  json::Array receipts;
  const auto all = read->envelopes.begin();
  for (std::size_t begin = 0, end = 0; begin < read->envelopes.size(); begin = end) {
    end = batch_end(read->envelopes, begin);
    const std::vector<Bytes> batch(all + static_cast<std::ptrdiff_t>(begin), all + static_cast<std::ptrdiff_t>(end));
    KIP_TRY(Bytes acknowledgement, send(api, read->install, batch, standing));
    KIP_TRY_VOID(tell(batch, acknowledgement, receipts));
    answer.envelopes.push_back(std::move(acknowledgement));
  }
  std::vector<std::string> lines;
  for (const json::Value& one : receipts)
    lines.push_back(line_of(one));
  KIP_TRY_VOID(replace_file(context.files, out, to_bytes(answer, ReceiptFileKind::acknowledgements), kForAll));
  lines.push_back(
      fmt::format("{} receipts of {} are recorded. Send {} back: kip-updater receipts acknowledge takes it.",
                  receipts.size(), read->install.str(), out.string()));
  if (standing == "held") lines.emplace_back("This install is held: its receipts are kept, but count for nothing.");
  context.print(lines, json::Object{{"install", read->install.str()},
                                    {"standing", standing},
                                    {"receipts", std::move(receipts)},
                                    {"file", out.string()}});
  return {};
}

}  // namespace

void add_receipt_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ReceiptOptions>();
  CLI::App* receipt = app.add_subcommand("receipt", "Reports of installs that come as a file");
  receipt->require_subcommand(1);
  CLI::App* import = receipt->add_subcommand(
      "import", "Record the receipts of a file, and write the acknowledgements that go back; may be repeated");
  add_server_options(import, options->server);
  import->add_option("file", options->file, "The file that kip-updater wrote")->required();
  import->add_option("--out", options->out, "Where to write the acknowledgements (default: beside the file)");
  import->callback([&context, options] { context.finish(receipt_import(context, *options));
});
}  // namespace kip::cli

}  // namespace kip::cli
