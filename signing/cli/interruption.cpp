#include <signing/cli/interruption.hpp>

namespace kip::cli {
namespace {

volatile std::sig_atomic_t pending = 0;

void keep(int signal) {
  pending = signal;
}

}  // namespace

Interruption::Interruption() {
  struct sigaction hold {};
  hold.sa_handler = &keep;
  hold.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    static_cast<void>(::sigaction(kSignals[i], &hold, &before_[i]));
    // Who started us may have had a signal ignored, as nohup does.
    if (before_[i].sa_handler == SIG_IGN) static_cast<void>(::sigaction(kSignals[i], &before_[i], nullptr));
  }
}

Interruption::~Interruption() {
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    static_cast<void>(::sigaction(kSignals[i], &before_[i], nullptr));
  const int signal = pending;
  pending = 0;
  if (signal != 0) static_cast<void>(::raise(signal));
}

Result<void> Interruption::check() {
  if (pending == 0) return {};
  return fail(ErrorCode::denied, "interrupted; nothing was written");
}

}  // namespace kip::cli
