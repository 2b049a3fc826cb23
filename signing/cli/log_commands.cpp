#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/evidence/log_source.hpp>
#include <signing/fetch/curl_http_client.hpp>
#include <signing/storage/atomic_file.hpp>
#include <signing/terminal/write_out.hpp>

namespace kip::cli {
namespace {

constexpr unsigned kForAll = 0644;

struct NoteOptions {
  std::vector<std::string> keys;
  std::string file;
  bool text = false;
};

struct LogOptions {
  std::string log;
  std::string key;
  std::string origin;
  std::string earlier;
  std::string proof;
  std::string entry;
  std::string out;
  std::uint64_t index = 0;
  bool no_entries = false;
};

/// A log that is looked at: in a folder, or behind a URL.
class Source {
 public:
  Source(Context& context, const std::string& place) : read_(reader(context, place)) {}
  const tlog::LogFileReader& files() const { return read_; }

 private:
  tlog::LogFileReader reader(Context& context, const std::string& place) {
    if (!place.starts_with("http://") && !place.starts_with("https://")) return tlog::files_below(context.files, place);
    http_ = std::make_unique<CurlHttpClient>();
    return files_behind(*http_, place);
  }

  std::unique_ptr<HttpClient> http_;
  tlog::LogFileReader read_;
};

Result<tlog::NoteKey> key_of(const std::string& text) {
  auto key = tlog::NoteKey::parse(text);
  if (!key) return fail(ErrorCode::usage, fmt::format("--vkey {}: {}", text, key.error().message));
  return key;
}

std::string_view type_name(tlog::NoteSignatureType type) {
  switch (type) {
    case tlog::NoteSignatureType::ed25519:
      return "Ed25519";
    case tlog::NoteSignatureType::ecdsa:
      return "ECDSA P-256";
    case tlog::NoteSignatureType::cosignature:
      return "cosignature";
    case tlog::NoteSignatureType::tree_head:
      return "tree head";
  }
  KIP_CHECK(false);
  return {};
}

/// What is wrong with the thing that was asked about, and not with the question, is an answer: no.
bool is_answer(ErrorCode code) {
  return code == ErrorCode::malformed || code == ErrorCode::too_large || code == ErrorCode::signature ||
         code == ErrorCode::integrity;
}

Result<void> answer(Context& context, const std::string& what, const Error& error) {
  if (!is_answer(error.code)) return Unexpected(Error(error));
  context.answer_no(what, error);
  return {};
}

/// Every key that was named must have signed.
Result<std::vector<tlog::Endorsement>> endorsements(const tlog::Note& note, const std::vector<tlog::NoteKey>& keys) {
  KIP_TRY(auto found, tlog::verify_note(note, keys));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (std::none_of(found.begin(), found.end(), [&](const tlog::Endorsement& one) { return one.key == i; }))
      return fail(ErrorCode::signature, fmt::format("\"{}\" has not signed it by that key", keys[i].name()));
  }
  return found;
}

Result<void> note_verify(Context& context, const NoteOptions& options) {
  std::vector<tlog::NoteKey> keys;
  for (const std::string& text : options.keys) {
    KIP_TRY(tlog::NoteKey key, key_of(text));
    const bool is_new =
        std::none_of(keys.begin(), keys.end(), [&](const tlog::NoteKey& other) { return other.text() == key.text(); });
    if (is_new) keys.push_back(std::move(key));
  }
  auto bytes = read_file(context.files, options.file, tlog::Note::kMaxBytes, Links::follow);
  if (!bytes) return answer(context, options.file, bytes.error());
  const auto note = tlog::Note::parse(*bytes);
  if (!note) return answer(context, options.file, note.error());
  const auto found = endorsements(*note, keys);
  if (!found) return answer(context, options.file, found.error());
  if (options.text) return write_out(note->text);
  std::vector<std::string> lines;
  json::Array signatures;
  for (const auto& [place, at] : *found) {
    const tlog::NoteKey& key = keys[place];
    lines.push_back(fmt::format("valid: {} by {} ({:08x}, {}){}", options.file, key.name(), key.id(),
                                type_name(key.type()), at ? " at " + format_instant(*at) : ""));
    json::Object one{
        {"name", key.name()}, {"key_id", fmt::format("{:08x}", key.id())}, {"type", type_name(key.type())}};
    if (at) one["time"] = format_instant(*at);
    signatures.emplace_back(std::move(one));
  }
  context.print(lines, json::Object{{"valid", true}, {"text", note->text}, {"signatures", std::move(signatures)}});
  return {};
}

std::string origin_of(const LogOptions& options, const tlog::NoteKey& key) {
  return options.origin.empty() ? key.name() : options.origin;
}

json::Object head_json(const tlog::Checkpoint& checkpoint) {
  return {{"valid", true},
          {"origin", checkpoint.origin},
          {"size", static_cast<std::int64_t>(checkpoint.head.size)},
          {"root", to_base64(checkpoint.head.root.bytes())}};
}

Result<void> log_prove(Context& context, const LogOptions& options) {
  KIP_TRY(const tlog::NoteKey key, key_of(options.key));
  const Source source(context, options.log);
  KIP_TRY(const tlog::EntryProof proof, prove_entry(source.files(), key, origin_of(options, key), options.index));
  KIP_TRY_VOID(replace_file(context.files, options.out, proof.bytes(), kForAll));
  KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(proof.checkpoint.text));
  json::Object value = head_json(checkpoint);
  value.erase("valid");
  value["index"] = static_cast<std::int64_t>(options.index);
  value["proof"] = options.out;
  context.print({fmt::format("Wrote {}: entry {} under the checkpoint of {} entries.", options.out, options.index,
                             checkpoint.head.size)},
                std::move(value));
  return {};
}

