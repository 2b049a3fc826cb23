#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <server/domain/board.hpp>
#include <server/domain/rollout_guard.hpp>

namespace kip::server {

/// How one product's rollout stands.
struct RolloutStanding {
  RolloutRecord record;
  Outcomes outcomes;          ///< since it began or was resumed
  std::int64_t installs = 0;  ///< of the product that count
  std::int64_t have_it = 0;   ///< of those: this version or a later one is in use
  std::int64_t held = 0;      ///< beside those: held or disputed ones, which count for nothing until a person decides
  std::vector<std::string> warnings = {};  ///< tie_warning()
};

/// Why an install does not have a version yet. Worst first: of a customer the first one is told.
enum class Missing {
  failing,
  stuck,
  held,       ///< or disputed: nothing that it says counts until a person has decided
  silent,     ///< nothing was heard from it for a week
  deferring,  ///< a person there has put it off
  paused,
  not_meant,    ///< officers meant the version for other labels
  not_reached,  ///< the ramp does not come to it before the limit
  waiting,      ///< for a window
  on_its_way,
};

std::string_view to_string(Missing missing);

struct MissingInstall {
  InstallId install;
  std::string label;
  Missing why = Missing::on_its_way;
  std::optional<Instant> heard_at = {};
};

struct CustomerForecast {
  TaxCode tax_code;
  std::string name;
  std::string phone;
  std::vector<MissingInstall> missing;

  /// Worst of its installs.
  Missing why() const;
};

/// What becomes of a rollout by a limit, at this pace.
struct RolloutForecast {
  RolloutStanding standing;
  std::optional<std::int64_t> obligation = {};  ///< whose limit it is; none where no limit is ahead
  std::optional<Instant> due = {};
  double per_hour = 0;  ///< installs that took it in the last 48 hours
  std::int64_t will_have_it =
      0;  ///< by the limit: those that have it, and what comes at this pace of those on their way
  std::vector<CustomerForecast> customers = {};  ///< that miss it still, those that most likely miss the limit first
};

/// Reads what the projection holds. Thread-safe.
class RolloutOffice {
 public:
  /// All must outlive it.
  RolloutOffice(Store& store, RepositoryStore& repository, const Recorder& recorder, const Board& board,
                const GuardPolicy& policy)
      : store_(store), repository_(repository), recorder_(recorder), board_(board), policy_(policy) {}

  /// By product. Errors: those of the store.
  Result<std::vector<RolloutStanding>> list();

  /// For the earliest limit ahead of an obligation that the version serves. Errors: not_found where nothing is rolled
  /// out of the product; those of the store.
  Result<RolloutForecast> forecast(const ProductId& product);

  /// Gives an install other labels. Errors: not_found; conflict for a retired one.
  Result<InstallRecord> label(const Actor& actor, const InstallLabels& labels);

 private:
  Result<RolloutStanding> standing(Projection& from, const RolloutRecord& record,
                                   const std::vector<InstallRecord>& installs) const;
  Result<void> warn_of_ties(Projection& from, std::vector<RolloutStanding>& all) const;

  Store& store_;
  RepositoryStore& repository_;
  const Recorder& recorder_;
  const Board& board_;
  const GuardPolicy& policy_;
};

}  // namespace kip::server
