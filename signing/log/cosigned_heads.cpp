#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <signing/log/cosigned_heads.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::tlog {
namespace {

constexpr unsigned kPrivateFolder = 0700;
constexpr unsigned kPrivateFile = 0600;

using Signer = std::pair<std::string, std::uint32_t>;

std::filesystem::path file_of(const std::filesystem::path& folder, std::uint64_t size) {
  return folder / fmt::format("{:020}", size);
}

Result<std::map<std::uint64_t, Note>> read_all(FileSystem& files, const std::filesystem::path& folder) {
  std::map<std::uint64_t, Note> out;
  const auto names = files.list_directory(folder);
  if (!names && names.error().code == ErrorCode::not_found) return out;
  if (!names) return Unexpected(names.error());
  for (const std::string& name : *names) {
    if (name.starts_with('.')) continue;  // of a write that was interrupted
    KIP_TRY(const Bytes bytes, read_file(files, folder / name, Note::kMaxBytes));
    KIP_TRY(Note note, Note::parse(bytes));
    KIP_TRY(const Checkpoint checkpoint, Checkpoint::parse(note.text));
    out.emplace(checkpoint.head.size, std::move(note));
  }
  return out;
}

/// Adds what the other one has and this one has not; of one key the other one's counts.
void merge(Note& into, const Note& other) {
  for (const NoteSignature& one : other.signatures) {
    std::erase_if(into.signatures, [&](const NoteSignature& old) { return old.name == one.name && old.id == one.id; });
    into.signatures.push_back(one);
  }
}

/// Whether a later one is kept of each witness that has signed it.
bool is_surpassed(const Note& note, const std::string& origin, const std::set<Signer>& later) {
  return std::all_of(note.signatures.begin(), note.signatures.end(), [&](const NoteSignature& one) {
    return one.name == origin || later.contains({one.name, one.id});
  });
}

}  // namespace

Result<void> keep_cosigned(FileSystem& files, const std::filesystem::path& folder, const Note& cosigned) {
  KIP_TRY(const Checkpoint checkpoint, Checkpoint::parse(cosigned.text));
  KIP_TRY(const bool there, path_exists(files, folder));
  if (!there) {
    KIP_TRY_VOID(files.make_directory(folder, kPrivateFolder));
    KIP_TRY_VOID(files.sync_directory(directory_of(folder)));
  }
  KIP_TRY(auto kept, read_all(files, folder));
  Note& here = kept[checkpoint.head.size];
  if (here.text != cosigned.text) here = Note{cosigned.text, {}};
  merge(here, cosigned);
  KIP_TRY_VOID(replace_file(files, file_of(folder, checkpoint.head.size), here.bytes(), kPrivateFile));
  std::set<Signer> later;
  for (auto one = kept.rbegin(); one != kept.rend(); ++one) {
    if (is_surpassed(one->second, checkpoint.origin, later)) {
      KIP_TRY_VOID(files.remove(file_of(folder, one->first)));
      continue;
    }
    for (const NoteSignature& signature : one->second.signatures)
      later.emplace(signature.name, signature.id);
  }
  return {};
}

Result<std::vector<Note>> read_cosigned(FileSystem& files, const std::filesystem::path& folder) {
  KIP_TRY(auto kept, read_all(files, folder));
  std::vector<Note> out;
  for (auto& [size, note] : kept)
    out.push_back(std::move(note));
  return out;
}

}  // namespace kip::tlog
