#include "migration.hpp"

#include <fmt/format.h>

namespace kip::server::sql {

Result<void> migrate(Connection& connection, std::span<const Migration> known) {
  constexpr const char* kDoing = "preparing the database";
  KIP_TRY(const std::int64_t present,
          connection.number(kDoing, "SELECT coalesce(max(number), 0) FROM migrations", Binder()));
  if (present > static_cast<std::int64_t>(known.size())) {
    return fail(ErrorCode::conflict,
                fmt::format("the database has migration {}, this program knows {}; use the newer program", present,
                            known.size()));
  }
  for (const Migration& migration : known.subspan(static_cast<std::size_t>(present))) {
    KIP_TRY_VOID(connection.script(kDoing, std::string(migration.text)));
    KIP_TRY_VOID(connection.change(kDoing, "INSERT INTO migrations (number, name) VALUES (?, ?)",
                                   Binder().integer(migration.number).text(migration.name)));
  }
  return {};
}

}  // namespace kip::server::sql
