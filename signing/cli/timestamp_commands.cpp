#include <array>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/cli/commands.hpp>
#include <signing/cli/context.hpp>
#include <signing/timestamp/authority_settings.hpp>
#include <signing/timestamp/token.hpp>

namespace kip::cli {
namespace {

constexpr std::chrono::days kWarnAhead(366);
constexpr std::uint64_t kMaxTokenFile = 1U << 20U;  // what is larger is not read to be called too large

struct VerifyOptions {
  std::string data;
  std::string token;
  std::vector<std::string> roots;
  std::vector<std::string> untrusted;
  std::vector<std::string> revoked;
  std::vector<std::string> ocsp;
  std::vector<std::string> policies;
};

Result<Bytes> hash_file(FileSystem& files, const std::string& path, HashAlgorithm algorithm) {
  constexpr std::size_t kPiece = 1U << 16U;
  KIP_TRY(const auto file, files.open_input(path, Links::follow));
  Hasher hasher(algorithm);
  std::vector<char> piece(kPiece);
  while (true) {
    KIP_TRY(const std::size_t count, file->read(piece));
    if (count == 0) return hasher.finish();
    hasher.update(BytesView(piece.data(), count));
  }
}

/// Adds the certificates of a file to `certificates`, its lists to the trust.
Result<void> add_file(FileSystem& files, const std::string& path, std::vector<Bytes>& certificates, tsp::Trust& trust) {
  KIP_TRY(tsp::CertificateFile file, tsp::read_certificate_file(files, path));
  std::move(file.certificates.begin(), file.certificates.end(), std::back_inserter(certificates));
  std::move(file.crls.begin(), file.crls.end(), std::back_inserter(trust.revocation.crls));
  return {};
}

Result<tsp::Trust> read_trust(FileSystem& files, const VerifyOptions& options) {
  tsp::Trust trust{.roots = {}, .policies = options.policies};
  for (const std::string& policy : options.policies) {
    if (!tsp::is_policy(policy))
      return fail(ErrorCode::usage, fmt::format("--policy {} is no policy; write it like 1.2.3.4", policy));
  }
  for (const std::string& path : options.roots)
    KIP_TRY_VOID(add_file(files, path, trust.roots, trust));
  if (trust.roots.empty()) {
    return fail(ErrorCode::malformed, "--ca names no certificate; give the authority's root certificate");
  }
  for (const std::string& path : options.untrusted)
    KIP_TRY_VOID(add_file(files, path, trust.untrusted, trust));
  for (const std::string& path : options.revoked)
    KIP_TRY_VOID(add_file(files, path, trust.untrusted, trust));
  for (const std::string& path : options.ocsp) {
    KIP_TRY(Bytes answer, read_file(files, path, tsp::CertificateFile::kMaxBytes, Links::follow));
    if (!tsp::is_ocsp_response(answer)) {
      return fail(ErrorCode::malformed, fmt::format("{} is no answer of OCSP in DER", path));
    }
    trust.revocation.ocsp.push_back(std::move(answer));
  }
  return trust;
}

/// Adds to the token's own warnings what the present has to say of it.
void warn_of_expiry(tsp::VerifiedToken& token, Instant now) {
  if (token.not_after < now) {
    token.warnings.push_back(fmt::format(
        "its chain has expired on {}: by itself the token proves nothing any more (indeterminate), unless it "
        "was renewed before",
        format_instant(token.not_after)));
  } else if (token.not_after - now < kWarnAhead) {
    token.warnings.push_back(
        fmt::format("its chain expires within a year, on {}: have it renewed before", format_instant(token.not_after)));
  }
  if (!token.claims.independent()) {
    token.warnings.push_back(
        fmt::format("{}: it is of a development authority, by the clock of whoever runs that", tsp::kNotIndependent));
  }
}

std::string accuracy_text(const tsp::Claims& claims) {
  if (!claims.accuracy) return "not stated";
  const auto micros = claims.accuracy->count();
  constexpr std::int64_t kMicros = 1'000'000;
  if (micros % kMicros == 0) return fmt::format("{} s", micros / kMicros);
  return fmt::format("{}.{:06} s", micros / kMicros, micros % kMicros);
}

json::Value to_json(const tsp::CertificateFacts& certificate) {
  return json::Object{{"subject", certificate.subject},
                      {"issuer", certificate.issuer},
                      {"serial", certificate.serial},
                      {"not_before", format_instant(certificate.not_before)},
                      {"not_after", format_instant(certificate.not_after)},
                      {"sha256", sha256(certificate.der).hex()}};
}

json::Value to_json(const tsp::VerifiedToken& token, bool expired) {
  json::Array chain;
  for (const auto& certificate : token.chain)
    chain.push_back(to_json(certificate));
  json::Array warnings;
  for (const std::string& warning : token.warnings)
    warnings.emplace_back(warning);
  json::Object out{{"valid", true},
                   {"gen_time", tsp::format_gen_time(token.claims.gen_time)},
                   {"serial", token.claims.serial},
                   {"policy", token.claims.policy},
                   {"imprint_algorithm", tsp::to_string(token.claims.imprint.algorithm)},
                   {"imprint", to_hex(token.claims.imprint.digest)},
                   {"tsa", token.claims.tsa},
                   {"independent", token.claims.independent()},
                   {"identity", token.identity().hex()},
                   {"signer", to_json(token.signer())},
                   {"chain", std::move(chain)},
                   {"chain_not_after", format_instant(token.not_after)},
                   {"expired", expired},
                   {"unused_certificates", static_cast<std::int64_t>(token.unused_certificates)},
                   {"warnings", std::move(warnings)}};
  if (token.claims.accuracy) out["accuracy_us"] = token.claims.accuracy->count();
  if (token.claims.nonce) out["nonce"] = *token.claims.nonce;
  if (token.revocation.front().as_of) out["not_revoked_as_of"] = format_instant(*token.revocation.front().as_of);
  return out;
}

std::vector<std::string> lines_of(const tsp::VerifiedToken& token, const VerifyOptions& options) {
  const tsp::Claims& claims = token.claims;
  std::vector<std::string> lines{
      fmt::format("valid: {} existed at {} (accuracy {})", options.data, tsp::format_gen_time(claims.gen_time),
                  accuracy_text(claims)),
      fmt::format("  signed by   {}", token.signer().subject),
      fmt::format("  issued by   {}, certificate good until {}", token.signer().issuer,
                  format_instant(token.signer().not_after)),
      fmt::format("  chain ends  {}, good until {}", token.chain.back().subject, format_instant(token.not_after)),
      fmt::format("  policy      {}", claims.policy),
      fmt::format("  serial      {}", claims.serial),
      fmt::format("  {}      {}", tsp::to_string(claims.imprint.algorithm), to_hex(claims.imprint.digest)),
      fmt::format("  identity    {}", token.identity().hex())};
  for (const std::string& warning : token.warnings)
    lines.push_back("warning: " + warning);
  return lines;
}

Result<tsp::VerifiedToken> verify(Context& context, const VerifyOptions& options, BytesView bytes,
                                  const tsp::Trust& trust) {
  KIP_TRY(const auto token, tsp::UnverifiedToken::parse(bytes));
  KIP_TRY(Bytes digest, hash_file(context.files, options.data, token.claims().imprint.algorithm));
  return tsp::verify_token(token, {std::move(digest)}, trust);
}

/// Fails only where the question cannot be asked. A token that does not hold is an answer, which is no.
Result<void> timestamp_verify(Context& context, const VerifyOptions& options) {
  KIP_TRY(const bool has_data, path_exists(context.files, options.data));
  if (!has_data) return fail(ErrorCode::not_found, fmt::format("there is no file {}", options.data));
  KIP_TRY(const tsp::Trust trust, read_trust(context.files, options));
  KIP_TRY(const Bytes bytes, read_file(context.files, options.token, kMaxTokenFile, Links::follow));
  auto token = verify(context, options, bytes, trust);
  if (!token) {
    context.answer_no(options.token, token.error());
    return {};
  }
  const Instant now = context.clock.now();
  warn_of_expiry(*token, now);
  context.print(lines_of(*token, options), to_json(*token, token->not_after < now));
  return {};
}

}  // namespace

void add_timestamp_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* timestamp = app.add_subcommand("timestamp", "Time stamps by RFC 3161");
  timestamp->require_subcommand(1);
  CLI::App* made = timestamp->add_subcommand(
      "verify",
      "Whether a token, or a response with one, is about this data and by an authority of that root, as of "
      "the token's own time. Exit status 0 yes, 1 no; 2 and above where that could not be asked");
  const auto files = [&](const char* name, std::vector<std::string>& list, const char* help) {
    return made->add_option(name, list, help)->allow_extra_args(false);
  };
  made->add_option("--data", options->data, "The file that was stamped")->required();
  made->add_option("--token", options->token, "The token or the response, in DER")->required();
  files("--ca", options->roots, "The roots that are trusted, PEM or DER; may be repeated")->required();
  files("--untrusted", options->untrusted, "Certificates that a chain may need, and lists of revoked ones");
  files("--crl", options->revoked, "Lists of revoked certificates, PEM or DER; may be repeated");
  files("--ocsp", options->ocsp, "Answers of OCSP, DER; may be repeated");
  files("--policy", options->policies, "The policy that the token must be under; may be repeated: one of these");
  made->callback([&context, options] { context.finish(timestamp_verify(context, *options)); });
}

}  // namespace kip::cli
