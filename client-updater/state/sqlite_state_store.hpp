#pragma once

#include <filesystem>
#include <memory>

#include <client-updater/update/state_store.hpp>

namespace kip::updater {

/// The state in one SQLite file: write-ahead log, synchronous=FULL. Not thread-safe.
class SqliteStateStore final : public StateStore {
 public:
  /// Opens the file, or makes it, and brings it to the present form. One of a later form is taken as it is, where that
  /// allows it. Errors: conflict where it does not.
  static Result<std::unique_ptr<SqliteStateStore>> open(const std::filesystem::path& file);
  ~SqliteStateStore() override;

  Result<State> load() override;
  Result<void> save(const State& state, const std::vector<OutboxEntry>& receipts) override;
  Result<ChainHead> head(const std::string& incarnation) override;
  Result<std::optional<Sha256Digest>> receipt_at(const std::string& incarnation, std::int64_t sequence) override;
  Result<std::vector<OutboxEntry>> pending(std::size_t limit) override;
  Result<std::int64_t> acknowledge(const Acknowledgement& said, const Bytes& envelope) override;
  Result<std::int64_t> send_again(const std::string& incarnation, std::int64_t from, std::int64_t below) override;
  Result<OutboxCounts> counts() override;
  Result<void> put_request(const KeptRequest& request) override;
  Result<std::vector<KeptRequest>> requests() override;
  Result<void> forget_request(const RequestId& id) override;

  /// Writes all of it to another file, which must not exist.
  Result<void> copy(const std::filesystem::path& file);

 private:
  struct Connection;
  explicit SqliteStateStore(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace kip::updater
