// Runs a command and prints on standard output "STATUS CPU-MICROSECONDS WALL-MICROSECONDS PEAK-KILOBYTES". A program of
// its own because a process inherits its parent's peak: this one is smaller than anything that is measured.
//
//   run_measured COMMAND [ARGUMENT...]

#include <chrono>
#include <cstdio>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: run_measured COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDOUT_FILENO);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) return 1;
  const auto wall = std::chrono::steady_clock::now() - start;
  const long seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
  const long cpu = seconds * 1'000'000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  std::printf("%d %ld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128, cpu,
              static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(wall).count()),
              usage.ru_maxrss);
  return 0;
}
