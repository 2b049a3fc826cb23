#pragma once

#include <server/domain/recorder.hpp>

namespace kip::server {

struct RotatedKey {
  Bytes answer;          ///< the server's signed word, in its envelope
  bool created = false;  ///< false: that key was the install's already
};

/// Gives an install the key that it has made, and refuses the old one from then on. Who sends the envelope does not
/// matter: both keys have signed it. Where the new key is the install's already nothing happens and the answer is
/// given again, also where people have decided about the install since. Thread-safe.
///
/// Errors: malformed; signature where one of the keys has not signed; denied where no install here has the old key, and
/// for a retired, held or disputed install; conflict where another install has the new key.
/// Protocol: docs/formats/key-rotation.md
Result<RotatedKey> rotate_key(Store& store, const Recorder& recorder, BytesView envelope);

}  // namespace kip::server
