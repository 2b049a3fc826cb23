#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signing/evidence/log_keys.hpp>
#include <testing/matchers.hpp>

namespace kip {
namespace {

using kip::testing::fails_with;
using kip::testing::is_ok;
using ::testing::SizeIs;

PublicKey new_key() {
  return PrivateKey::generate(KeyType::ed25519).value().public_key();
}

LogAuthority authority(const std::string& origin, const PublicKey& checkpoint, const PublicKey& entry) {
  return {LogName::o,
          {tlog::NoteKey::create(origin, tlog::NoteSignatureType::ed25519, checkpoint).value()},
          {Key::of(entry)}};
}

const PublicKey kCheckpoint = new_key();
const PublicKey kEntry = new_key();

LogKeys one_log() {
  return {TenantId::parse("an-phat").value(), {authority("x.vn/log/o", kCheckpoint, kEntry)}};
}

TEST(LogKeys, AreReadAsTheyWereWritten) {
  const LogKeys read = parse_log_keys(to_json(one_log())).value();
  EXPECT_EQ(to_json(read), to_json(one_log()));
  EXPECT_EQ(read.find("x.vn/log/o")->origin(), "x.vn/log/o");
  EXPECT_EQ(read.find("x.vn/log/o2"), nullptr);
}

TEST(LogKeys, WhatIsNoAuthorityIsRefused) {
  LogKeys twice = one_log();
  twice.logs.push_back(authority("x.vn/log/o", new_key(), kEntry));
  EXPECT_THAT(parse_log_keys(to_json(twice)), fails_with(ErrorCode::malformed, "stands there twice"));
  LogKeys two_names = one_log();
  two_names.logs.front().checkpoint_keys.push_back(authority("y.vn", kCheckpoint, kEntry).checkpoint_keys.front());
  EXPECT_THAT(parse_log_keys(to_json(two_names)), fails_with(ErrorCode::malformed, "all with the log's origin"));
  LogKeys nobody = one_log();
  nobody.logs.front().entry_keys.clear();
  EXPECT_THAT(parse_log_keys(to_json(nobody)), fails_with(ErrorCode::malformed, "entry_keys"));
}

TEST(LogKeys, WhatWasAuthorisedStaysSo) {
  const PublicKey next = new_key();
  LogKeys all = joined(one_log(), {authority("x.vn/log/o", next, kEntry)});
  EXPECT_THAT(all.logs, SizeIs(1));
  EXPECT_THAT(all.logs.front().checkpoint_keys, SizeIs(2));
  EXPECT_THAT(all.logs.front().entry_keys, SizeIs(1));
  all = joined(all, {authority("x.vn/log/o2", next, next)});
  EXPECT_THAT(all.logs, SizeIs(2));
  EXPECT_EQ(to_json(joined(all, all.logs)), to_json(all));
}

}  // namespace
}  // namespace kip
