#include <algorithm>

#include <fmt/format.h>

#include <client-updater/update/editable.hpp>
#include <client-updater/update/journal.hpp>
#include <client-updater/update/layout.hpp>
#include <manifests/codec/long_list.hpp>
#include <manifests/codec/reader.hpp>

namespace kip::updater {
namespace {

constexpr std::size_t kMaxEntries = 3 * PackageManifest::kMaxFiles;
constexpr json::Limits kLimits = {.bytes = 256U << 20U, .depth = 8, .values = 4'000'000};
constexpr const char* kEntries = "entries";
constexpr std::string_view kAside = ".kip-old";
constexpr std::int64_t kMaxMode = 07777;

json::Value state_json(const FileState& state) {
  return json::Object{{"sha256", state.sha256.hex()}, {"mode", static_cast<std::int64_t>(state.mode)}};
}

Result<FileState> read_state(const json::Value& value) {
  json::ObjectReader in(value, "file");
  const auto sha256 = in.parsed("sha256", Sha256Digest::parse);
  const auto mode = static_cast<unsigned>(in.integer("mode", 0, kMaxMode));
  KIP_TRY_VOID(in.finish());
  return FileState{*sha256, mode};
}

/// A fault is kept by the reader.
template <class Read>
auto read_optional(json::ObjectReader& in, std::string_view name, Read&& read) {
  std::optional<typename decltype(read(std::declval<const json::Value&>()))::value_type> out;
  if (!in.has(name)) return out;
  auto value = read(in.object(name));
  if (!value) {
    in.refuse(name, value.error().message, value.error().code);
  } else {
    out = *std::move(value);
  }
  return out;
}

Result<JournalEntry> read_entry(const json::Value& value) {
  json::ObjectReader in(value, "entry");
  auto path = in.parsed("path", SafeRelativePath::parse);
  const auto before = read_optional(in, "before", read_state);
  const auto after = read_optional(in, "after", read_state);
  KIP_TRY_VOID(in.finish());
  if (!before && !after) return fail(ErrorCode::malformed, "an entry changes nothing");
  return JournalEntry{*std::move(path), before, after};
}

json::Value entry_json(const JournalEntry& entry) {
  json::Object out{{"path", entry.path.str()}};
  if (entry.before) out["before"] = state_json(*entry.before);
  if (entry.after) out["after"] = state_json(*entry.after);
  return out;
}

/// Collects what changes; looks at each path once.
class Planner {
 public:
  Planner(const PackageManifest* from, const PackageManifest& to, const Observe& observe)
      : from_(from), to_(to), observe_(observe) {}

  Result<std::vector<PlannedEntry>> plan() {
    // What goes, goes first: a name may be a directory in one version and a file in the next.
    if (from_ != nullptr) {
      for (const PackageFile& file : from_->content().files) {
        if (to_.find(file.path.str()) == nullptr) KIP_TRY_VOID(remove(file.path, &file));
      }
    }
    for (const PackageRemoval& removal : to_.content().subject.removals) {
      const bool done = from_ != nullptr && from_->find(removal.path.str()) != nullptr;
      if (!done) KIP_TRY_VOID(remove(removal.path, nullptr));
    }
    for (const PackageFile& file : to_.content().files)
      KIP_TRY_VOID(put(file));
    return std::move(entries_);
  }

 private:
  Result<void> put(const PackageFile& file) {
    const std::string key = file.path.collision_key();
    if (key.substr(0, key.find('/')) == Layout::kJournalFolder) {
      return fail(ErrorCode::malformed, fmt::format("the package has a file {}: names in {} are the updater's own",
                                                    file.path.str(), Layout::kJournalFolder));
    }
    const PackageFile* before = from_ == nullptr ? nullptr : from_->find(file.path.str());
    KIP_TRY(const auto found, makes_way(file.path) ? std::optional<FileState>() : observe_(file.path));
    const FileState wanted{file.sha256, file.mode()};
    if (file.kind == PackageFileKind::editable) {
      const auto digest = found ? std::optional(found->sha256) : std::nullopt;
      const EditableFate fate = judge_editable(file, before, digest);
      if (fate == EditableFate::customers) return {};
      if (fate == EditableFate::customers_with_other) return put_beside(file, wanted);
    }
    const bool is_right = found && found->sha256 == wanted.sha256 && ((found->mode ^ wanted.mode) & kExecutable) == 0;
    if (is_right) return {};
    const bool is_nobodys = found && before == nullptr && found->sha256 != wanted.sha256;
    if (is_nobodys) KIP_TRY_VOID(keep_aside(file.path, *found));
    entries_.push_back({{file.path, found, wanted}, file.path, Source::version});
    return {};
  }

