#include <gtest/gtest.h>

#include <server/storage/sql/upsert.hpp>

namespace kip::server::sql {
namespace {

TEST(Upsert, ReplacesWhatIsOutsideTheKey) {
  EXPECT_EQ(upsert("t", "a, document", "a"),
            "INSERT INTO t (tenant, a, document) VALUES (?, ?, ?) ON CONFLICT (tenant, a) DO UPDATE SET document = "
            "excluded.document");
  EXPECT_EQ(upsert("t", "b, c, d, e", "b, d"),
            "INSERT INTO t (tenant, b, c, d, e) VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, b, d) DO UPDATE SET "
            "c = excluded.c, e = excluded.e");
}

}  // namespace
}  // namespace kip::server::sql
