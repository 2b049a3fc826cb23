#pragma once

namespace kip::updater {

/// The name of a file layer for SQLite: its usual one, but the memory that programs share beside a database in WAL mode
/// has its room on the disk before it is used. SQLite leaves holes in that file where blocks are smaller than 4 KiB,
/// and on a full disk the first touch of one ends the process (SIGBUS); here it is SQLITE_FULL. Registered at the first
/// call; thread-safe.
const char* sure_vfs();

}  // namespace kip::updater
