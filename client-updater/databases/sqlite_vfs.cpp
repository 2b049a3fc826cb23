#include <mutex>

#include <sqlite3.h>

#include <client-updater/databases/sqlite_vfs.hpp>
#include <client-updater/platform/posix/mapped_room.hpp>
#include <manifests/core/check.hpp>

namespace kip::updater {
namespace {

constexpr const char* kName = "kip-sure";

/// The usual layer, and the methods of its database files with one of them exchanged.
struct Layer {
  sqlite3_vfs vfs{};
  sqlite3_vfs* usual = nullptr;
  std::once_flag seen;  ///< the methods, which come with the first file
  const sqlite3_io_methods* usual_methods = nullptr;
  sqlite3_io_methods methods{};
};

Layer& layer() {
  static Layer the_layer;
  return the_layer;
}

int map_shared(sqlite3_file* file, int region, int size, int extend, volatile void** memory) {
  const int code = layer().usual_methods->xShmMap(file, region, size, extend, memory);
  if (code != SQLITE_OK || *memory == nullptr || takes_room(const_cast<void*>(*memory), static_cast<std::size_t>(size)))
    return code;
  *memory = nullptr;
  return SQLITE_FULL;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  Layer& ours = layer();
  const int code = ours.usual->xOpen(ours.usual, name, file, flags, out_flags);
  const bool can_share = code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0 && file->pMethods->iVersion >= 2;
  if (!can_share) return code;
  std::call_once(ours.seen, [&] {
    ours.usual_methods = file->pMethods;
    ours.methods = *file->pMethods;
    ours.methods.xShmMap = map_shared;
  });
  // On a file system without locks SQLite may take others.
  if (file->pMethods == ours.usual_methods) file->pMethods = &ours.methods;
  return code;
}

}  // namespace

const char* sure_vfs() {
  static const bool is_registered = [] {
    Layer& ours = layer();
    ours.usual = sqlite3_vfs_find(nullptr);
    KIP_CHECK(ours.usual != nullptr);
    ours.vfs = *ours.usual;
    ours.vfs.pNext = nullptr;
    ours.vfs.zName = kName;
    ours.vfs.xOpen = open_file;
    return sqlite3_vfs_register(&ours.vfs, 0) == SQLITE_OK;
  }();
  KIP_CHECK(is_registered);
  return kName;
}

}  // namespace kip::updater
