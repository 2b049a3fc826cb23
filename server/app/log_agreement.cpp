#include <fmt/format.h>

#include <server/app/log_agreement.hpp>

namespace kip::server {
namespace {

constexpr std::size_t kBatch = 1000;

/// The leaves of a life in the database, one after the other, a batch in memory at a time.
class Leaves {
 public:
  Leaves(UnitOfWork& unit, const LogLife& life) : unit_(unit), life_(life) {}

  /// Nothing after the last.
  Result<const Leaf*> next() {
    if (at_ == batch_.size()) {
      KIP_TRY(batch_, unit_.leaves().of_life(life_.log, life_.number, position_, kBatch));
      at_ = 0;
      position_ += static_cast<std::int64_t>(batch_.size());
      if (batch_.empty()) return nullptr;
    }
    return &batch_[at_++];
  }

 private:
  UnitOfWork& unit_;
  LogLife life_;
  std::vector<Leaf> batch_;
  std::size_t at_ = 0;
  std::int64_t position_ = 0;
};

Result<std::int64_t> check_life(FileSystem& files, UnitOfWork& unit, const LogKeeping& keeping, const LogLife& life) {
  const tlog::LogPlace place = place_of(keeping, life);
  KIP_TRY(const tlog::Note note, tlog::read_checkpoint_note(tlog::files_below(files, place.public_folder())));
  KIP_TRY(const tlog::Checkpoint checkpoint, tlog::Checkpoint::parse(note.text));
  if (checkpoint.origin != life.origin) {
    return fail(ErrorCode::integrity, fmt::format("{} holds the log \"{}\" and not \"{}\"", place.folder.string(),
                                                  checkpoint.origin, life.origin));
  }
  Leaves leaves(unit, life);
  tlog::Frontier tree;
  const auto compare = [&](std::uint64_t index, BytesView entry) -> Result<void> {
    KIP_TRY(const Leaf* const leaf, leaves.next());
    tree.append(tlog::leaf_hash(entry));
    if (leaf != nullptr && leaf->entry == entry) return {};
    return fail(ErrorCode::rollback,
                fmt::format("entry {} of the log \"{}\" is not what the database knows: the two are not of one time",
                            index, life.origin));
  };
  KIP_TRY_VOID(tlog::read_entries(tlog::files_below(files, place.entries_folder()), 0, checkpoint.head.size, compare));
  if (tree.root() == checkpoint.head.root) return static_cast<std::int64_t>(checkpoint.head.size);
  return fail(ErrorCode::integrity,
              fmt::format("the entries of the log \"{}\" do not have the root under its checkpoint", life.origin));
}

}  // namespace

Result<std::int64_t> check_logs_agree(FileSystem& files, Store& store, const TenantId& tenant,
                                      const LogKeeping& keeping) {
  KIP_TRY(const auto unit, store.begin(tenant, Access::read));
  std::int64_t out = 0;
  for (const LogName log : {LogName::o, LogName::r}) {
    KIP_TRY(const auto lives, unit->leaves().lives(log));
    for (const LogLife& life : lives) {
      KIP_TRY(const bool is_there, path_exists(files, place_of(keeping, life).folder));
      if (!is_there && life.number != lives.back().number) continue;
      KIP_TRY(const std::int64_t count, check_life(files, *unit, keeping, life));
      out += count;
    }
  }
  return out;
}

Result<void> check_logs_open(FileSystem& files, Store& store, const TenantId& tenant, const LogKeeping& keeping) {
  std::vector<LogLife> lives;
  {
    KIP_TRY(const auto unit, store.begin(tenant, Access::read));
    KIP_TRY(lives, newest_lives(*unit));
  }
  for (const LogLife& life : lives) {
    KIP_TRY(auto keys, signing_keys(keeping, life));
    KIP_TRY_VOID(tlog::LogWriter::open(files, place_of(keeping, life), {life.origin, std::move(keys)}));
  }
  return {};
}

}  // namespace kip::server
