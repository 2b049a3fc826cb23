#include <array>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <manifests/core/unicode.hpp>
#include <signing/cli/posix_operator.hpp>

namespace kip::cli {
namespace {

constexpr std::size_t kMaxLine = 1024;

// What a signal has to undo, and to do again after a stop. Only one question is asked at a time.
volatile std::sig_atomic_t hidden_terminal = -1;
termios visible_settings{};
termios silent_settings{};
struct sigaction on_signal {};

/// Lets the terminal echo again, then lets the signal do what it does; after a stop, hides what is typed again. Only
/// async-signal-safe calls.
void show_and_go(int signal) {
  if (hidden_terminal >= 0) static_cast<void>(::tcsetattr(hidden_terminal, TCSAFLUSH, &visible_settings));
  static_cast<void>(::raise(signal));  // SA_RESETHAND has put the default back
  if (hidden_terminal < 0) return;
  static_cast<void>(::sigaction(signal, &on_signal, nullptr));
  static_cast<void>(::tcsetattr(hidden_terminal, TCSAFLUSH, &silent_settings));
}

/// The controlling terminal; echo comes back however a question ends, by a signal as well.
class Tty {
 public:
  Tty() : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {}
  ~Tty() {
    show();
    if (descriptor_ >= 0) static_cast<void>(::close(descriptor_));
  }
  Tty(const Tty&) = delete;
  Tty& operator=(const Tty&) = delete;

  bool usable() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

  void say(const std::string& text) const {
    // Where the terminal is gone, the read that follows says so.
    static_cast<void>(!::write(descriptor_, text.data(), text.size()));
  }

  bool hide() {
    if (::tcgetattr(descriptor_, &visible_settings) != 0) return false;
    silent_settings = visible_settings;
    silent_settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    on_signal.sa_handler = &show_and_go;
    on_signal.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER | SA_RESTART);
    hidden_terminal = descriptor_;
    for (std::size_t i = 0; i < kSignals.size(); ++i)
      static_cast<void>(::sigaction(kSignals[i], &on_signal, &before_[i]));
    return ::tcsetattr(descriptor_, TCSAFLUSH, &silent_settings) == 0;
  }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

  void show() {
    if (hidden_terminal < 0) return;
    static_cast<void>(::tcsetattr(descriptor_, TCSAFLUSH, &visible_settings));
    hidden_terminal = -1;
    for (std::size_t i = 0; i < kSignals.size(); ++i)
      static_cast<void>(::sigaction(kSignals[i], &before_[i], nullptr));
  }

  int descriptor_;
  std::array<struct sigaction, kSignals.size()> before_{};
};

/// One line without its end; nothing at the end of input or where the line is too long.
std::optional<SecretBytes> read_line(int descriptor) {
  Bytes line;
  line.reserve(kMaxLine);
  char c = 0;
  for (;;) {
    const auto got = ::read(descriptor, &c, 1);
    if (got < 0 || line.size() == kMaxLine || (got == 0 && line.empty())) {
      SecretBytes::wipe(line);
      return std::nullopt;
    }
    if (got == 0 || c == '\n') break;
    if (c != '\r') line += c;
  }
  return SecretBytes(std::move(line));
}

Unexpected nobody() {
  return fail(ErrorCode::denied,
              "there is no terminal to ask on; pass the passphrase on a descriptor with --passphrase-fd");
}

}  // namespace

Result<SecretBytes> PosixOperator::passphrase(const std::string& prompt, bool confirm) {
  Tty tty;
  if (!tty.usable() || !tty.hide()) return nobody();
  tty.say(prompt + ": ");
  auto first = read_line(tty.descriptor());
  tty.say("\n");
  if (!first || first->empty()) return fail(ErrorCode::denied, "no passphrase was given");
  if (confirm) {
    tty.say("The same again: ");
    const auto second = read_line(tty.descriptor());
    tty.say("\n");
    if (!second || second->reveal() != first->reveal())
      return fail(ErrorCode::denied, "the two passphrases differ; nothing was done");
  }
  return *std::move(first);
}

Result<SecretBytes> PosixOperator::passphrase_from(int descriptor) {
  auto line = read_line(descriptor);
  if (!line || line->empty()) {
    return fail(ErrorCode::usage,
                fmt::format("no passphrase can be read from descriptor {}; open it, as in 3<FILE", descriptor));
  }
  return *std::move(line);
}

Result<void> PosixOperator::confirm(const std::string& question) {
  const Tty tty;
  if (!tty.usable())
    return fail(ErrorCode::denied, "there is no terminal to ask on; look at what is shown and add --yes");
  tty.say(question + " [yes/no] ");
  const auto answer = read_line(tty.descriptor());
  if (answer && to_lower_ascii(trim(answer->reveal())) == "yes") return {};
  return fail(ErrorCode::denied, "not confirmed; nothing was done");
}

}  // namespace kip::cli
