#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <signing/cli/commands.hpp>
#include <signing/cli/render.hpp>
#include <signing/cli/server_options.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::cli {
namespace {

constexpr unsigned kOwnerOnly = 0600;
constexpr std::string_view kSessionPrefix = "kips_";

struct PeopleOptions {
  ServerOptions server;
  std::string person;
  std::vector<std::string> roles;
  std::vector<std::string> officer_keys;
  std::string reason;
  std::string successor;
  std::string label;
  std::vector<std::string> scopes;
  std::string token;
  std::string out;
  int days = 365;
  std::optional<int> proof_fd = {};
  std::optional<int> password_fd = {};
};

json::Array texts(const std::vector<std::string>& items) {
  return {items.begin(), items.end()};
}

std::string joined(const json::Value& value, std::string_view name) {
  std::string out;
  for (const json::Value& item : list_of(value, name))
    out += (out.empty() ? "" : ", ") + (item.as_text() != nullptr ? *item.as_text() : std::string());
  return out;
}

std::string person_line(const json::Value& person) {
  const json::Value* removed = person.find("removed");
  if (removed != nullptr && *removed == json::Value(true)) {
    const auto successor = text_of(person, "successor");
    return fmt::format("{}  removed{}", text_of(person, "name"),
                       successor.empty() ? "" : fmt::format(", succeeded by {}", successor));
  }
  return fmt::format("{}  {}", text_of(person, "name"), joined(person, "roles"));
}

std::string token_line(const json::Value& token) {
  const json::Value* good = token.find("good");
  const auto scopes = joined(token, "scopes");
  return fmt::format("{}  {}  {}{}{}", text_of(token, "token"), text_of(token, "label"),
                     good != nullptr && *good == json::Value(true) ? "good until " : "not good; until ",
                     text_of(token, "expires"), scopes.empty() ? "" : "; only " + scopes);
}

std::vector<std::string> pending_lines(const json::Value& answer) {
  std::vector<std::string> out;
  for (const json::Value& one : list_of(answer, "pending"))
    out.push_back(
        fmt::format("  waits for another person: {} (since {})", text_of(one, "subject"), text_of(one, "since")));
  return out;
}

std::vector<std::string> dependents_lines(const json::Value& hung) {
  std::vector<std::string> out;
  for (const json::Value& token : list_of(hung, "tokens"))
    out.push_back("  token " + token_line(token));
  if (const auto sessions = number_of(hung, "sessions"); sessions > 0)
    out.push_back(fmt::format("  {} sessions", sessions));
  for (const json::Value& duty : list_of(hung, "officer_duties")) {
    out.push_back(fmt::format(
        "  officer's key {} in the role {}, which needs {} of {} signatures; it stays until the "
        "officers publish without it (kip repo keys --remove)",
        text_of(duty, "key"), text_of(duty, "role"), number_of(duty, "threshold"), number_of(duty, "keys")));
  }
  for (std::string& line : pending_lines(hung))
    out.push_back(std::move(line));
  if (out.empty()) out.emplace_back("  nothing");
  return out;
}

Result<void> list_people(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, client.get_list("/people", "people"));
  std::vector<std::string> lines;
  for (const json::Value& person : list_of(answer, "people"))
    lines.push_back(person_line(person));
  context.print(lines, answer);
  return {};
}

Result<void> hand_out_invitation(Context& context, const json::Value& answer) {
  return context.hand_out({fmt::format("Invitation for {}, shown this once, good until {}:", text_of(answer, "person"),
                                       text_of(answer, "expires")),
                           std::string(text_of(answer, "invitation")),
                           fmt::format("{} sets a password by it: kip password --person {}", text_of(answer, "person"),
                                       text_of(answer, "person"))},
                          answer);
}

Result<void> add_person(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer,
          client.post("/people", json::Object{{"name", options.person},
                                              {"roles", texts(options.roles)},
                                              {"officer_keys", texts(options.officer_keys)}}));
  return hand_out_invitation(context, answer);
}

Result<void> change_person(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  const json::Object body{{"roles", texts(options.roles)}, {"officer_keys", texts(options.officer_keys)}};
  KIP_TRY(const json::Value answer, client.put("/people/" + encode_url_path(options.person), json::to_compact(body)));
  context.print({person_line(answer)}, answer);
  return {};
}

Result<void> invite(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer,
          client.post("/people/" + encode_url_path(options.person) + "/invitation", json::Object{}));
  return hand_out_invitation(context, answer);
}

Result<void> show_dependents(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, client.get("/people/" + encode_url_path(options.person) + "/dependents"));
  context.print(dependents_lines(answer), answer);
  return {};
}

