#include <pthread.h>

#include <signing/daemon/posix_stop_signal.hpp>

namespace kip {

StopSignal::StopSignal() : signals_() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

int StopSignal::wait() {
  int signal = 0;
  sigwait(&signals_, &signal);
  return signal;
}

void name_thread(const char* name) {
  ::pthread_setname_np(::pthread_self(), name);
}

}  // namespace kip
