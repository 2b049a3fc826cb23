#pragma once

#include <client-updater/update/actions.hpp>

namespace kip::updater {

/// The shell around step(): feeds it events, performs its effects and makes its states durable. Not thread-safe; the
/// install must outlive it.
class Applier {
 public:
  Applier(Install& install, const Narrator& narrator);

  /// To be called first: finishes what a crash has interrupted after the pointer was set, puts a pointer that somebody
  /// has changed back, and clears away what an attempt before that point has left. Doing it twice changes nothing.
  Result<void> recover();

  /// Brings a release into use. False where the vendor stopped it meanwhile. Errors: what stopped it; reported, if that
  /// is news.
  Result<bool> install_release(Wanted wanted);

  /// Brings a kept version back into use. Errors: what stopped it; the version in use stays.
  Result<void> take_back(const Target& target);

 private:
  Result<void> run(Event event);
  Result<void> save(const Record& record);
  Result<void> mend_pointer();
  /// After a confirmed attempt: keeps the version in use and the newest before it.
  Result<void> collect();
  Result<void> remove_unrecorded();

  Install& install_;
  const Narrator& narrator_;
  Actions actions_;
  Attempt attempt_;
};

}  // namespace kip::updater
