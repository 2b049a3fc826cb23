#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <server/domain/recorder.hpp>

namespace kip::server {

/// A page of notices.
struct NoticePage {
  std::vector<NoticeRecord> notices;
  std::optional<NoticeId> next = {};  ///< ask again with it as `after`; none where this is the last page
};

/// A notice as it reads.
struct ShownNotice {
  NoticeRecord record;
  Language language = Language::en;  ///< of the text
  NoticeText text;
};

/// What staff see of notices, and how they say that one came back. Thread-safe.
class Notices {
 public:
  static constexpr std::size_t kMaxPage = 500;

  /// Store and recorder must outlive it; `vendor` is the name under which it writes.
  Notices(Store& store, const Recorder& recorder, std::string vendor)
      : store_(store), recorder_(recorder), vendor_(std::move(vendor)) {}

  /// Ascending by id, which is by time. `limit` is 1 to kMaxPage. Errors: those of the store.
  Result<NoticePage> list(const NoticeFilter& filter, const std::optional<NoticeId>& after, std::size_t limit);

  /// In the given language, else in its own. The customer's name is that of today. Errors: not_found.
  Result<ShownNotice> show(const NoticeId& id, std::optional<Language> language);

  /// Takes a delivery status notification that came back: the notice is bounced from now on, with `actor` as who
  /// brought it. One that was reported already is answered as it is. Errors: those of parse_delivery_report(); usage
  /// where it speaks of no failure; not_found where it is about no notice that was handed over from here; conflict
  /// where the notice was never accepted.
  Result<NoticeRecord> take_report(const Actor& actor, BytesView mail);

 private:
  Store& store_;
  const Recorder& recorder_;
  std::string vendor_;
};

}  // namespace kip::server
