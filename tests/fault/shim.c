// An LD_PRELOAD library that strikes a program at the N-th of its calls that change files below one folder, so that a
// crash at each single point of a real run can be tried. tests/fault/sweep.py drives it.
//
//   KIP_FAULT_BELOW    the folder, absolute and without links in it; nothing else is counted
//   KIP_FAULT_AT       N, from 1; missing: only count and trace
//   KIP_FAULT_HOW      kill         SIGKILL instead of the call
//                      torn         SIGKILL; where the call is a write, after the first half of it
//                      power        the ext4 file system that holds the folder loses all that was not synced; SIGKILL
//                      power-names  the same, but names (the journal) are kept and only contents are lost; SIGKILL
//                      eio          the call fails with EIO; those after it do not
//                      enospc       the call and all later ones that need room fail with ENOSPC
//   KIP_FAULT_TRACE    a file to which "NUMBER CALL PATH" of every counted call is appended; outside the folder
//   KIP_FAULT_NO_SYNC  present: no call syncs anything, though each says that it did (for negative controls)
//
// Counted is what reaches libc by a symbol: calls inside libc, io_uring and writes to mapped memory are not. Of these a
// run of kip-updater has only the pages of SQLite's shared-memory index, which need not survive anything.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

// Of the kernel's fs/ext4/ext4.h; no header of the system has them.
#define EXT4_IOC_SHUTDOWN _IOR('X', 125, uint32_t)
enum { kFlushJournal = 1, kFlushNothing = 2 };

// What becomes of a call once the disk is full: those that need room fail, the others still work.
typedef enum { kNeedsRoom, kNeedsNone } Need;

static const char* below;
static size_t below_length;
static long strike_at;
static const char* how = "";
static const char* trace_file;
static bool no_sync;
static atomic_long counted;