  /// Whether what was removed before leaves that name free: a file above it, or all files below it.
  bool makes_way(const SafeRelativePath& path) const {
    if (from_ == nullptr) return false;
    const std::string& text = path.str();
    for (auto slash = text.find('/'); slash != std::string::npos; slash = text.find('/', slash + 1)) {
      if (from_->find(text.substr(0, slash)) != nullptr) return true;
    }
    const auto& files = from_->content().files;  // ascending by path
    const std::string below = text + "/";
    const auto first =
        std::lower_bound(files.begin(), files.end(), below,
                         [](const PackageFile& file, const std::string& key) { return file.path.str() < key; });
    return first != files.end() && first->path.str().starts_with(below);
  }

  Result<void> put_beside(const PackageFile& file, const FileState& wanted) {
    auto beside = name_beside(file.path);
    if (!beside) return {};
    KIP_TRY(const auto found, observe_(*beside));
    if (found && found->sha256 == wanted.sha256) return {};
    entries_.push_back({{*std::move(beside), found, wanted}, file.path, Source::version});
    return {};
  }

  Result<void> keep_aside(const SafeRelativePath& path, const FileState& found) {
    KIP_TRY(SafeRelativePath aside, SafeRelativePath::parse(path.str() + std::string(kAside)));
    KIP_TRY(const auto present, observe_(aside));
    if (present) return {};  // the first one kept is the one from before the vendor's
    entries_.push_back({{std::move(aside), std::nullopt, found}, path, Source::present});
    return {};
  }

  Result<void> remove(const SafeRelativePath& path, const PackageFile* listed) {
    KIP_TRY(const auto found, observe_(path));
    if (!found) return {};
    const bool is_customers =
        listed != nullptr && listed->kind == PackageFileKind::editable && found->sha256 != listed->sha256;
    if (!is_customers) entries_.push_back({{path, found, std::nullopt}, path, Source::version});
    return {};
  }

  static constexpr unsigned kExecutable = 0100;

  const PackageManifest* from_;
  const PackageManifest& to_;
  const Observe& observe_;
  std::vector<PlannedEntry> entries_;
};

}  // namespace

Bytes to_bytes(const Journal& journal) {
  json::Object out{{"format", "kip.journal/1"},
                   {"target", to_json(journal.target)},
                   {"back", journal.back},
                   {kEntries, json::Array{}}};
  if (journal.from) out["from"] = to_json(*journal.from);
  constexpr std::size_t kRest = 1024;
  constexpr std::size_t kEntryRest = 230;
  std::size_t octets = kRest;
  for (const JournalEntry& entry : journal.entries)
    octets += kEntryRest + entry.path.str().size();
  const auto give = [&journal](std::size_t number) { return entry_json(journal.entries[number]); };
  return json::to_compact_long(out, {kEntries, journal.entries.size(), give, octets});
}

Result<Journal> parse_journal(BytesView bytes) {
  json::LongListReader<JournalEntry> reader(kEntries, kMaxEntries, read_entry);
  KIP_TRY(const json::Value value, json::parse_long(bytes, reader.items(), kLimits));
  json::ObjectReader in(value, "journal");
  in.format("kip.journal", 1);
  auto target = read_optional(in, "target", parse_target);
  auto from = read_optional(in, "from", parse_target);
  const bool back = in.boolean("back");
  auto entries = std::move(reader).finish(in);
  KIP_TRY_VOID(in.finish());
  if (!target) return fail(ErrorCode::malformed, "the journal has no target");
  return Journal{*std::move(target), std::move(from), back, std::move(entries)};
}

Result<std::vector<PlannedEntry>> plan_switch(const PackageManifest* from, const PackageManifest& to,
                                              const Observe& observe) {
  return Planner(from, to, observe).plan();
}

}  // namespace kip::updater