Result<void> verify_proof(Context& context, const LogOptions& options, const tlog::NoteKey& key) {
  KIP_TRY(const Bytes entry, read_file(context.files, options.entry, tlog::kMaxEntry, Links::follow));
  const auto bytes = read_file(context.files, options.proof, tlog::EntryProof::kMaxBytes, Links::follow);
  if (!bytes) return answer(context, options.proof, bytes.error());
  const auto proof = tlog::EntryProof::parse(*bytes);
  if (!proof) return answer(context, options.proof, proof.error());
  const auto checkpoint = proof->verify(entry, key, origin_of(options, key));
  if (!checkpoint) return answer(context, options.proof, checkpoint.error());
  json::Object value = head_json(*checkpoint);
  value["index"] = static_cast<std::int64_t>(proof->index);
  context.print({fmt::format("valid: {} is entry {} of {} with {} entries", options.entry, proof->index,
                             checkpoint->origin, checkpoint->head.size)},
                std::move(value));
  return {};
}

Result<void> verify_whole(Context& context, const LogOptions& options, const tlog::NoteKey& key) {
  std::optional<tlog::Checkpoint> earlier;
  if (!options.earlier.empty()) {
    const auto bytes = read_file(context.files, options.earlier, tlog::Note::kMaxBytes, Links::follow);
    if (!bytes) return answer(context, options.earlier, bytes.error());
    const auto note = tlog::Note::parse(*bytes);
    if (!note) return answer(context, options.earlier, note.error());
    auto checkpoint = tlog::open_checkpoint(*note, key, origin_of(options, key));
    if (!checkpoint) return answer(context, options.earlier, checkpoint.error());
    earlier = *std::move(checkpoint);
  }
  const Source source(context, options.log);
  const auto report = check_log(source.files(), key, origin_of(options, key),
                                options.no_entries ? LogEntries::kept : LogEntries::served, earlier);
  if (!report) return answer(context, options.log, report.error());
  const tlog::Checkpoint& checkpoint = report->checkpoint;
  std::vector<std::string> lines{
      fmt::format("valid: {} with {} entries", checkpoint.origin, checkpoint.head.size),
      options.no_entries ? std::string("  its entries were not looked at: every leaf stands under the checkpoint")
                         : std::string("  every entry was read and stands under the checkpoint")};
  if (earlier) lines.push_back(fmt::format("  it extends the checkpoint of {} entries", earlier->head.size));
  json::Object value = head_json(checkpoint);
  value["entries_read"] = static_cast<std::int64_t>(report->entries);
  if (earlier) value["extends"] = static_cast<std::int64_t>(earlier->head.size);
  context.print(lines, std::move(value));
  return {};
}

Result<void> log_verify(Context& context, const LogOptions& options) {
  KIP_TRY(const tlog::NoteKey key, key_of(options.key));
  const bool one_entry = !options.proof.empty() || !options.entry.empty();
  if (one_entry == !options.log.empty() || options.proof.empty() != options.entry.empty()) {
    return fail(ErrorCode::usage, "give --proof and --entry to check one entry, or --log to check a whole log");
  }
  return one_entry ? verify_proof(context, options, key) : verify_whole(context, options, key);
}

void add_note_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<NoteOptions>();
  CLI::App* note = app.add_subcommand("note", "Signed notes (C2SP signed-note)");
  note->require_subcommand(1);
  CLI::App* made = note->add_subcommand(
      "verify",
      "Whether each of the named keys has signed a note, such as the checkpoint of a log. Exit status 0 yes, 1 no; 2 "
      "and above where that could not be asked");
  made->add_option("--vkey", options->keys, "NAME+IDENTIFIER+KEY of who must have signed; may be repeated")
      ->required()
      ->allow_extra_args(false);
  made->add_option("file", options->file, "The note")->required();
  made->add_flag("--text", options->text, "Print the text that was signed, and nothing else");
  made->callback([&context, options] { context.finish(note_verify(context, *options)); });
}

}  // namespace

void add_log_commands(CLI::App& app, Context& context) {
  add_note_commands(app, context);
  const auto options = std::make_shared<LogOptions>();
  CLI::App* log = app.add_subcommand("log", "Transparency logs (C2SP tlog-tiles)");
  log->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Result<void> (*run)(Context&, const LogOptions&)) {
    CLI::App* made = log->add_subcommand(name, help);
    made->add_option("--vkey", options->key, "The log's key: NAME+IDENTIFIER+KEY")->required();
    made->add_option("--origin", options->origin, "The log's origin, where the key has another name");
    made->callback([&context, options, run] { context.finish(run(context, *options)); });
    return made;
  };
  CLI::App* prove = add("prove", "Write a proof that an entry stands in a log (c2sp.org/tlog-proof@v1)", log_prove);
  prove->add_option("--log", options->log, "The log: a folder or a URL")->required();
  prove->add_option("--index", options->index, "The entry's place, from 0")->required();
  prove->add_option("--out", options->out, "The proof")->required();
  CLI::App* verify =
      add("verify",
          "Check a proof for one entry, or all of a log. Exit status 0 yes, 1 no; 2 and above where that "
          "could not be asked",
          log_verify);
  verify->add_option("--proof", options->proof, "A proof by kip log prove or another program");
  verify->add_option("--entry", options->entry, "The entry that it is about");
  verify->add_option("--log", options->log, "A whole log: a folder or a URL");
  verify->add_flag("--no-entries", options->no_entries,
                   "The log keeps its entries to itself, as a vendor's log R does: look at its tiles alone");
  verify->add_option("--since", options->earlier, "A checkpoint that was kept: the log must extend it");
}

}  // namespace kip::cli
