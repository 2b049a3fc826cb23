#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <server/domain/revocation_archive.hpp>
#include <signing/crypto/sha256.hpp>

namespace kip::server {

/// What it is about was verified before it was recorded.
std::optional<tsp::VerifiedToken> RevocationArchive::verify(const std::string& authority, BytesView token) const {
  const auto parsed = tsp::UnverifiedToken::parse(token);
  const auto found = std::find_if(authorities_.begin(), authorities_.end(),
                                  [&](const tsp::Authority& one) { return one.name == authority; });
  if (!parsed || found == authorities_.end()) return std::nullopt;
  auto verified = tsp::verify_token(*parsed, {parsed->claims().imprint.digest}, found->trust);
  return verified ? std::optional(*std::move(verified)) : std::nullopt;
}

Result<void> RevocationArchive::expect(UnitOfWork& unit, const std::string& authority, BytesView token) const {
  const auto verified = verify(authority, token);
  if (!verified) return {};
  const Sha256Digest signer = sha256(verified->signer().der);
  KIP_TRY(auto known, unit.revocations().find(signer));
  RevocationRecord record = known ? *std::move(known) : RevocationRecord{signer, {}, {}};
  record.authority = authority;
  record.token = token;
  record.is_over = false;
  return unit.revocations().put(record);
}

Result<void> RevocationArchive::turn() {
  std::vector<RevocationRecord> records;
  {
    KIP_TRY(const auto unit, ports_.store.begin(ports_.tenant, Access::read));
    KIP_TRY(records, unit->revocations().all());
  }
  for (RevocationRecord& record : records) {
    if (record.is_over || ports_.clock.now() < record.next_at) continue;
    const Bytes token = record.token;
    ask(record);  // without a transaction: issuers take their time
    KIP_TRY(const auto unit, ports_.store.begin(ports_.tenant, Access::write));
    KIP_TRY(const auto now, unit->revocations().find(record.signer));
    if (now && now->token != token) {  // a newer one has come meanwhile
      record.token = now->token;
      record.is_over = false;
    }
    KIP_TRY_VOID(unit->revocations().put(record));
    KIP_TRY_VOID(unit->commit());
  }
  return {};
}

void RevocationArchive::ask(RevocationRecord& record) const {
  const Instant now = ports_.clock.now();
  const auto token = verify(record.authority, record.token);
  if (!token) {  // the authority is not in the settings any more
    record.is_over = true;
    return;
  }
  record.next_at = now + (now - token->claims.gen_time < kPatience ? kPause : kLongPause);
  auto fetched = ports_.fetch(*token);
  if (fetched) return take(*std::move(fetched), record);
  tell(record, fetched.error().code == ErrorCode::rollback ? "stamp.signer_revoked" : "stamp.revocation_unknown",
       fetched.error().message);
}

void RevocationArchive::take(tsp::RevocationFetch fetched, RevocationRecord& record) const {
  const auto& as_of = fetched.status.empty() ? std::optional<Instant>() : fetched.status.front().as_of;
  if (fetched.data != tsp::RevocationData() && (fetched.complete || as_of.value_or(Instant()) >= record.as_of)) {
    record.data = std::move(fetched.data);
    record.as_of = as_of.value_or(Instant());
  }
  record.is_over = fetched.complete;
  tell(record, "stamp.revocation_unknown", fmt::format("{}", fmt::join(fetched.problems, "; ")));
}

void RevocationArchive::tell(RevocationRecord& record, std::string_view event, std::string problem) const {
  if (!problem.empty() && problem != record.told)
    ports_.log.write(event, {{"authority", record.authority}, {"error", problem}});
  record.told = std::move(problem);
}

}  // namespace kip::server
