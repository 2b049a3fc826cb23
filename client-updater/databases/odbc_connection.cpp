#include "odbc_connection.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include <manifests/core/printable.hpp>
#include <manifests/core/unicode.hpp>

namespace kip::updater::odbc {
namespace {

constexpr SQLULEN kSecondsToConnect = 15;
constexpr SQLULEN kSecondsForAStatement = 3600;
constexpr std::size_t kMaxValue = 1U << 20U;

/// Source: SQLSTATE classes of ISO/IEC 9075 and of PostgreSQL 15, appendix A.
ErrorCode error_code_of(std::string_view state, ErrorCode otherwise) {
  constexpr std::array<std::pair<std::string_view, ErrorCode>, 9> kStates = {{{"08", ErrorCode::network},
                                                                              {"57P0", ErrorCode::network},
                                                                              {"HYT", ErrorCode::busy},
                                                                              {"40", ErrorCode::busy},
                                                                              {"55P03", ErrorCode::busy},
                                                                              {"57014", ErrorCode::busy},
                                                                              {"53100", ErrorCode::disk_full},
                                                                              {"28", ErrorCode::denied},
                                                                              {"42501", ErrorCode::denied}}};
  for (const auto& [prefix, code] : kStates) {
    if (state.starts_with(prefix)) return code;
  }
  return otherwise;
}

SQLCHAR* chars(const std::string& text) {
  // ODBC takes what it only reads without const.
  return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.data()));  // NOLINT
}

void set(const Handle& connection, SQLINTEGER attribute, SQLULEN value) {
  SQLSetConnectAttr(connection.get(), attribute, reinterpret_cast<SQLPOINTER>(value), SQL_IS_UINTEGER);  // NOLINT
}

Result<std::string> read_column(const Handle& statement, SQLUSMALLINT column) {
  std::string out;
  std::array<char, 4096> piece = {};
  for (;;) {
    SQLLEN length = 0;
    const SQLRETURN got = SQLGetData(statement.get(), column, SQL_C_CHAR, piece.data(), piece.size(), &length);
    if (got == SQL_NO_DATA) return out;
    if (!SQL_SUCCEEDED(got)) return statement.failure("reading a value", ErrorCode::conflict);
    if (length == SQL_NULL_DATA) return out;
    out += piece.data();  // it ends with a NUL, also where it is only a part
    if (out.size() > kMaxValue) return fail(ErrorCode::too_large, "a value has more than 1 MiB");
    if (got == SQL_SUCCESS) return out;
  }
}

}  // namespace

Handle::Handle(SQLSMALLINT type, SQLHANDLE parent) : type_(type) {
  KIP_CHECK(SQL_SUCCEEDED(SQLAllocHandle(type, parent, &handle_)));
  if (type == SQL_HANDLE_ENV) {
    SQLSetEnvAttr(handle_, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);  // NOLINT
  }
}

Handle::~Handle() {
  if (handle_ != SQL_NULL_HANDLE) SQLFreeHandle(type_, handle_);
}

Handle::Handle(Handle&& other) noexcept : type_(other.type_), handle_(std::exchange(other.handle_, nullptr)) {}

Unexpected Handle::failure(std::string_view doing, ErrorCode otherwise) const {
  std::array<SQLCHAR, 6> state = {};
  std::array<SQLCHAR, 1024> text = {};
  SQLINTEGER native = 0;
  SQLSMALLINT length = 0;
  SQLGetDiagRec(type_, handle_, 1, state.data(), &native, text.data(), static_cast<SQLSMALLINT>(text.size()), &length);
  const std::string code(state.begin(), state.end() - 1);
  const std::string words(reinterpret_cast<const char*>(text.data()));
  return fail(error_code_of(code, otherwise), fmt::format("{}: {} ({})", doing, printable(trim(words)), code.c_str()));
}

Connection::Connection(Handle environment, Handle connection, std::string name)
    : environment_(std::move(environment)), name_(std::move(name)) {
  connection_.emplace(std::move(connection));
}

Connection::~Connection() {
  if (!connection_ || connection_->get() == SQL_NULL_HANDLE) return;
  SQLEndTran(SQL_HANDLE_DBC, connection_->get(), SQL_ROLLBACK);
  SQLDisconnect(connection_->get());
  connection_.reset();  // before the environment
}

