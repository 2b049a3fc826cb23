#include <algorithm>
#include <functional>
#include <tuple>
#include <type_traits>
#include <unordered_map>

#include <fmt/format.h>

#include <manifests/model/package_check.hpp>

namespace kip {
namespace {

Unexpected refused(std::string why, ErrorCode code = ErrorCode::malformed) {
  return fail(code, "package manifest: " + std::move(why));
}

/// What each name would be on a file system that folds case and normalises. The paths must outlive it.
class NameTree {
 public:
  Result<void> add_file(const SafeRelativePath& path) {
    std::string key = path.collision_key();
    KIP_TRY_VOID(expect_outside_own_folder(path, key));
    const std::string_view spelling = path.str();
    std::size_t in_path = spelling.find('/');
    std::size_t in_key = key.find('/');
    while (in_path != std::string::npos) {
      KIP_TRY_VOID(add(key.substr(0, in_key), spelling.substr(0, in_path), true));
      in_path = spelling.find('/', in_path + 1);
      in_key = key.find('/', in_key + 1);
    }
    return add(std::move(key), spelling, false);
  }

  /// A removed file may give its name to a directory, but not to a file.
  Result<void> add_removal(const SafeRelativePath& path) {
    std::string key = path.collision_key();
    KIP_TRY_VOID(expect_outside_own_folder(path, key));
    const auto file = names_.find(key);
    if (file != names_.end() && !file->second.directory) {
      return refused(
          fmt::format("\"{}\" is to be removed and \"{}\" is in the package, which is one name on some "
                      "systems; drop the removal or rename the file",
                      path.str(), file->second.spelling));
    }
    const auto [earlier, is_new] = removed_.try_emplace(std::move(key), path.str());
    if (is_new) return {};
    return refused(
        fmt::format("the removals \"{}\" and \"{}\" are one name on some systems", earlier->second, path.str()));
  }

 private:
  struct Name {
    std::string_view spelling;
    bool directory;
  };

  static Result<void> expect_outside_own_folder(const SafeRelativePath& path, const std::string& key) {
    if (key.substr(0, key.find('/')) != "kip") return {};
    return refused(fmt::format("\"{}\": the name \"kip\" is kept for the package itself", path.str()));
  }

  Result<void> add(std::string key, std::string_view spelling, bool directory) {
    const auto [found, is_new] = names_.try_emplace(std::move(key), Name{spelling, directory});
    if (is_new) return {};
    const Name& other = found->second;
    if (directory && other.directory && other.spelling == spelling) return {};
    if (directory != other.directory) {
      return refused(fmt::format("\"{}\" would be a file and a directory (\"{}\")", other.spelling, spelling));
    }
    return refused(fmt::format("\"{}\" and \"{}\" are one name on systems that ignore case or normalise",
                               other.spelling, spelling));
  }

