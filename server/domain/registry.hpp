#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <manifests/model/terms.hpp>
#include <server/domain/board.hpp>
#include <server/domain/recorder.hpp>

namespace kip::server {

struct RegisteredAct {
  Act act;
  bool created = false;  ///< false: the identical act was there already
  std::vector<BoardEntry> obligations;
  std::vector<Warning> warnings = {};
};

struct ImportedCommitments {
  std::int64_t added = 0;
  std::int64_t unchanged = 0;
  std::int64_t obligations_opened = 0;
};

struct ImportedTerms {
  ImportedCommitments commitments = {};
  std::int64_t promises_added = 0;
  std::int64_t promises_unchanged = 0;
};

struct ImportedCustomers {
  std::int64_t added = 0;
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;
  /// Those of check_customer() and check_change(); promise-unknown and promise-of-another-product: a customer's list
  /// names a promise that nobody has registered, or that is not about his product, so that it promises nothing.
  std::vector<std::pair<TaxCode, Warning>> warnings = {};
};

/// The use cases by which staff tell the server what the world is like: acts, promises, customers. Each is all or
/// nothing; the actor is who was authenticated. Thread-safe.
class Registry {
 public:
  /// All must outlive it.
  Registry(Store& store, const Recorder& recorder, const Board& board)
      : store_(store), recorder_(recorder), board_(board) {}

  /// Registers acts and opens an obligation for every commitment that covers one. A dry run answers the same and keeps
  /// nothing. Errors: conflict where an act is there with other content, naming each; those of the store.
  Result<std::vector<RegisteredAct>> register_acts(const Actor& actor, const std::vector<Act>& acts, bool dry_run);

  /// Errors: conflict where a commitment is there with other content; not_found for a calendar that is not here.
  Result<ImportedCommitments> import_commitments(const Actor& actor, const std::vector<Commitment>& commitments);

  /// All that a vendor promises, of acts and of service. Errors: conflict where a promise is there with other content,
  /// or as one of the other kind, naming each; not_found for a calendar that is not here.
  Result<ImportedTerms> import_terms(const Actor& actor, const Terms& terms);

  /// A customer that is there with other content is changed.
  Result<ImportedCustomers> import_customers(const Actor& actor, const std::vector<Customer>& customers, bool dry_run);

 private:
  /// Within the caller's unit of work. Adds the names of those that are there with other content to `different`.
  Result<ImportedCommitments> take_commitments(UnitOfWork& unit, const Actor& actor,
                                               const std::vector<Commitment>& commitments, std::string& different);

  Store& store_;
  const Recorder& recorder_;
  const Board& board_;
};

}  // namespace kip::server
