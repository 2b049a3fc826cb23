#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <manifests/model/receipt.hpp>
#include <manifests/model/receipt_file.hpp>
#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::cli {
namespace {

constexpr std::size_t kBatch = 100;
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

/// What came of one receipt. The signatures are for those to verify who have the keys: the server and the install.
Result<json::Value> told(const Bytes& receipt, const Bytes& acknowledgement) {
  KIP_TRY(const dsse::Envelope sent, dsse::parse(receipt));
  KIP_TRY(const Receipt about, parse_receipt(sent.payload));
  KIP_TRY(const dsse::Envelope answer, dsse::parse(acknowledgement));
  KIP_TRY(const Acknowledgement said, parse_acknowledgement(answer.payload));
  return json::Value(json::Object{{"sequence", about.sequence},
                                  {"state", to_string(about.state)},
                                  {"version", about.version.str()},
                                  {"claimed_time", format_instant(about.claimed_time)},
                                  {"event_index", said.event_index},
                                  {"recorded_time", format_instant(said.recorded_time)}});
}

Result<std::string> send(ApiClient& api, const InstallId& install, const std::vector<Bytes>& batch,
                         std::vector<Bytes>& acknowledgements) {
  json::Array list;
  for (const Bytes& envelope : batch)
    list.push_back(to_base64(envelope));
  KIP_TRY(const json::Value answer,
          api.post("/receipt-imports", json::Object{{"install", install.str()}, {"receipts", std::move(list)}}));
  const json::Array& items = list_of(answer, "acknowledgements");
  if (items.size() != batch.size()) {
    return fail(ErrorCode::malformed,
                fmt::format("the server acknowledged {} of {} receipts; try again", items.size(), batch.size()));
  }
  for (const json::Value& item : items) {
    KIP_TRY(Bytes envelope, from_base64(item.as_text() == nullptr ? "" : *item.as_text()));
    acknowledgements.push_back(std::move(envelope));
  }
  return std::string(text_of(answer, "standing"));
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
  for (std::size_t begin = 0; begin < read->envelopes.size(); begin += kBatch) {
    const auto from = read->envelopes.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto count = std::min(kBatch, read->envelopes.size() - begin);
    KIP_TRY(standing, send(api, read->install, {from, from + static_cast<std::ptrdiff_t>(count)}, answer.envelopes));
  }
  std::vector<std::string> lines;
  json::Array receipts;
  for (std::size_t i = 0; i < answer.envelopes.size(); ++i) {
    KIP_TRY(json::Value one, told(read->envelopes[i], answer.envelopes[i]));
    lines.push_back(fmt::format("receipt {}: {} {}, claimed {}; place {} in the log, recorded {}",
                                number_of(one, "sequence"), text_of(one, "state"), text_of(one, "version"),
                                text_of(one, "claimed_time"), number_of(one, "event_index"),
                                text_of(one, "recorded_time")));
    receipts.push_back(std::move(one));
  }
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
