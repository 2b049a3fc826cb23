#pragma once

#include <functional>
#include <map>

#include <signing/timestamp/stamp.hpp>

namespace kip::tsp {

/// Keeps stamps, one for each subject and authority.
class StampStore {
 public:
  virtual ~StampStore() = default;
  /// Every one that is kept.
  virtual Result<std::vector<Stamp>> load() = 0;
  /// In place of the one of the same subject and authority. On return it is durable.
  virtual Result<void> save(const Stamp& stamp) = 0;
};

/// In memory, for tests. Not thread-safe.
class MemoryStampStore final : public StampStore {
 public:
  Result<std::vector<Stamp>> load() override;
  Result<void> save(const Stamp& stamp) override;

 private:
  std::map<std::pair<Sha256Digest, std::string>, Stamp> stamps_;
};

/// Asks one authority: AuthorityClient::ask(), or what a test has instead.
using AskAuthority = std::function<Outcome(const Authority&, const Request&)>;

struct StampQueuePorts {
  StampStore& store;
  AskAuthority ask;
  const Clock& clock;
  RandomSource& random;
};

/// Has digests stamped by every authority, whatever the others do, and goes on after a crash. Not thread-safe.
class StampQueue {
 public:
  /// What one round has brought.
  struct Round {
    std::vector<Stamp> stamped = {};
    std::vector<Stamp> bad = {};
    std::vector<Stamp> unreachable = {};
  };

  /// Goes on with what the store has. The ports must outlive it. Errors: usage where two authorities have one name;
  /// those of the store.
  static Result<StampQueue> open(StampQueuePorts ports, std::vector<Authority> authorities, Patience patience = {});

  /// Wants a subject stamped by every authority; those that have been asked for are left alone. Errors: the store's.
  Result<void> want(const Sha256Digest& subject);
  /// Asks again where an answer was bad. Errors: not_found where it was never wanted; the store's.
  Result<void> again(const Sha256Digest& subject, const std::string& authority);
  /// Asks for everything that is due. An authority that did not answer is left alone altogether until the pause after
  /// that has passed.
  /// Errors: the store's: nothing is sent that could not be kept before.
  Result<Round> work();

  /// When work() has something to do next; nothing where nothing is pending.
  std::optional<Instant> next_at() const;
  std::vector<Stamp> of(const Sha256Digest& subject) const;
  StampSummary summary(const Sha256Digest& subject) const { return summarise(of(subject)); }

 private:
  StampQueue(StampQueuePorts ports, std::vector<Authority> authorities, Patience patience)
      : ports_(std::move(ports)), authorities_(std::move(authorities)), patience_(patience) {}

  /// What an authority has to be asked for now, nothing while it is left alone.
  std::vector<Stamp> due_at(const std::string& authority, Instant now) const;
  Result<void> keep(Stamp stamp);
  Result<Stamp> ask(const Authority& authority, const Stamp& stamp);

  StampQueuePorts ports_;
  std::vector<Authority> authorities_;
  Patience patience_;
  std::map<std::pair<Sha256Digest, std::string>, Stamp> stamps_;
};

}  // namespace kip::tsp
