#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manifests/model/enrolment.hpp>
#include <server/domain/recorder.hpp>
#include <server/domain/replaced.hpp>
#include <signing/evidence/install_events.hpp>

namespace kip::server {

struct CodeRequest {
  TaxCode customer;
  ProductId product;
  std::int64_t count = 1;
  std::string label = {};                       ///< of the computer or of the site
  std::int64_t seats = 1;                       ///< computers that each code lets in
  bool approval = false;                        ///< each computer waits for a person's word
  std::optional<std::chrono::hours> life = {};  ///< instead of that of the settings
};

struct NewCodes {
  std::vector<EnrolmentCode> codes;  ///< with their secrets, which are kept nowhere
  Instant expires;
};

/// A code for a computer that takes the place of another one.
struct ReplacementCode {
  EnrolmentCode code;  ///< with its secret, which is kept nowhere
  Instant expires;
  InstallRecord replaces;
};

struct Enrolled {
  InstallId install;
  std::string customer = {};                     ///< name
  bool created = false;                          ///< false: the same code and key once more
  bool waiting = false;                          ///< it is none yet: a person has to let it in
  std::optional<ReplacedInstall> replaced = {};  ///< where the code was made to replace an install
};

/// How installs come in: codes for customers, each of which admits one install or as many as a site has seats. Of those
/// that are too many each is held with an alarm; of a code for one computer both are, since nobody can tell which was
/// meant. Thread-safe.
class Enrolment {
 public:
  /// Store and recorder must outlive it.
  Enrolment(Store& store, const Recorder& recorder, std::chrono::hours code_life)
      : store_(store), recorder_(recorder), code_life_(code_life) {}

  /// `root` is the digest of the published 1.root.json. Errors: not_found where the customer does not have the product.
  Result<NewCodes> create_codes(const Actor& actor, const CodeRequest& request, const Sha256Digest& root);

  /// One code for the customer and product of an install that is active, held or disputed. Where it is used, that
  /// install is retired. Errors: not_found for an unknown install; conflict for one that is retired already.
  Result<ReplacementCode> create_replacement(const Actor& actor, const InstallId& replaced, const Sha256Digest& root);

  /// Lets a computer in that waits. Errors: not_found; conflict where it does not wait any more.
  Result<InstallRecord> approve(const Actor& actor, const InstallId& install);
  /// Keeps out a computer that waits: a retry is denied. Errors: as approve().
  Result<void> decline(const Actor& actor, const InstallEnd& end);
  /// Ends an install without another one in its place: nothing is taken from it any more, and its seat stays used.
  /// Errors: not_found; conflict where it is retired already.
  Result<InstallRecord> retire(const Actor& actor, const InstallEnd& end);

  /// Takes an enrolment envelope. Errors: malformed; signature where it is not signed by the key that it names; denied
  /// for an unknown or expired code or another product, for a retired install's, and for one whose install was replaced
  /// by another code; conflict where the code was used with another key: then both installs are recorded and held.
  Result<Enrolled> enrol(BytesView envelope);

 private:
  EnrolmentCode new_code(const ProductId& product, const Sha256Digest& root) const;
  Result<Enrolled> admit(const EnrolmentRequest& request, const Key& key);
  Result<void> expect_seat(Projection& from, const Sha256Digest& secret) const;
  Result<void> raise_alarm(UnitOfWork& unit, const EnrolmentCodeRecord& code, const InstallId& newest) const;
  Result<Enrolled> let_wait(UnitOfWork& unit, const EnrolledInstall& install) const;
  Result<std::optional<Enrolled>> known(Projection& from, const EnrolmentCodeRecord& code, const Key& key,
                                        std::size_t& used) const;

  Store& store_;
  const Recorder& recorder_;
  std::chrono::hours code_life_;
};

}  // namespace kip::server
