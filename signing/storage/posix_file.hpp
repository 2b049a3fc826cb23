#pragma once

// Inside signing/storage only: what the POSIX adapter is made of.

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <signing/storage/file_system.hpp>

namespace kip::posix {

/// Owner of a file descriptor; empty where it holds -1.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// Calls until no signal has interrupted it.
template <class Call>
auto uninterrupted(Call&& call) {
  auto done = call();
  while (done < 0 && errno == EINTR)
    done = call();
  return done;
}

/// The failure that errno stands for. `error_number` is taken first thing after the call that failed.
Unexpected failure(int error_number, std::string_view doing, const std::filesystem::path& path);

/// open(2), always close-on-exec; repeated when a signal interrupts it.
Result<Descriptor> open_descriptor(const std::filesystem::path& path, int flags, unsigned mode, std::string_view doing);

std::unique_ptr<InputFile> make_input(Descriptor descriptor, const std::filesystem::path& path);
std::unique_ptr<OutputFile> make_output(Descriptor descriptor, const std::filesystem::path& path);

/// Names in an open directory, ascending by bytes.
Result<std::vector<std::string>> names_in(Descriptor directory, const std::filesystem::path& path);

/// Removes `name` in the open directory `parent` with all below it; `path` is for messages.
Result<void> remove_tree_at(int parent, const std::string& name, const std::filesystem::path& path);

}  // namespace kip::posix
