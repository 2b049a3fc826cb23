#include <cerrno>

#include <sys/mman.h>

#include <client-updater/platform/posix/mapped_room.hpp>

namespace kip::updater {

bool takes_room(void* memory, std::size_t size) {
  return madvise(memory, size, MADV_POPULATE_WRITE) == 0 || errno == EINVAL;
}

}  // namespace kip::updater
