#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include <signing/terminal/posix_terminal.hpp>
#include <signing/terminal/progress_bar.hpp>

namespace kip {
namespace {

constexpr std::chrono::milliseconds kRedraw(100);
constexpr std::uint64_t kWidth = 20;

std::string mega(std::uint64_t octets) {
  constexpr std::uint64_t kMega = 1'000'000;
  return fmt::format("{}.{}", octets / kMega, octets % kMega * 10 / kMega);
}

/// "8 s", "2:05", "1:00:00".
std::string time_left(std::uint64_t seconds) {
  constexpr std::uint64_t kSixty = 60;
  if (seconds < kSixty) return fmt::format("{} s", seconds);
  const std::uint64_t minutes = seconds / kSixty;
  if (minutes < kSixty) return fmt::format("{}:{:02}", minutes, seconds % kSixty);
  return fmt::format("{}:{:02}:{:02}", minutes / kSixty, minutes % kSixty, seconds % kSixty);
}

/// A terminal that has gone is no reason to break off what is in progress.
void draw(const std::string& text) {
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
}

}  // namespace

std::string progress_line(std::uint64_t done, std::uint64_t total, std::uint64_t per_second) {
  const std::uint64_t percent = total == 0 ? 100 : std::min(done, total) * 100 / total;
  const std::uint64_t filled = percent * kWidth / 100;
  return fmt::format("[{}{}] {:3} %  {} of {} MB  {} MB/s{}", std::string(filled, '#'),
                     std::string(kWidth - filled, '-'), percent, mega(done), mega(total), mega(per_second),
                     done < total && per_second > 0 ? "  " + time_left((total - done) / per_second) + " left" : "");
}

ProgressBar::ProgressBar(const Clock& clock) : clock_(clock), on_terminal_(stderr_is_terminal()) {}

void ProgressBar::show(std::uint64_t done, std::uint64_t total) {
  if (!on_terminal_) return;
  const Instant now = clock_.now();
  if (!beginning_) {
    beginning_ = Beginning{now, done};
  } else if (now - last_ < kRedraw && done < total) {
    return;
  }
  last_ = now;
  drawn_ = true;
  const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>((now - beginning_->at).count(), 1));
  const std::uint64_t here = done - std::min(done, beginning_->done);
  draw("\r" + progress_line(done, total, here * 1000 / millis) + "\033[K");
}

void ProgressBar::wipe() {
  if (drawn_) draw("\r\033[K");
  drawn_ = false;
}

}  // namespace kip
