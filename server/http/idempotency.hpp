#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <manifests/core/digest.hpp>
#include <manifests/core/instant.hpp>
#include <signing/http/message.hpp>

namespace kip::server {

/// What the answers to requests with an Idempotency-Key were, so that one that is sent again is not done again. In
/// memory and bounded: a restart forgets all of them, and the oldest are forgotten first where there are too many.
/// Thread-safe. Source: draft-ietf-httpapi-idempotency-key-header-07
class IdempotencyKeys {
 public:
  struct Limits {
    std::chrono::hours life{24};
    std::size_t keys = 10'000;
    std::size_t keys_of_one = 1'000;       ///< of one caller
    std::size_t answer_bytes = 1U << 20U;  ///< a longer answer is not kept, only that there was one
    std::size_t total_bytes = 64U << 20U;
  };
  explicit IdempotencyKeys(const Clock& clock) : IdempotencyKeys(clock, Limits()) {}
  IdempotencyKeys(const Clock& clock, const Limits& limits) : clock_(clock), limits_(limits) {}

  struct Claim {
    std::string owner;  ///< who asks and by what credential: nobody is shown another one's answer
    std::string key;
    Sha256Digest request;  ///< of everything that makes it another request
  };
  /// A key: 8 to 128 of A-Z a-z 0-9 . _ ~ -
  static bool is_key(std::string_view text);

  /// Nothing where the request is to be done now, with keep() or forget() to follow. Else its answer: the one from
  /// before; 409 where it is being done at this moment or its answer was too long to be kept; 422 where the key belongs
  /// to another request.
  std::optional<http::Response> begin(const Claim& claim);
  /// What later ones are answered.
  void keep(const Claim& claim, const http::Response& answer);
  /// As if it had never been asked.
  void forget(const Claim& claim);

  std::size_t size() const;

 private:
  using Name = std::pair<std::string, std::string>;  ///< owner and key
  struct Entry {
    Sha256Digest request;
    Instant begun;
    bool done = false;
    std::optional<http::Response> answer = {};
  };
  using Entries = std::map<Name, Entry>;

  http::Response answer_of(const Entry& entry, const Claim& claim) const;
  void drop(Entries::iterator entry);
  void drop_expired();
  /// The oldest that is done, of one owner or of all.
  bool drop_oldest(const std::string* owner);
  std::size_t count_of(const std::string& owner) const;

  const Clock& clock_;
  const Limits limits_;
  mutable std::mutex mutex_;  ///< guards what follows
  Entries entries_;
  std::deque<Name> order_;  ///< as they were begun; may hold names that were forgotten
  std::size_t bytes_ = 0;
};

}  // namespace kip::server
