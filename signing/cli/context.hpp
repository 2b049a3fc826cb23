#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <manifests/codec/json.hpp>
#include <manifests/core/instant.hpp>
#include <signing/crypto/random.hpp>
#include <signing/crypto/secret.hpp>
#include <signing/storage/file_system.hpp>

namespace kip::cli {

/// The person at the keyboard, or the descriptors that stand in for them.
class Operator {
 public:
  virtual ~Operator() = default;
  /// Asks without echo; twice where `confirm`. Errors: denied where nobody can be asked or both answers differ.
  virtual Result<SecretBytes> passphrase(const std::string& prompt, bool confirm) = 0;
  /// One line from a descriptor that was passed in. Errors: usage.
  virtual Result<SecretBytes> passphrase_from(int descriptor) = 0;
  /// Errors: denied where the answer is not yes or nobody can be asked.
  virtual Result<void> confirm(const std::string& question) = 0;
};

/// What the commands of one run share. Outlives all of them.
struct Context {
  FileSystem& files;
  Clock& clock;
  RandomSource& random;
  Operator& person;
  bool json = false;
  std::optional<Error> failure = std::nullopt;
  bool no = false;  ///< what was asked has the answer no: exit status 1

  /// Keeps a command's failure for main(), which reports it and sets the exit status.
  void finish(Result<void> result) {
    if (!result && !failure) failure = std::move(result).error();
  }

  /// Prints lines for people, or, with --json, the value for machines.
  /// What untrusted text could do to a screen is made visible. A failure to write is kept as the command's.
  void print(const std::vector<std::string>& lines, const json::Value& value);
  /// That something does not hold, and why.
  void answer_no(const std::string& what, const Error& why);
  /// The same for what is shown once: that nobody reads it is a failure, too.
  Result<void> hand_out(const std::vector<std::string>& lines, const json::Value& value);

 private:
  std::string text_of(const std::vector<std::string>& lines, const json::Value& value) const;
};

/// From the descriptor where one is given, else by asking.
Result<SecretBytes> get_passphrase(Context& context, const std::optional<int>& descriptor, const std::string& prompt,
                                   bool confirm);

}  // namespace kip::cli