Result<Connection> Connection::open(std::string text, std::string name) {
  Handle environment(SQL_HANDLE_ENV, SQL_NULL_HANDLE);
  Handle connection(SQL_HANDLE_DBC, environment.get());
  set(connection, SQL_ATTR_LOGIN_TIMEOUT, kSecondsToConnect);
  const SQLRETURN connected =
      SQLDriverConnect(connection.get(), nullptr, chars(text), static_cast<SQLSMALLINT>(text.size()), nullptr, 0,
                       nullptr, SQL_DRIVER_NOPROMPT);
  if (!SQL_SUCCEEDED(connected)) return connection.failure("connecting to the database of " + name, ErrorCode::network);
  set(connection, SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF);
  return Connection(std::move(environment), std::move(connection), std::move(name));
}

Result<Handle> Connection::execute(const std::string& sql, const std::vector<std::string>& values) {
  Handle statement(SQL_HANDLE_STMT, connection_->get());
  SQLSetStmtAttr(statement.get(), SQL_ATTR_QUERY_TIMEOUT,
                 reinterpret_cast<SQLPOINTER>(kSecondsForAStatement),  // NOLINT
                 SQL_IS_UINTEGER);
  std::vector<SQLLEN> lengths;
  lengths.reserve(values.size());
  for (const std::string& value : values) {
    lengths.push_back(static_cast<SQLLEN>(value.size()));
    SQLBindParameter(statement.get(), static_cast<SQLUSMALLINT>(lengths.size()), SQL_PARAM_INPUT, SQL_C_CHAR,
                     SQL_VARCHAR, std::max<std::size_t>(value.size(), 1), 0, chars(value), 0, &lengths.back());
  }
  SQLRETURN done = SQLExecDirect(statement.get(), chars(sql), static_cast<SQLINTEGER>(sql.size()));
  // An UPDATE or DELETE that finds no row.
  if (done == SQL_NO_DATA) done = SQL_SUCCESS;
  if (!SQL_SUCCEEDED(done)) return statement.failure("the database of " + name_, ErrorCode::conflict);
  return statement;
}

Result<void> Connection::run(const std::string& sql, const std::vector<std::string>& values) {
  KIP_TRY(const Handle statement, execute(sql, values));
  for (;;) {
    const SQLRETURN more = SQLMoreResults(statement.get());
    if (more == SQL_NO_DATA) return {};
    if (!SQL_SUCCEEDED(more)) return statement.failure("the database of " + name_, ErrorCode::conflict);
  }
}

Result<std::vector<std::vector<std::string>>> Connection::query(const std::string& sql, std::size_t most) {
  KIP_TRY(const Handle statement, execute(sql, {}));
  SQLSMALLINT columns = 0;
  SQLNumResultCols(statement.get(), &columns);
  std::vector<std::vector<std::string>> rows;
  while (rows.size() <= most) {
    const SQLRETURN fetched = SQLFetch(statement.get());
    if (fetched == SQL_NO_DATA) break;
    if (!SQL_SUCCEEDED(fetched)) return statement.failure("the database of " + name_, ErrorCode::conflict);
    std::vector<std::string>& row = rows.emplace_back();
    for (SQLSMALLINT column = 1; column <= columns; ++column) {
      KIP_TRY(std::string value, read_column(statement, static_cast<SQLUSMALLINT>(column)));
      row.push_back(std::move(value));
    }
  }
  return rows;
}

Result<bool> Connection::has_table(const std::string& table) {
  const Handle statement(SQL_HANDLE_STMT, connection_->get());
  const SQLRETURN asked = SQLTables(statement.get(), nullptr, 0, nullptr, 0, chars(table),
                                    static_cast<SQLSMALLINT>(table.size()), nullptr, 0);
  if (!SQL_SUCCEEDED(asked)) return statement.failure("the database of " + name_, ErrorCode::conflict);
  const SQLRETURN fetched = SQLFetch(statement.get());
  if (fetched == SQL_NO_DATA) return false;
  if (SQL_SUCCEEDED(fetched)) return true;
  return statement.failure("the database of " + name_, ErrorCode::conflict);
}

Result<void> Connection::end(SQLSMALLINT how) {
  if (SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, connection_->get(), how))) return {};
  return connection_->failure("ending the transaction in the database of " + name_, ErrorCode::storage);
}

}  // namespace kip::updater::odbc
