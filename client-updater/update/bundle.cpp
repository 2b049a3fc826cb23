#include <fmt/format.h>

#include <client-updater/update/bundle.hpp>
#include <client-updater/update/metadata.hpp>
#include <signing/bundle/bundle_http.hpp>
#include <signing/dsse/envelope.hpp>
#include <signing/tuf/file_check.hpp>
#include <signing/tuf/scratch_store.hpp>

namespace kip::updater {
namespace {

constexpr std::uint64_t kMaxStatement = 1U << 20U;
constexpr std::uint64_t kMaxRolloutFile = 1U << 20U;
/// How far the clocks of two people may be apart.
constexpr std::chrono::minutes kClockTolerance{10};

/// The officers' statement, with the envelope that is still to be verified.
struct Claim {
  dsse::Envelope envelope;
  OfflineStatement statement;
};

Result<Claim> read_claim(BundleFile& bundle) {
  const auto read = [&bundle]() -> Result<Claim> {
    KIP_TRY(const Bytes bytes, bundle.read(bundle.index().entries.front(), kMaxStatement));
    KIP_TRY(dsse::Envelope envelope, dsse::parse(bytes));
    KIP_TRY(OfflineStatement statement, parse_offline_statement(envelope.payload));
    return Claim{std::move(envelope), std::move(statement)};
  };
  auto claim = read();
  if (!claim) return fail_while("reading the officers' statement in the bundle", std::move(claim).error());
  const BundleIndex& index = bundle.index();
  const OfflineStatement& said = claim->statement;
  if (index.tenant == said.tenant && index.product == said.product && index.version == said.version &&
      index.created_at == said.created_at && index.valid_until == said.valid_until) {
    return claim;
  }
  return fail(ErrorCode::integrity,
              "the bundle's list of contents says something else than the officers' statement in it");
}

Result<void> expect_for(const Enrolment& enrolment, const OfflineStatement& said) {
  if (said.tenant != enrolment.tenant) {
    return fail(ErrorCode::conflict, fmt::format("this bundle is from the vendor {}, this install belongs to {}",
                                                 said.tenant.str(), enrolment.tenant.str()));
  }
  if (said.product != enrolment.product) {
    return fail(ErrorCode::conflict, fmt::format("this bundle is for the product {}, this install is of {}",
                                                 said.product.str(), enrolment.product.str()));
  }
  return {};
}

std::string in_words(std::chrono::milliseconds time) {
  using std::chrono::hours;
  if (time >= hours(48)) return fmt::format("{} days", time / hours(24));
  if (time >= hours(2)) return fmt::format("{} hours", time / hours(1));
  return fmt::format("{} minutes", time / std::chrono::minutes(1));
}

/// The present cannot be before something that has happened.
Result<void> expect_clock_after(Instant happened, std::string_view what, Instant now) {
  if (now + kClockTolerance >= happened) return {};
  return fail(ErrorCode::conflict,
              fmt::format("this computer's clock is wrong: it says {}, but {} on {}, so it is at least {} behind; set "
                          "the clock and try again",
                          format_instant(now), what, format_instant(happened), in_words(happened - now)));
}

Result<void> expect_still_good(const OfflineStatement& said, Instant now) {
  if (now < said.valid_until) return {};
  return fail(ErrorCode::expired,
              fmt::format("this bundle is too old: it was good until {}, that is {} ago by this computer's clock ({}); "
                          "ask the vendor for a new bundle",
                          format_instant(said.valid_until), in_words(now - said.valid_until), format_instant(now)));
}

/// What TUF says of a bundle, in words for who holds it in their hand.
Unexpected refused_by_tuf(const Error& error) {
  if (error.code == ErrorCode::expired) {
    return fail_while("this bundle is too old, ask the vendor for a new one", error);
  }
  if (error.code == ErrorCode::rollback) {
    return fail_while(
        "this install knows of a later state of the vendor's releases than this bundle holds; use the later bundle, or "
        "ask the vendor for a new one",
        error);
  }
  if (error.code == ErrorCode::network) return fail(ErrorCode::malformed, "the bundle is not whole: " + error.message);
  return fail_while("the bundle does not hold what the vendor signed", error);
}

std::vector<PublicKey> officers_of(const tuf::Targets& targets, const std::string& role) {
  std::vector<PublicKey> out;
  const tuf::Role* by = targets.signers(role);
  for (const std::string& id : by == nullptr ? std::vector<std::string>() : by->key_ids) {
    const auto key = targets.delegation_keys.find(id);
    if (key != targets.delegation_keys.end() && key->second.usable()) out.push_back(*key->second.usable());
  }
  return out;
}

/// Verifies a bundle without keeping anything of it.
class Verification {
 public:
  Verification(const Install& install, BundleFile& bundle)
      : install_(install),
        bundle_(bundle),
        http_(bundle, install.repository_url("")),
        fetcher_(http_, install.repository_url("metadata/")),
        kept_(install.ports().files, install.layout().metadata()),
        scratch_(kept_) {}

  Result<void> run(const Claim& claim, Instant now) {
    auto client = tuf::Client::open(fetcher_, scratch_, judged_at(now, claim.statement.created_at));
    if (!client) return Unexpected(client.error());
    if (auto done = client->refresh(); !done) return refused_by_tuf(done.error());
    const std::string role = product_role(claim.statement.product);
    if (auto done = client->delegated(role); !done) return refused_by_tuf(done.error());
    KIP_TRY_VOID(expect_signed(claim, officers_of(*client->trusted().targets(tuf::kTargets, tuf::kRoot), role)));
    const auto rolled_out = read_rolled_out(*client);
    if (!rolled_out) return refused_by_tuf(rolled_out.error());
    const OfflineStatement& said = claim.statement;
    if (*rolled_out == Target{said.version, said.manifest}) return {};
    return fail(ErrorCode::integrity,
                fmt::format("the officers' statement in the bundle names version {}, its rollout another content "
                            "(version {}); ask the vendor for a new bundle",
                            said.version.str(), rolled_out->version.str()));
  }

