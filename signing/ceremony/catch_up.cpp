#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <signing/ceremony/catch_up.hpp>
#include <signing/tuf/client.hpp>

namespace kip {
namespace {

using Files = std::map<std::string, tuf::TargetFile, std::less<>>;

/// What a role says, without its version and expiry.
struct Content {
  json::Value rest;  ///< all but the files that it lists
  Files files;

  bool operator==(const Content&) const = default;
};

Result<Content> content_of(std::string_view role, const tuf::Document& document) {
  if (role == tuf::kRoot) {
    KIP_TRY(tuf::Root root, tuf::read_root(document.body));
    root.header = {};
    return Content{tuf::to_json(root), {}};
  }
  KIP_TRY(tuf::Targets targets, tuf::read_targets(document.body));
  targets.header = {};
  Files files = std::exchange(targets.targets, {});
  return Content{tuf::to_json(targets), std::move(files)};
}

const tuf::TargetFile* file_in(const Files& files, const std::string& path) {
  const auto found = files.find(path);
  return found == files.end() ? nullptr : &found->second;
}

bool same(const tuf::TargetFile* a, const tuf::TargetFile* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

/// What was published after `base` and is not in `staged`; empty where all of it is.
std::string lacking(const Content& base, const Content& published, const Content& staged) {
  if (published.rest != base.rest && published.rest != staged.rest) return "keys, roles or terms";
  Files all = base.files;
  all.insert(published.files.begin(), published.files.end());
  for (const auto& [path, file] : all) {
    const tuf::TargetFile* now = file_in(published.files, path);
    if (!same(now, file_in(base.files, path)) && !same(now, file_in(staged.files, path))) return path;
  }
  return {};
}

json::Value with_header(std::string_view role, const json::Value& body, const tuf::Header& header) {
  // Read before, by content_of().
  if (role == tuf::kRoot) {
    tuf::Root root = *tuf::read_root(body);
    root.header = header;
    return tuf::to_json(root);
  }
  tuf::Targets targets = *tuf::read_targets(body);
  targets.header = header;
  return tuf::to_json(targets);
}

Result<std::optional<Bytes>> known_bytes(const RepositoryFolder& folder, std::string_view role) {
  KIP_TRY(const auto document, folder.published(role));
  if (!document) return std::optional<Bytes>();
  return std::optional(tuf::to_bytes(document->body, document->signatures));
}

/// Nothing where it is what the folder knows already, whoever else has signed it.
Result<std::optional<Bytes>> news_of(const RepositoryFolder& folder, std::string_view role, const Bytes& bytes) {
  KIP_TRY(const tuf::Document document, tuf::parse_document(bytes, tuf::Limits{}.targets_bytes));
  KIP_TRY(const auto known, folder.published(role));
  if (known && known->canonical == document.canonical) return std::optional<Bytes>();
  const std::int64_t version = version_of(document);
  if (!known || version_of(*known) <= version) return std::optional(bytes);
  return fail(ErrorCode::rollback,
              fmt::format("the folder knows {} version {} as published, and the server has only {}: it is another "
                          "server, or was restored from a backup and gets it back by kip publish",
                          role, version_of(*known), version));
}

/// The versions of root that follow the one that the folder knows. Before any, its own first one must be the server's.
Result<std::vector<Bytes>> later_roots(const RepositoryFolder& folder, const std::vector<Bytes>& roots) {
  KIP_TRY(const auto known, folder.published(tuf::kRoot));
  KIP_TRY(const auto first, folder.staged(tuf::kRoot));
  std::vector<Bytes> out;
  for (const Bytes& bytes : roots) {
    KIP_TRY(const tuf::Document root, tuf::parse_document(bytes, tuf::Limits{}.root_bytes));
    const std::int64_t version = version_of(root);
    const tuf::Document* anchor = known ? &*known : first ? &*first : nullptr;
    if (anchor != nullptr && version == version_of(*anchor) && root.canonical != anchor->canonical) {
      return fail(ErrorCode::conflict, fmt::format("root version {} of the server is not the one of this folder: they "
                                                   "are two repositories",
                                                   version));
    }
    if (!known || version_of(*known) < version) out.push_back(bytes);
  }
  return out;
}

Result<tuf::Accepted> verified(const RepositoryFolder& folder, const tuf::Publication& published) {
  tuf::Publication news;
  tuf::RepositoryFiles known;
  KIP_TRY(known.root, known_bytes(folder, tuf::kRoot));
  KIP_TRY(known.targets, known_bytes(folder, tuf::kTargets));
  KIP_TRY(news.roots, later_roots(folder, published.roots));
  if (published.targets) {
    KIP_TRY(news.targets, news_of(folder, tuf::kTargets, *published.targets));
  }
  for (const auto& [role, bytes] : published.delegated) {
    KIP_TRY(auto before, known_bytes(folder, role));
    if (before) known.delegated.emplace(role, *std::move(before));
    KIP_TRY(auto later, news_of(folder, role, bytes));
    if (later) news.delegated.emplace(role, *std::move(later));
  }
  return tuf::accept(known, news, kRolloutsRole, Instant());
}

/// 0 where there is none.
Result<std::int64_t> version_in(const Bytes* document) {
  if (document == nullptr) return 0;
  KIP_TRY(const tuf::Document read, tuf::parse_document(*document, tuf::Limits{}.targets_bytes));
  return version_of(read);
}

/// What becomes of a staged role.
struct Step {
  std::string role;
  std::optional<json::Value> body;  ///< to be staged anew; none where nothing of it is left to stage
};

Result<std::optional<Step>> step_for(const RepositoryFolder& folder, const std::string& role, BytesView published,
                                     Instant now) {
  KIP_TRY(const auto staged, folder.staged(role));
  if (!staged) return std::optional<Step>();
  KIP_TRY(const tuf::Document live, tuf::parse_document(published, tuf::Limits{}.targets_bytes));
  if (version_of(live) < version_of(*staged)) return std::optional<Step>();
  KIP_TRY(const Content ours, content_of(role, *staged));
  KIP_TRY(const Content theirs, content_of(role, live));
  if (ours == theirs) return std::optional<Step>({role, {}});
  KIP_TRY(const auto known, folder.published(role));
  Content base;
  if (known) {
    KIP_TRY(base, content_of(role, *known));
  }
  if (const std::string what = lacking(base, theirs, ours); !what.empty()) {
    return fail(ErrorCode::conflict,
                fmt::format("{} version {} was published meanwhile with something that is not in what is staged here "
                            "({}); take back what is staged with kip repo unstage, fetch again, and stage your "
                            "change once more",
                            role, version_of(live), what));
  }
  return std::optional<Step>({role, with_header(role, staged->body, {version_of(live) + 1, next_expiry(now)})});
}

}  // namespace

Result<CaughtUp> catch_up(RepositoryFolder& folder, const tuf::Publication& published, Instant now) {
  KIP_TRY(const tuf::Accepted accepted, verified(folder, published));
  std::vector<std::pair<std::string, const Bytes*>> roles = {{std::string(tuf::kRoot), &*accepted.files.root},
                                                             {std::string(tuf::kTargets), &*accepted.files.targets}};
  for (const auto& [role, bytes] : accepted.files.delegated)
    roles.emplace_back(role, &bytes);
  CaughtUp out;
  std::vector<Step> steps;
  for (const auto& [role, bytes] : roles) {
    KIP_TRY(const auto known, known_bytes(folder, role));
    if (known != *bytes) out.taken.push_back(role);
    KIP_TRY(auto step, step_for(folder, role, *bytes, now));
    if (step) steps.push_back(*std::move(step));
  }
  // What is staged first: cut short before the rest, this begins again from where it began.
  for (const Step& step : steps) {
    (step.body ? out.restaged : out.settled).push_back(step.role);
    if (step.body) KIP_TRY_VOID(folder.stage(step.role, *step.body, {}));
  }
  KIP_TRY_VOID(folder.take_over(accepted.new_files));
  KIP_TRY_VOID(folder.unstage(out.settled));
  return out;
}

Result<tuf::Publication> lost_by(const RepositoryFolder& folder, const tuf::Publication& published) {
  tuf::Publication out;
  KIP_TRY(const std::vector<std::string> roles, folder.roles());
  for (const std::string& role : roles) {
    KIP_TRY(const auto known, folder.published(role));
    if (!known) continue;
    const auto delegated = published.delegated.find(role);
    const Bytes* there = delegated == published.delegated.end() ? nullptr : &delegated->second;
    if (role == tuf::kRoot) there = published.roots.empty() ? nullptr : &published.roots.back();
    if (role == tuf::kTargets) there = published.targets ? &*published.targets : nullptr;
    KIP_TRY(const std::int64_t version, version_in(there));
    if (version >= version_of(*known)) continue;
    Bytes bytes = tuf::to_bytes(known->body, known->signatures);
    if (role == tuf::kTargets) {
      out.targets = std::move(bytes);
    } else if (role != tuf::kRoot) {
      out.delegated.emplace(role, std::move(bytes));
    } else if (version + 1 == version_of(*known)) {
      out.roots.push_back(std::move(bytes));
    } else {
      return fail(ErrorCode::conflict,
                  fmt::format("the server has root version {} and this folder {}: bring back the versions in between "
                              "from the officers' folders that hold them, one after the other",
                              version, version_of(*known)));
    }
  }
  return out;
}

Result<std::vector<std::string>> unstage(RepositoryFolder& folder) {
  KIP_TRY(const auto root, folder.published(tuf::kRoot));
  if (!root) {
    return fail(ErrorCode::conflict,
                "nothing of this repository is published yet, so what is staged is all of it; to begin anew, make "
                "another folder with kip repo init");
  }
  KIP_TRY(const std::vector<std::string> roles, folder.roles());
  std::vector<std::string> out;
  for (const std::string& role : roles) {
    KIP_TRY(const auto staged, folder.staged(role));
    if (staged) out.push_back(role);
  }
  // Roles that only the staged targets delegate to go before it.
  KIP_TRY_VOID(folder.unstage({out.rbegin(), out.rend()}));
  return out;
}

}  // namespace kip
