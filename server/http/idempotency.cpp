#include <algorithm>

#include <server/http/idempotency.hpp>

namespace kip::server {
namespace {

constexpr int kConflict = 409;
constexpr int kOtherRequest = 422;
constexpr std::size_t kShortest = 8;
constexpr std::size_t kLongest = 128;

}  // namespace

bool IdempotencyKeys::is_key(std::string_view text) {
  return text.size() >= kShortest && text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '~' || c == '-';
         });
}

http::Response IdempotencyKeys::answer_of(const Entry& entry, const Claim& claim) const {
  if (entry.request != claim.request) {
    return http::problem({ErrorCode::conflict, "this Idempotency-Key was used for another request; make a new one"},
                         kOtherRequest);
  }
  if (!entry.done) {
    return http::problem({ErrorCode::conflict, "a request with this Idempotency-Key is being done; ask again"},
                         kConflict)
        .set("Retry-After", "1");
  }
  if (!entry.answer) {
    return http::problem({ErrorCode::conflict, "this was done already; its answer was too long to be kept"}, kConflict);
  }
  http::Response out = *entry.answer;
  return std::move(out.set("Idempotency-Replayed", "true"));
}

std::optional<http::Response> IdempotencyKeys::begin(const Claim& claim) {
  const std::lock_guard lock(mutex_);
  drop_expired();
  const Name name{claim.owner, claim.key};
  if (const auto found = entries_.find(name); found != entries_.end()) return answer_of(found->second, claim);
  if (count_of(claim.owner) >= limits_.keys_of_one) drop_oldest(&claim.owner);
  if (entries_.size() >= limits_.keys) drop_oldest(nullptr);
  if (entries_.size() >= limits_.keys) {
    return http::problem({ErrorCode::busy, "too many requests are being done at this moment; come back later"});
  }
  entries_.emplace(name, Entry{claim.request, clock_.now()});
  order_.push_back(name);
  return std::nullopt;
}

void IdempotencyKeys::keep(const Claim& claim, const http::Response& answer) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find({claim.owner, claim.key});
  if (found == entries_.end()) return;
  found->second.done = true;
  if (answer.file || answer.body.size() > limits_.answer_bytes) return;
  while (bytes_ + answer.body.size() > limits_.total_bytes && drop_oldest(nullptr)) {
    if (!entries_.contains({claim.owner, claim.key})) return;
  }
  bytes_ += answer.body.size();
  found->second.answer = answer;
}

void IdempotencyKeys::forget(const Claim& claim) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find({claim.owner, claim.key}); found != entries_.end()) drop(found);
}

std::size_t IdempotencyKeys::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void IdempotencyKeys::drop(Entries::iterator entry) {
  if (entry->second.answer) bytes_ -= entry->second.answer->body.size();
  const auto place = std::find(order_.begin(), order_.end(), entry->first);
  if (place != order_.end()) order_.erase(place);
  entries_.erase(entry);
}

void IdempotencyKeys::drop_expired() {
  const Instant oldest = clock_.now() - limits_.life;
  while (!order_.empty()) {
    const auto found = entries_.find(order_.front());
    if (found != entries_.end() && found->second.begun > oldest) return;
    if (found != entries_.end() && !found->second.done) return;
    if (found == entries_.end()) order_.pop_front();
    if (found != entries_.end()) drop(found);
  }
}

bool IdempotencyKeys::drop_oldest(const std::string* owner) {
  for (const Name& name : order_) {
    const auto found = entries_.find(name);
    if (found == entries_.end() || !found->second.done || (owner != nullptr && name.first != *owner)) continue;
    drop(found);
    return true;
  }
  return false;
}

std::size_t IdempotencyKeys::count_of(const std::string& owner) const {
  const auto first = entries_.lower_bound({owner, std::string()});
  std::size_t out = 0;
  for (auto one = first; one != entries_.end() && one->first.first == owner; ++one)
    ++out;
  return out;
}

}  // namespace kip::server