 private:
  Result<void> expect_signed(const Claim& claim, const std::vector<PublicKey>& officers) const {
    if (auto signed_by = dsse::verify(claim.envelope, kOfflineType, officers); !signed_by) {
      return fail_while("the statement in the bundle was signed by none of the product's officers", signed_by.error());
    }
    const BundleEntry* timestamp = bundle_.find(std::string(BundleIndex::kMetadata) + "timestamp.json");
    if (timestamp != nullptr && timestamp->sha256 == claim.statement.timestamp) return {};
    return fail(ErrorCode::integrity,
                "the officers' statement in the bundle is about other metadata; ask the vendor for a new bundle");
  }

  Result<Target> read_rolled_out(tuf::Client& client) {
    const ProductId& product = install_.enrolment().product;
    KIP_TRY(const auto listed, client.find(rollout_target_path(product)));
    if (!listed) return fail(ErrorCode::not_found, "it holds no rollout");
    const std::string url = install_.repository_url("targets/" + encode_url_path(listed->location));
    KIP_TRY(const HttpResponse answer, http_.send({.url = url, .max_body = kMaxRolloutFile}));
    KIP_TRY_VOID(tuf::check_file(answer.body, listed->file.length, listed->file.hashes, listed->path));
    KIP_TRY(const Rollout rollout, parse_rollout(answer.body));
    const std::string path = release_target_path(product, rollout.version);
    KIP_TRY(const auto package, client.find(path));
    if (!package) return fail(ErrorCode::not_found, fmt::format("officers have not signed {}", path));
    KIP_TRY(const Release release, parse_release(package->file.custom));
    return Target{release.version, release.manifest};
  }

  const Install& install_;
  BundleFile& bundle_;
  BundleHttpClient http_;
  HttpMetadataFetcher fetcher_;
  FileMetadataStore kept_;
  tuf::ScratchStore scratch_;
};

Result<OfflineStatement> verify(Install& install, BundleFile& bundle) {
  const Instant now = install.ports().clock.now();
  KIP_TRY(Claim claim, read_claim(bundle));
  KIP_TRY_VOID(expect_for(install.enrolment(), claim.statement));
  if (const auto& seen = install.state().last_check) {
    KIP_TRY_VOID(expect_clock_after(*seen, "this install has seen the vendor's releases", now));
  }
  KIP_TRY_VOID(Verification(install, bundle).run(claim, now));
  KIP_TRY_VOID(expect_clock_after(claim.statement.created_at, "the vendor made this bundle", now));
  KIP_TRY_VOID(expect_still_good(claim.statement, now));
  return std::move(claim).statement;
}

/// An install that hears of the vendor by a bundle alone.
class BundleChannel {
 public:
  /// Verifies the bundle first. Errors: those of verify() and of opening.
  static Result<std::unique_ptr<BundleChannel>> open(Install& install, const std::filesystem::path& file) {
    KIP_TRY(auto bundle, BundleFile::open(install.ports().files, file));
    KIP_TRY(OfflineStatement statement, verify(install, *bundle));
    return std::unique_ptr<BundleChannel>(new BundleChannel(install, std::move(bundle), std::move(statement)));
  }

  const OfflineStatement& statement() const { return statement_; }
  Result<Install> install() const { return Install::open(ports_, layout_); }

 private:
  BundleChannel(Install& install, std::unique_ptr<BundleFile> bundle, OfflineStatement statement)
      : bundle_(std::move(bundle)),
        http_(*bundle_, install.repository_url("")),
        statement_(std::move(statement)),
        layout_(install.layout()),
        ports_(offline(install.ports())) {}

  Ports offline(const Ports& ports) {
    return {ports.files,     http_,         ports.store,      ports.clock,          ports.random,
            ports.databases, ports.machine, ports.hooks_file, statement_.created_at};
  }

  std::unique_ptr<BundleFile> bundle_;
  BundleHttpClient http_;
  OfflineStatement statement_;
  Layout layout_;
  Ports ports_;
};

}  // namespace

Result<BundleResult> apply_bundle(const Ports& ports, const Layout& layout, const Narrator& narrator,
                                  const BundleOrder& order) {
  KIP_TRY(Install install, Install::open(ports, layout));
  Applier applier(install, narrator);
  KIP_TRY_VOID(applier.recover());
  KIP_TRY_VOID(applier.expect_not_held());
  KIP_TRY(const auto channel, BundleChannel::open(install, order.file));
  const OfflineStatement& statement = channel->statement();
  narrator.say(fmt::format("the bundle holds version {}, as of {}; a stop that the vendor ordered later is not in it",
                           statement.version.str(), format_instant(statement.created_at)));
  KIP_TRY(Install by_bundle, channel->install());
  KIP_TRY(UpdateResult result, update(by_bundle, narrator, order.again));
  return BundleResult{std::move(result), statement};
}

Result<AuditResult> repair_by_bundle(Install& install, const Narrator& narrator, const std::filesystem::path& file) {
  KIP_TRY(const auto channel, BundleChannel::open(install, file));
  KIP_TRY(Install by_bundle, channel->install());
  return audit(by_bundle, narrator, true);
}

Result<BundleClaims> inspect_bundle(FileSystem& files, const std::filesystem::path& file) {
  KIP_TRY(const auto bundle, BundleFile::open(files, file));
  KIP_TRY(Claim claim, read_claim(*bundle));
  return BundleClaims{bundle->index(), std::move(claim).statement};
}

}  // namespace kip::updater
