#include <fmt/format.h>

#include <client-updater/update/editable.hpp>
#include <client-updater/update/pointed.hpp>
#include <client-updater/update/versions.hpp>

namespace kip::updater {

Result<bool> PointedPlacement::is_committed(const Switch& change) {
  KIP_TRY(const auto current, read_current(files_, layout_));
  return current == layout_.pointer_value(change.to);
}

Result<void> PointedPlacement::prepare(const Switch& change) {
  KIP_TRY_VOID(move_into_place(files_, layout_, change.to));
  return carry_edited_files(change);
}

Result<void> PointedPlacement::switch_over(const Switch& change) {
  KIP_TRY(const bool is_there, is_committed(change));
  // Found there after a crash: only its durability is in doubt.
  if (!is_there) KIP_TRY_VOID(files_.write_pointer(layout_.pointer(), layout_.pointer_value(change.to)));
  return files_.sync_directory(layout_.app());
}

Result<void> PointedPlacement::carry_edited_files(const Switch& change) {
  if (!change.from) return {};
  // Without the manifest nobody can say what was edited: then the files of the new version are used.
  const auto from = manifests_.find(change.from->manifest);
  if (!from) return from.error().code == ErrorCode::not_found ? Result<void>() : Unexpected(from.error());
  KIP_TRY(const auto to, manifests_.find(change.to.manifest));
  return carry_edited(files_, {layout_.version(*change.from), **from}, {layout_.version(change.to), *to});
}

Result<void> PointedPlacement::go_back(const Switch& change) {
  if (change.from) {
    KIP_TRY(const bool is_there, path_exists(files_, layout_.version(*change.from)));
    if (!is_there) {
      return fail(ErrorCode::integrity, fmt::format("version {} is gone", change.from->version.str()));
    }
    KIP_TRY_VOID(files_.write_pointer(layout_.pointer(), layout_.pointer_value(*change.from)));
  } else if (const auto removed = files_.remove(layout_.pointer()); !removed) {
    if (removed.error().code != ErrorCode::not_found) return removed;
  }
  return files_.sync_directory(layout_.app());
}

Result<bool> PointedPlacement::mend(const Target& current, const Narrator& narrator) {
  const auto pointer = read_current(files_, layout_);
  if (!pointer || *pointer == layout_.pointer_value(current)) return true;
  KIP_TRY(const bool is_there, path_exists(files_, layout_.version(current)));
  if (!is_there) return false;
  narrator.say(fmt::format("{} was changed by another hand; it is set back to version {}", layout_.pointer().string(),
                           current.version.str()));
  KIP_TRY_VOID(files_.write_pointer(layout_.pointer(), layout_.pointer_value(current)));
  KIP_TRY_VOID(files_.sync_directory(layout_.app()));
  return true;
}

}  // namespace kip::updater