// The function that a wrapper of the same name stands in front of.
#define REAL(name)                                            \
  static __typeof__(&name) real;                              \
  if (real == NULL) {                                         \
    *(void**)&real = dlsym(RTLD_NEXT, #name);                 \
    if (real == NULL) give_up("libc has no function " #name); \
  }

static void give_up(const char* why) {
  dprintf(STDERR_FILENO, "fault shim: %s\n", why);
  _exit(99);
}

__attribute__((constructor)) static void read_environment(void) {
  below = getenv("KIP_FAULT_BELOW");
  if (below == NULL) return;
  below_length = strlen(below);
  const char* at = getenv("KIP_FAULT_AT");
  strike_at = at == NULL ? 0 : strtol(at, NULL, 10);
  const char* given = getenv("KIP_FAULT_HOW");
  if (given != NULL) how = given;
  trace_file = getenv("KIP_FAULT_TRACE");
  no_sync = getenv("KIP_FAULT_NO_SYNC") != NULL;
}

static bool is_how(const char* name) {
  return strcmp(how, name) == 0;
}

static bool is_below(const char* path) {
  return strncmp(path, below, below_length) == 0 && (path[below_length] == '/' || path[below_length] == '\0');
}

// The path of an open file as the kernel knows it; empty for what has none (pipes and sockets give "pipe:[1]").
static const char* path_of_fd(int fd, char out[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, out, PATH_MAX - 1);
  out[size < 0 ? 0 : size] = '\0';
  return out;
}

static const char* path_of(int directory, const char* path, char out[PATH_MAX]) {
  if (path[0] == '/') return path;
  char base[PATH_MAX];
  if (directory != AT_FDCWD) {
    path_of_fd(directory, base);
  } else if (getcwd(base, sizeof base) == NULL) {
    base[0] = '\0';
  }
  if ((size_t)snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) give_up("a path is too long");
  return out;
}

static void trace(long number, const char* call, const char* path) {
  REAL(openat)
  const int fd = real(AT_FDCWD, trace_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) give_up("the trace cannot be written");
  dprintf(fd, "%ld %s %s\n", number, call, path);  // libc's own write: not counted
  close(fd);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  while (true)
    pause();
}

static void lose_power(uint32_t flags) {
  REAL(openat)
  const int fd = real(AT_FDCWD, below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || ioctl(fd, EXT4_IOC_SHUTDOWN, &flags) != 0) give_up("the file system cannot be shut down");
  die();
}

// Counts one call on `path`. Returns false where it is to go on; true where it must fail, with errno set.
// A write passes the number of its octets and its file, so that a part of it can be done.
static bool struck(const char* call, const char* path, Need need, bool* tear) {
  if (below == NULL || !is_below(path)) return false;
  const long number = atomic_fetch_add(&counted, 1) + 1;
  if (trace_file != NULL) trace(number, call, path);
  if (strike_at == 0 || number < strike_at) return false;
  if (number > strike_at) {
    if (!is_how("enospc") || need != kNeedsRoom) return false;
    errno = ENOSPC;
    return true;
  }
  if (is_how("torn") && tear != NULL) {
    *tear = true;
    return false;
  }
  if (is_how("kill") || is_how("torn")) die();
  if (is_how("power")) lose_power(kFlushNothing);
  if (is_how("power-names")) lose_power(kFlushJournal);
  errno = is_how("enospc") ? ENOSPC : EIO;
  return true;
}

static bool struck_at(const char* call, int directory, const char* path, Need need) {
  char buffer[PATH_MAX];
  return struck(call, path_of(directory, path, buffer), need, NULL);
}

static bool struck_on(const char* call, int fd, Need need) {
  if (fd <= STDERR_FILENO) return false;
  char buffer[PATH_MAX];
  return struck(call, path_of_fd(fd, buffer), need, NULL);
}

static bool struck_in_write(const char* call, int fd, bool* tear) {
  if (fd <= STDERR_FILENO) return false;
  char buffer[PATH_MAX];
  return struck(call, path_of_fd(fd, buffer), kNeedsRoom, tear);
}

// --- Opening
// ------------------------------------------------------------------------------------------------------------

// Only what makes or empties a file changes something.
static bool struck_in_open(int directory, const char* path, int flags) {
  const int error_number = errno;
  struct stat found;
  const bool makes = (flags & O_CREAT) != 0 && fstatat(directory, path, &found, AT_SYMLINK_NOFOLLOW) != 0;
  errno = error_number;
  const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  if (!makes && !unnamed && (flags & O_TRUNC) == 0) return false;
  return struck_at(makes ? "open(create)" : "open", directory, path, makes || unnamed ? kNeedsRoom : kNeedsNone);
}

static mode_t mode_of(int flags, va_list* rest) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(*rest, mode_t) : 0;
}

// Programs built with and without large-file symbols and with _FORTIFY_SOURCE use different names for the same.
#define OPEN(name, base)                                  \
  int name(const char* path, int flags, ...) {            \
    va_list rest;                                         \
    va_start(rest, flags);                                \
    const mode_t mode = mode_of(flags, &rest);            \
    va_end(rest);                                         \
    REAL(openat)                                          \
    if (struck_in_open(AT_FDCWD, path, flags)) return -1; \
    return real(AT_FDCWD, path, flags | (base), mode);    \
  }
OPEN(open, 0)
OPEN(open64, O_LARGEFILE)

#define OPENAT(name, base)                                    \
  int name(int directory, const char* path, int flags, ...) { \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    const mode_t mode = mode_of(flags, &rest);                \
    va_end(rest);                                             \
    REAL(name)                                                \
    if (struck_in_open(directory, path, flags)) return -1;    \
    return real(directory, path, flags | (base), mode);       \
  }
OPENAT(openat, 0)
OPENAT(openat64, O_LARGEFILE)

int __open_2(const char* path, int flags);
int __open_2(const char* path, int flags) {
  return open(path, flags);
}
int __open64_2(const char* path, int flags);
int __open64_2(const char* path, int flags) {
  return open64(path, flags);
}
int __openat_2(int directory, const char* path, int flags);
int __openat_2(int directory, const char* path, int flags) {
  return openat(directory, path, flags);
}
int __openat64_2(int directory, const char* path, int flags);
int __openat64_2(int directory, const char* path, int flags) {
  return openat64(directory, path, flags);
}

// --- Writing
// ------------------------------------------------------------------------------------------------------------

#define WRITE(name, parameters, arguments, half)      \
  ssize_t name parameters {                           \
    REAL(name)                                        \
    bool tear = false;                                \
    if (struck_in_write(#name, fd, &tear)) return -1; \
    if (tear) {                                       \
      (void)!real half;                               \
      die();                                          \
    }                                                 \
    return real arguments;                            \
  }
WRITE(write, (int fd, const void* data, size_t size), (fd, data, size), (fd, data, size / 2))
WRITE(pwrite, (int fd, const void* data, size_t size, off_t at), (fd, data, size, at), (fd, data, size / 2, at))
WRITE(pwrite64, (int fd, const void* data, size_t size, off64_t at), (fd, data, size, at), (fd, data, size / 2, at))
WRITE(writev, (int fd, const struct iovec* parts, int count), (fd, parts, count), (fd, parts, count / 2))

ssize_t sendfile(int fd, int from, off_t* offset, size_t size) {
  REAL(sendfile)
  return struck_on("sendfile", fd, kNeedsRoom) ? -1 : real(fd, from, offset, size);
}

ssize_t copy_file_range(int from, off64_t* from_at, int fd, off64_t* to_at, size_t size, unsigned flags) {
  REAL(copy_file_range)
  return struck_on("copy_file_range", fd, kNeedsRoom) ? -1 : real(from, from_at, fd, to_at, size, flags);
}

// --- The rest, by what they take
// ----------------------------------------------------------------------------------------

#define ON_FD(name, need, parameters, arguments)             \
  int name parameters {                                      \
    REAL(name)                                               \
    return struck_on(#name, fd, need) ? -1 : real arguments; \
  }
ON_FD(ftruncate, kNeedsRoom, (int fd, off_t size), (fd, size))
ON_FD(ftruncate64, kNeedsRoom, (int fd, off64_t size), (fd, size))
ON_FD(fallocate, kNeedsRoom, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size))
ON_FD(fallocate64, kNeedsRoom, (int fd, int mode, off64_t at, off64_t size), (fd, mode, at, size))
ON_FD(fchmod, kNeedsNone, (int fd, mode_t mode), (fd, mode))
ON_FD(fchown, kNeedsNone, (int fd, uid_t user, gid_t group), (fd, user, group))

#define SYNC(name, parameters, arguments)            \
  int name parameters {                              \
    REAL(name)                                       \
    if (struck_on(#name, fd, kNeedsNone)) return -1; \
    return no_sync ? 0 : real arguments;             \
  }
SYNC(fsync, (int fd), (fd))
SYNC(fdatasync, (int fd), (fd))
SYNC(syncfs, (int fd), (fd))
SYNC(sync_file_range, (int fd, off64_t at, off64_t size, unsigned flags), (fd, at, size, flags))

// These return an error number instead of setting errno.
#define ALLOCATE(name, type)                                              \
  int name(int fd, type at, type size) {                                  \
    REAL(name)                                                            \
    return struck_on(#name, fd, kNeedsRoom) ? errno : real(fd, at, size); \
  }
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

// `path` is what is made, replaced or removed; `at` the directory that it is relative to.
#define ON_PATH(name, need, at, parameters, arguments)             \
  int name parameters {                                            \
    REAL(name)                                                     \
    return struck_at(#name, at, path, need) ? -1 : real arguments; \
  }
ON_PATH(rename, kNeedsNone, AT_FDCWD, (const char* from, const char* path), (from, path))
ON_PATH(renameat, kNeedsNone, fd, (int from_fd, const char* from, int fd, const char* path), (from_fd, from, fd, path))
ON_PATH(renameat2, kNeedsNone, fd, (int from_fd, const char* from, int fd, const char* path, unsigned flags),
        (from_fd, from, fd, path, flags))
ON_PATH(link, kNeedsRoom, AT_FDCWD, (const char* from, const char* path), (from, path))
ON_PATH(linkat, kNeedsRoom, fd, (int from_fd, const char* from, int fd, const char* path, int flags),
        (from_fd, from, fd, path, flags))
ON_PATH(symlink, kNeedsRoom, AT_FDCWD, (const char* value, const char* path), (value, path))
ON_PATH(symlinkat, kNeedsRoom, fd, (const char* value, int fd, const char* path), (value, fd, path))
ON_PATH(mkdir, kNeedsRoom, AT_FDCWD, (const char* path, mode_t mode), (path, mode))
ON_PATH(mkdirat, kNeedsRoom, fd, (int fd, const char* path, mode_t mode), (fd, path, mode))
ON_PATH(unlink, kNeedsNone, AT_FDCWD, (const char* path), (path))
ON_PATH(unlinkat, kNeedsNone, fd, (int fd, const char* path, int flags), (fd, path, flags))
ON_PATH(rmdir, kNeedsNone, AT_FDCWD, (const char* path), (path))
ON_PATH(remove, kNeedsNone, AT_FDCWD, (const char* path), (path))
ON_PATH(truncate, kNeedsRoom, AT_FDCWD, (const char* path, off_t size), (path, size))
ON_PATH(chmod, kNeedsNone, AT_FDCWD, (const char* path, mode_t mode), (path, mode))
ON_PATH(fchmodat, kNeedsNone, fd, (int fd, const char* path, mode_t mode, int flags), (fd, path, mode, flags))
