#pragma once

#include <client-updater/update/actions.hpp>
#include <client-updater/update/migrating.hpp>

namespace kip::updater {

/// How the hold of an install ends.
enum class ResumeWay {
  back,                 ///< try the way back once more
  back_losing_changes,  ///< the same, and databases are put back although programs may have written to them since
  keep,                 ///< keep the version, if it passes its checks now
};

/// The shell around step(): feeds it events, performs its effects and makes its states durable. Not thread-safe; the
/// install must outlive it.
class Applier {
 public:
  /// `note` is added to the detail of each report.
  Applier(Install& install, const Narrator& narrator, std::string note = {});

  /// To be called first: finishes what a crash has interrupted after the commit point, puts a pointer that somebody has
  /// changed back, and clears away what an attempt before that point has left. Doing it twice changes nothing.
  Result<void> recover();
  /// Errors: conflict where it is not held; what holds it again.
  Result<void> resume(ResumeWay way);

  /// Errors: conflict where the install is held.
  Result<void> expect_not_held() const;

  /// Brings a release into use. False where the vendor stopped it meanwhile. Errors: what stopped it; reported, if that
  /// is news.
  Result<bool> install_release(Wanted wanted);
  const Narrator& narrator() const { return narrator_; }
  /// What came over the network for that release.
  const std::optional<Fetched>& fetched() const { return actions_.fetched(); }
  const std::vector<std::string>& kept_edited() const { return actions_.kept_edited(); }

  /// Brings a kept version back into use. Errors: what stopped it; the version in use stays.
  Result<void> take_back(const Target& target);

 private:
  Result<void> run(Event event);
  Result<void> save(const Record& record);
  /// True where nothing of the attempt is under way, so that what it left may be cleared away.
  bool is_settled() const;
  bool has_switched();
  Result<void> mend();
  /// After the end of an attempt. A failure is only said: the next run tries again. `forgets`: also old versions.
  void tidy_up(bool forgets);
  /// Keeps the version in use and the newest before it.
  Result<void> forget_old();
  Result<void> remove_unrecorded();

  Install& install_;
  const Narrator& narrator_;
  std::string note_;
  MigratingPlacement placement_;
  Actions actions_;
  Attempt attempt_;
};

}  // namespace kip::updater
