#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <manifests/codec/reader.hpp>
#include <manifests/core/safe_path.hpp>
#include <server/app/backup_files.hpp>
#include <signing/crypto/sha256.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kDigestLength = 64;
constexpr std::size_t kPiece = 1U << 20U;
constexpr unsigned kPassage = 0711;

/// Whether it is one of the files that a server lets everybody read.
bool is_public(const std::string& path) {
  if (path == "online-keys.json" || path.starts_with("calendars/") || path.starts_with("repository/")) return true;
  return path.starts_with("logs/") && path.find("/public/") != std::string::npos;
}

/// Of a folder on the way to a file: the last ones before what is public let others through, and no more.
unsigned folder_mode(const std::string& path) {
  constexpr unsigned kPrivate = 0700;
  constexpr unsigned kPublic = 0755;
  if (path == "logs" || (path.starts_with("logs/") && std::count(path.begin(), path.end(), '/') == 1)) return kPassage;
  return is_public(path + "/") ? kPublic : kPrivate;
}

/// Where a file lies elsewhere than in a backup, its folders let others through.
Result<void> make_folders(FileSystem& files, const std::string& path, const std::filesystem::path& root,
                          const std::string& place) {
  for (std::size_t at = place.find('/'); at != std::string::npos; at = place.find('/', at + 1)) {
    const std::string folder = place.substr(0, at);
    KIP_TRY(const bool there, path_exists(files, root / folder));
    if (!there) KIP_TRY_VOID(files.make_directory(root / folder, place == path ? folder_mode(folder) : kPassage));
  }
  return {};
}

/// What belongs to a running server and means nothing to another one.
bool is_left_out(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name == "lock" || name == "publish.lock" || name.ends_with(".kip-tmp") || name.ends_with(".part");
}

/// Of a log first the checkpoint, then the state, then what the state rests on, which was written before it.
int rank(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name == "checkpoint" ? 0 : name == "state.json" ? 1 : 2;
}

Result<void> list_below(FileSystem& files, const std::filesystem::path& folder, const std::string& prefix,
                        std::vector<std::string>& out) {
  const auto names = files.list_directory(folder);
  if (!names && names.error().code == ErrorCode::not_found) return {};  // gone in the meantime
  if (!names) return Unexpected(names.error());
  for (const std::string& name : *names) {
    const auto status = files.status(folder / name);
    if (!status && status.error().code == ErrorCode::not_found) continue;
    if (!status) return Unexpected(status.error());
    if (status->kind == FileKind::directory) {
      KIP_TRY_VOID(list_below(files, folder / name, prefix + name + "/", out));
    } else if (status->kind == FileKind::file) {
      out.push_back(prefix + name);
    } else {
      return fail(ErrorCode::conflict,
                  fmt::format("{} is neither a file nor a folder, so that a backup cannot hold it; take it out",
                              (folder / name).string()));
    }
  }
  return {};
}

}  // namespace

Bytes to_bytes(const BackupNote& note) {
  return json::to_pretty(json::Object{{"format", "kip.backup/1"},
                                      {"tenant", note.tenant.str()},
                                      {"began", format_instant(note.began)},
                                      {"events", note.events},
                                      {"sums", note.sums.hex()}});
}

Result<BackupNote> parse_backup_note(BytesView text) {
  KIP_TRY(const json::Value value, json::parse(text));
  json::ObjectReader in(value, "backup");
  in.format("kip.backup", 1);
  const auto tenant = in.parsed("tenant", TenantId::parse);
  const auto began = in.parsed("began", parse_instant);
  const std::int64_t events = in.integer("events", 0, std::numeric_limits<std::int64_t>::max());
  const auto sums = in.parsed("sums", Sha256Digest::parse);
  KIP_TRY_VOID(in.finish());
  return BackupNote{*tenant, *began, events, *sums};
}

Bytes to_bytes(const std::vector<BackupFile>& files) {
  Bytes out;
  for (const BackupFile& file : files)
    out += fmt::format("{}  {}\n", file.digest.hex(), file.path);
  return out;
}

Result<std::vector<BackupFile>> parse_backup_sums(BytesView text) {
  std::vector<BackupFile> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const BytesView line = text.substr(0, end);
    if (end == BytesView::npos || line.size() < kDigestLength + 3 || line.substr(kDigestLength, 2) != "  ")
      return fail(ErrorCode::malformed, fmt::format("line {} of {} is none", out.size() + 1, kBackupSumsFile));
    KIP_TRY(const Sha256Digest digest, Sha256Digest::parse(line.substr(0, kDigestLength)));
    KIP_TRY(const SafeRelativePath path, SafeRelativePath::parse(line.substr(kDigestLength + 2)));
    if (!out.empty() && path.str() <= out.back().path)
      return fail(ErrorCode::malformed, fmt::format("{} is not in order at {}", kBackupSumsFile, path.str()));
    out.push_back({path.str(), digest});
    text.remove_prefix(end + 1);
  }
  return out;
}

Result<std::vector<std::string>> files_below_folder(FileSystem& files, const std::filesystem::path& folder) {
  std::vector<std::string> out;
  KIP_TRY_VOID(list_below(files, folder, "", out));
  std::sort(out.begin(), out.end());
  return out;
}

Result<Sha256Digest> digest_of_file(FileSystem& files, const std::filesystem::path& path) {
  KIP_TRY(const auto file, files.open_input(path, Links::refuse));
  Sha256Hasher hasher;
  Bytes piece(kPiece, '\0');
  for (;;) {
    KIP_TRY(const std::size_t count, file->read(piece));
    hasher.update(BytesView(piece).substr(0, count));
    if (count < piece.size()) return hasher.finish();
  }
}

Result<Sha256Digest> copy_server_file(FileSystem& files, const std::filesystem::path& from, const std::string& path,
                                      const std::filesystem::path& root, const std::string& place) {
  constexpr unsigned kPublicFile = 0644;
  constexpr unsigned kPrivateFile = 0600;
  KIP_TRY_VOID(make_folders(files, path, root, place));
  KIP_TRY(const auto input, files.open_input(from, Links::refuse));
  KIP_TRY(const auto output,
          files.open_output(root / place, OutputMode::create_new, is_public(path) ? kPublicFile : kPrivateFile));
  Sha256Hasher hasher;
  Bytes piece(kPiece, '\0');
  for (;;) {
    KIP_TRY(const std::size_t count, input->read(piece));
    const BytesView read = BytesView(piece).substr(0, count);
    hasher.update(read);
    KIP_TRY_VOID(output->write(read));
    if (count < piece.size()) break;
  }
  KIP_TRY_VOID(output->close());
  return hasher.finish();
}

Result<void> copy_server_folder(FileSystem& files, const std::filesystem::path& from, const std::filesystem::path& root,
                                const std::string& name) {
  KIP_TRY(auto paths, files_below_folder(files, from));
  std::stable_sort(paths.begin(), paths.end(),
                   [](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  for (const std::string& path : paths) {
    if (is_left_out(path)) continue;
    const auto copied = copy_server_file(files, from / path, name + "/" + path, root, name + "/" + path);
    if (copied) continue;
    KIP_TRY(const bool is_there, path_exists(files, from / path));
    if (is_there) return Unexpected(copied.error());
  }
  return {};
}

}  // namespace kip::server
