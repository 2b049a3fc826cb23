#pragma once

#include <signing/cli/context.hpp>

namespace kip::cli {

/// The operator at a terminal. Asks on /dev/tty, so that standard input and output stay free for data.
class PosixOperator final : public Operator {
 public:
  Result<SecretBytes> passphrase(const std::string& prompt, bool confirm) override;
  Result<SecretBytes> passphrase_from(int descriptor) override;
  Result<void> confirm(const std::string& question) override;
};

}  // namespace kip::cli