Result<void> remove_person(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  json::Object body{{"reason", options.reason}};
  if (!options.successor.empty()) body.emplace("successor", options.successor);
  KIP_TRY(const json::Value answer,
          client.post("/people/" + encode_url_path(options.person) + "/removal", std::move(body)));
  std::vector<std::string> lines{fmt::format("{} is removed. What hung on them:", options.person)};
  for (std::string& line : dependents_lines(answer))
    lines.push_back(std::move(line));
  context.print(lines, answer);
  return {};
}

/// A file of ours, or none: an API token must not be lost to a session.
Result<void> expect_replaceable(Context& context, const std::string& path) {
  const auto present = read_file(context.files, path, 4096);
  if (!present && present.error().code == ErrorCode::not_found) return {};
  if (!present) return Unexpected(present.error());
  if (present->starts_with(kSessionPrefix)) return {};
  return fail(ErrorCode::conflict,
              fmt::format("{} holds something else than a session; choose another --token-file", path));
}

Result<void> log_in(Context& context, const PeopleOptions& options) {
  KIP_TRY(const std::string path, find_token_file(context, options.server));
  KIP_TRY_VOID(expect_replaceable(context, path));
  KIP_TRY(ApiClient client, ApiClient::open_without_token(context, options.server));
  KIP_TRY(const SecretBytes password, get_passphrase(context, options.password_fd, "Password", false));
  KIP_TRY(
      const json::Value answer,
      client.post("/sessions", json::Object{{"person", options.person}, {"password", std::string(password.reveal())}}));
  KIP_TRY_VOID(replace_file(context.files, path, std::string(text_of(answer, "session")) + "\n", kOwnerOnly));
  const auto expires = std::string(text_of(answer, "expires"));
  context.print({fmt::format("{} is signed in until {}; the session is in {}", options.person, expires, path)},
                json::Object{{"person", options.person}, {"expires", expires}, {"file", path}});
  return {};
}

Result<void> log_out(Context& context, const PeopleOptions& options) {
  KIP_TRY(const std::string path, find_token_file(context, options.server));
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  KIP_TRY_VOID(expect_replaceable(context, path));
  KIP_TRY_VOID(client.post("/sessions/end", json::Object{}));
  KIP_TRY_VOID(context.files.remove(path));
  context.print({"Signed out."}, json::Object{});
  return {};
}

Result<void> set_password(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open_without_token(context, options.server));
  KIP_TRY(const SecretBytes proof,
          get_passphrase(context, options.proof_fd, "Invitation, or the password so far", false));
  KIP_TRY(const SecretBytes password, get_passphrase(context, options.password_fd, "New password", true));
  KIP_TRY_VOID(client.post("/password", json::Object{{"person", options.person},
                                                     {"proof", std::string(proof.reveal())},
                                                     {"password", std::string(password.reveal())}}));
  context.print(
      {fmt::format("The password of {} is set. Sign in with: kip login --person {}", options.person, options.person)},
      json::Object{{"person", options.person}});
  return {};
}

Result<void> who_am_i(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer, client.get("/me"));
  std::vector<std::string> lines{fmt::format("{}, by {}; may: {}", text_of(answer, "person"),
                                             text_of(answer, "credential"), joined(answer, "actions"))};
  for (std::string& line : pending_lines(answer))
    lines.push_back(std::move(line));
  context.print(lines, answer);
  return {};
}

Result<void> list_tokens(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  KIP_TRY(const json::Value answer,
          client.get_list(options.person.empty() ? "/tokens" : "/people/" + encode_url_path(options.person) + "/tokens",
                          "tokens"));
  std::vector<std::string> lines;
  for (const json::Value& token : list_of(answer, "tokens"))
    lines.push_back(token_line(token));
  context.print(lines, answer);
  return {};
}

Result<void> create_token(Context& context, const PeopleOptions& options) {
  constexpr int kHoursPerDay = 24;
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  json::Object body{{"label", options.label}, {"hours", std::int64_t{options.days} * kHoursPerDay}};
  if (!options.scopes.empty()) body.emplace("scopes", texts(options.scopes));
  std::unique_ptr<AtomicFile> file;
  if (!options.out.empty()) {
    KIP_TRY(const bool taken, path_exists(context.files, options.out));
    if (taken) return fail(ErrorCode::conflict, options.out + " exists already; choose another --out");
    KIP_TRY(file, AtomicFile::create(context.files, options.out, kOwnerOnly));
  }
  KIP_TRY(const json::Value answer, client.post("/tokens", std::move(body)));
  if (file == nullptr) {
    return context.hand_out({"API token, shown this once:", std::string(text_of(answer, "secret")), token_line(answer)},
                            answer);
  }
  KIP_TRY_VOID(file->write(std::string(text_of(answer, "secret")) + "\n"));
  KIP_TRY_VOID(file->finish());
  KIP_TRY_VOID(file->commit());
  json::Value shown = answer;
  shown.as_object()->erase("secret");
  context.print({fmt::format("{}, in {}", token_line(answer), options.out)}, shown);
  return {};
}

