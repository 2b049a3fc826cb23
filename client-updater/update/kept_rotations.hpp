#pragma once

#include <client-updater/update/install.hpp>

namespace kip::updater {

/// Sends the envelope of a rotation and takes the answer only where it is the server's signature over exactly that key
/// of this install. False where the server had done it before. Errors: those of the network and of the answer; denied,
/// conflict, signature where the server refuses it. Protocol: docs/formats/key-rotation.md
Result<bool> post_rotation(const Install& install, const Bytes& envelope);

/// Keeps the envelope of a rotation that the server has recorded, durably, with the newest of those before it: they
/// hold no secret. Errors: storage, disk_full.
Result<void> keep_rotation(FileSystem& files, const Layout& layout, const Bytes& envelope);

/// Sends what is kept once more, in its order, to a server that does not know this install's key: one that was restored
/// from an older backup takes it up again. True where it recorded any; false also where it cannot be reached or refuses
/// them. Errors: those of the file.
Result<bool> repeat_rotations(const Install& install);

}  // namespace kip::updater
