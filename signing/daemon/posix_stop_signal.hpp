#pragma once

#include <csignal>

namespace kip {

/// Waits for SIGTERM or SIGINT. Made before any thread is: the signals are blocked from then on, so that only wait()
/// sees them.
class StopSignal {
 public:
  StopSignal();
  /// The number of the signal that came.
  int wait();

 private:
  sigset_t signals_;
};

/// For HttpOptions and its like: names the calling thread.
void name_thread(const char* name);

}  // namespace kip
