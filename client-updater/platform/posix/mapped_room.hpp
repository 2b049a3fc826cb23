#pragma once

#include <cstddef>

namespace kip::updater {

/// Whether all of a file's mapped memory can be written to from now on: its room on the disk is taken, where it had
/// holes. True as well where the kernel does not know the question (before Linux 5.14). `memory` is at a page's start.
bool takes_room(void* memory, std::size_t size);

}  // namespace kip::updater