  std::unordered_map<std::string, Name> names_;
  std::unordered_map<std::string, std::string_view> removed_;
};

/// The first item that is not below its successor, or the end.
template <class T, class Below>
auto first_disorder(const std::vector<T>& items, Below below) {
  return std::adjacent_find(items.begin(), items.end(), [&](const T& a, const T& b) { return !below(a, b); });
}

template <class T>
Result<void> expect_ascending(const std::vector<T>& items, std::string_view what) {
  const auto at = first_disorder(items, std::less<>());
  if (at == items.end()) return {};
  if constexpr (std::is_same_v<T, std::string>) {
    return refused(fmt::format("{} \"{}\" is there twice or out of order", what, *at));
  } else {
    return refused(fmt::format("{} \"{}\" is there twice or out of order", what, at->str()));
  }
}

/// The files are in order.
const PackageFile* find_file(const PackageContent& content, const SafeRelativePath& path) {
  const auto found = std::lower_bound(content.files.begin(), content.files.end(), path,
                                      [](const PackageFile& file, const auto& p) { return file.path < p; });
  return found == content.files.end() || found->path != path ? nullptr : &*found;
}

Result<void> check_forms(const PackageContent& content) {
  const auto& forms = content.subject.forms;
  const auto at = first_disorder(forms, [](const PackageForm& a, const PackageForm& b) {
    return std::tie(a.code, a.schema_version) < std::tie(b.code, b.schema_version);
  });
  if (at != forms.end()) {
    return refused(fmt::format("form \"{}\" {} is there twice or out of order", at->code, at->schema_version));
  }
  for (const PackageForm& form : forms) {
    KIP_TRY_VOID(expect_ascending(form.files, fmt::format("form \"{}\": the file", form.code)));
    for (const SafeRelativePath& path : form.files) {
      if (find_file(content, path) != nullptr) continue;
      return refused(
          fmt::format("form \"{}\" names the file \"{}\", which is not in the package; add it or correct "
                      "the name",
                      form.code, path.str()));
    }
  }
  return {};
}

Result<void> check_upkeep(const PackageContent& content) {
  const PackageUpkeep& upkeep = content.subject.upkeep;
  if (const auto numbers = check_numbers(upkeep.migrations); !numbers) return refused(numbers.error().message);
  for (const PackageMigration& migration : upkeep.migrations) {
    const PackageFile* file = find_file(content, migration.file);
    if (file == nullptr || file->kind != PackageFileKind::managed) {
      return refused(
          fmt::format("migration {} of \"{}\" names the file \"{}\", which is not in the package or is "
                      "editable; add it or correct the name",
                      migration.number, migration.database, migration.file.str()));
    }
    if (file->size > PackageMigration::kMaxScript) {
      return refused(fmt::format("the script \"{}\" has more than 8 MiB", file->path.str()), ErrorCode::too_large);
    }
  }
  for (const PackageProbe& probe : upkeep.probes) {
    const auto* command = std::get_if<CommandProbe>(&probe.what);
    if (command == nullptr) continue;
    const PackageFile* file = find_file(content, command->program);
    if (file == nullptr || file->kind != PackageFileKind::managed || !file->executable) {
      return refused(fmt::format("a probe runs \"{}\", which is no executable, managed file of the package",
                                 command->program.str()));
    }
  }
  return {};
}

Result<void> check_sizes(const std::vector<PackageFile>& files) {
  if (files.size() > PackageManifest::kMaxFiles) {
    return refused(fmt::format("{} files, allowed are {}", files.size(), PackageManifest::kMaxFiles),
                   ErrorCode::too_large);
  }
  std::uint64_t total = 0;
  for (const PackageFile& file : files) {
    if (file.size > PackageManifest::kMaxFileSize) {
      return refused(fmt::format("\"{}\" has more than 4 GiB", file.path.str()), ErrorCode::too_large);
    }
    total += file.size;
  }
  if (total > PackageManifest::kMaxTotalSize) return refused("more than 16 GiB in all", ErrorCode::too_large);
  return {};
}

}  // namespace

Result<void> check_package(const PackageContent& content) {
  const PackageSubject& subject = content.subject;
  KIP_TRY_VOID(check_sizes(content.files));
  KIP_TRY_VOID(expect_ascending(subject.acts, "the act"));
  KIP_TRY_VOID(expect_ascending(subject.from_versions, "the earlier version"));
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  if (const auto at = first_disorder(content.files, by_path); at != content.files.end()) {
    return refused(fmt::format("the file \"{}\" is there twice or out of order", at->path.str()));
  }
  if (const auto at = first_disorder(subject.removals, by_path); at != subject.removals.end()) {
    return refused(fmt::format("the removal \"{}\" is there twice or out of order", at->path.str()));
  }
  NameTree names;
  for (const PackageFile& file : content.files)
    KIP_TRY_VOID(names.add_file(file.path));
  for (const PackageRemoval& removal : subject.removals)
    KIP_TRY_VOID(names.add_removal(removal.path));
  KIP_TRY_VOID(check_forms(content));
  return check_upkeep(content);
}

}  // namespace kip
