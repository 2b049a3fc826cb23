#include <cstdlib>
#include <fstream>
#include <sstream>

#include <libpq-fe.h>
#include <signal.h>
#include <unistd.h>

#include <manifests/core/check.hpp>
#include <testing/postgres_database.hpp>

namespace kip::testing {
namespace {

std::string run(const std::string& database, const std::string& text) {
  PGconn* connection =
      PQconnectdb(("dbname=" + database + " user=postgres options=-cclient_min_messages=error").c_str());
  PGresult* answer = PQexec(connection, text.c_str());
  std::string out = PQerrorMessage(connection);
  if (PQresultStatus(answer) == PGRES_TUPLES_OK && PQntuples(answer) > 0) out = PQgetvalue(answer, 0, 0);
  PQclear(answer);
  PQfinish(connection);
  return out;
}

pid_t first_process() {
  std::ifstream file(std::string(std::getenv("KIP_TEST_POSTGRESQL")) + "/data/postmaster.pid");
  pid_t process = 0;
  KIP_CHECK(file >> process);
  return process;
}

}  // namespace

std::unique_ptr<PostgresDatabase> PostgresDatabase::make() {
  const char* folder = std::getenv("KIP_TEST_POSTGRESQL");
  if (folder == nullptr) return nullptr;
  const std::string name = "test_" + std::to_string(::getpid());
  static const std::string kMade = [&] {
    return run("postgres", "CREATE DATABASE " + name +
                               " OWNER kip TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'vi'");
  }();
  KIP_CHECK(kMade.empty());
  KIP_CHECK(run("postgres", "ALTER DATABASE " + name + " RESET ALL").empty());
  KIP_CHECK(run(name, "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION kip").empty());
  return std::unique_ptr<PostgresDatabase>(new PostgresDatabase(folder, name));
}

server::PostgresOptions PostgresDatabase::options() const {
  return {.host = folder_, .database = name_, .user = "kip", .is_encrypted = false};
}

std::string PostgresDatabase::sql(const std::string& text) const {
  return run(name_, text);
}

void PostgresDatabase::kill_server() {
  KIP_CHECK(::kill(first_process(), SIGKILL) == 0);
}

PostgresDatabase::Standstill::Standstill(std::vector<int> processes) : processes_(std::move(processes)) {
  for (const int process : processes_)
    ::kill(process, SIGSTOP);
}
PostgresDatabase::Standstill::~Standstill() {
  for (const int process : processes_)
    ::kill(process, SIGCONT);
}

std::unique_ptr<PostgresDatabase::Standstill> PostgresDatabase::standstill() const {
  std::vector<int> processes{first_process()};
  std::istringstream others(
      sql("SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE pid <> pg_backend_pid()"));
  for (int process = 0; others >> process;)
    processes.push_back(process);
  return std::make_unique<Standstill>(std::move(processes));
}

void PostgresDatabase::start_server() {
  const std::string program = std::string(std::getenv("KIP_TEST_POSTGRESQL")) + "/start";
  KIP_CHECK(std::system(program.c_str()) == 0);
}

}  // namespace kip::testing
