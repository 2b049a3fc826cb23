#pragma once

#include <string>

#include <client-updater/update/install.hpp>

namespace kip::updater {

struct KeyChange {
  std::string before;  ///< ids of the keys
  std::string now;
  bool resumed = false;  ///< it was begun by an earlier call
};

/// Gives this install a new key: makes it durable beside the present one, lets the server record it by an envelope that
/// both have signed, and puts it in the present one's place. What was begun before is finished instead. Only where all
/// that was signed with the present key has arrived: what waits is sent first.
///
/// Errors: those of the delivery and of the server; conflict where something still waits that the server does not take;
/// storage, disk_full. After an error the next call, or finish_key_rotation(), goes on from where it was: both keys are
/// kept until the server's signed answer is there. Protocol: docs/formats/key-rotation.md
Result<KeyChange> rotate_key(Install& install);

/// Finishes what rotate_key() began; nothing where it began nothing. To be called whenever the install is opened for
/// work: the server may have recorded the new key, and then takes nothing by the present one any more. Errors: as
/// rotate_key().
Result<std::optional<KeyChange>> finish_key_rotation(Install& install);

}  // namespace kip::updater