Result<void> revoke_token(Context& context, const PeopleOptions& options) {
  KIP_TRY(ApiClient client, ApiClient::open(context, options.server));
  KIP_TRY_VOID(client.post("/tokens/" + encode_url_path(options.token) + "/revocation", json::Object{}));
  context.print({fmt::format("The token {} has ended.", options.token)}, json::Object{{"token", options.token}});
  return {};
}

using Run = Result<void> (*)(Context&, const PeopleOptions&);
using Maker = std::function<CLI::App*(CLI::App&, const char*, const char*, Run)>;

void add_person_commands(CLI::App& app, const Maker& command, PeopleOptions& options) {
  CLI::App* person = app.add_subcommand("person", "The vendor's staff: who may do what");
  person->require_subcommand(1);
  const auto of = [&](CLI::App* made) {
    made->add_option("name", options.person, "The person: a-z, 0-9 and hyphens")->required();
    return made;
  };
  const auto with_roles = [&](CLI::App* made) {
    made->add_option("--role", options.roles,
                     "publisher, approver, compliance, auditor, support, administrator; once per role")
        ->required();
    made->add_option("--officer-key", options.officer_keys, "Id of a key that is the person's as a release officer");
  };
  command(*person, "list", "Everybody, with their roles", list_people);
  with_roles(of(command(*person, "add", "Add a person; shows an invitation", add_person)));
  with_roles(of(command(*person, "change", "Give a person these roles and officer's keys instead", change_person)));
  of(command(*person, "invite", "Void the password; shows a new invitation", invite));
  of(command(*person, "dependents", "What hangs on a person", show_dependents));
  CLI::App* remove = of(command(*person, "remove", "Remove a person; tokens and sessions end", remove_person));
  remove->add_option("--reason", options.reason, "Why; it is recorded")->required();
  remove->add_option("--successor", options.successor, "Who takes over what waits for another person");
}

void add_token_commands(CLI::App& app, const Maker& command, PeopleOptions& options) {
  constexpr int kLongestDays = 730;
  CLI::App* token = app.add_subcommand("token", "Your API tokens");
  token->require_subcommand(1);
  command(*token, "list", "Your tokens, or those of --person", list_tokens)
      ->add_option("--person", options.person, "For administrators");
  CLI::App* create = command(*token, "create", "Make a token for a script", create_token);
  create->add_option("--label", options.label, "What it is for");
  create->add_option("--scope", options.scopes,
                     "An action that it may (docs/formats/staff.md); once per action. Default: all that you may");
  create->add_option("--days", options.days, "How long it is good")
      ->check(CLI::Range(1, kLongestDays))
      ->capture_default_str();
  create->add_option("--out", options.out, "Write it there (0600) instead of to the screen");
  command(*token, "revoke", "End a token", revoke_token)->add_option("token", options.token, "Its id")->required();
}

}  // namespace

void add_people_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<PeopleOptions>();
  const Maker command = [&context, options](CLI::App& parent, const char* name, const char* help, Run run) {
    CLI::App* made = parent.add_subcommand(name, help);
    add_server_options(made, options->server);
    made->callback([&context, options, run] { context.finish(run(context, *options)); });
    return made;
  };
  const auto of_person = [&](CLI::App* made) {
    made->add_option("--person", options->person, "Your name on the server")->required();
    return made;
  };
  of_person(command(app, "login", "Sign in; keeps the session in the --token-file", log_in))
      ->add_option("--password-fd", options->password_fd, "Descriptor with the password in its first line");
  command(app, "logout", "End the session in the --token-file", log_out);
  CLI::App* password = of_person(command(app, "password", "Set a new password", set_password));
  password->add_option("--proof-fd", options->proof_fd, "Descriptor with the invitation or the password so far");
  password->add_option("--password-fd", options->password_fd, "Descriptor with the new password");
  command(app, "whoami", "By whom you are taken, what you may, and what of yours waits for another person", who_am_i);
  add_person_commands(app, command, *options);
  add_token_commands(app, command, *options);
}

}  // namespace kip::cli
