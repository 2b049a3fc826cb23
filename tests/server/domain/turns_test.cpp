// Turns at what only a few may do at the same time.

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <server/domain/turns.hpp>

namespace kip::server::testing {
namespace {

void wait_for_waiting(const Turns& turns, std::size_t count) {
  while (turns.waiting() != count)
    std::this_thread::yield();
}

TEST(Turns, OneClientHasOneAndTheOthersTheRest) {
  Turns turns({.at_once = 2, .waiting_of_one = 0, .waiting = 0});
  auto first = turns.take("a");
  EXPECT_TRUE(first);
  EXPECT_FALSE(turns.take("a")) << "a second one of the same";
  {
    const auto second = turns.take("b");
    EXPECT_TRUE(second);
    EXPECT_FALSE(turns.take("c")) << "both are taken";
  }
  EXPECT_TRUE(turns.take("c"));
  first.reset();
  EXPECT_TRUE(turns.take("a"));
}

TEST(Turns, WhoWaitsComesNextAndNoMoreThanAFewMayWait) {
  Turns turns({.at_once = 4, .waiting_of_one = 2, .waiting = 3});
  auto first = turns.take("a");
  std::atomic<int> had{0};
  std::vector<std::thread> others;
  for (int i = 0; i < 2; ++i)
    others.emplace_back([&] { had += turns.take("a") ? 1 : 0; });
  wait_for_waiting(turns, 2);
  EXPECT_FALSE(turns.take("a"));
  EXPECT_EQ(had, 0);
  auto other = turns.take("b");
  EXPECT_TRUE(other) << "who waits for his own turn keeps nobody else from theirs";
  others.emplace_back([&] { had += turns.take("b") ? 1 : 0; });
  wait_for_waiting(turns, 3);
  EXPECT_FALSE(turns.take("b")) << "three wait in all";
  first.reset();
  other.reset();
  for (std::thread& thread : others)
    thread.join();
  EXPECT_EQ(had, 3);
  EXPECT_EQ(turns.waiting(), 0U);
}

TEST(Turns, WhereNoMoreMayWaitOneOfTheClientWithMostMakesRoom) {
  Turns turns({.at_once = 1, .waiting_of_one = 3, .waiting = 3});
  auto first = turns.take("a");
  std::atomic<int> had{0};
  std::atomic<int> sent_away{0};
  std::vector<std::thread> others;
  const auto come = [&](const char* who) { others.emplace_back([&, who] { ++(turns.take(who) ? had : sent_away); }); };
  for (int i = 0; i < 3; ++i)
    come("a");
  wait_for_waiting(turns, 3);
  come("b");
  while (sent_away == 0)
    std::this_thread::yield();
  come("c");
  while (sent_away == 1)
    std::this_thread::yield();
  EXPECT_FALSE(turns.take("d")) << "each of three has one";
  first.reset();
  for (std::thread& thread : others)
    thread.join();
  EXPECT_EQ(had, 3);
  EXPECT_EQ(sent_away, 2);
  EXPECT_EQ(turns.waiting(), 0U);
}

TEST(Turns, WhoIsTrustedLessMakesRoomForWhoIsTrustedMore) {
  Turns turns({.at_once = 1, .waiting_of_one = 1, .waiting = 2});
  auto first = turns.take("x");
  std::atomic<int> had{0};
  std::atomic<int> sent_away{0};
  std::vector<std::thread> others;
  const auto come = [&](const char* who, int mistrust) {
    others.emplace_back([&, who, mistrust] { ++(turns.take(who, mistrust) ? had : sent_away); });
  };
  come("a", 3);
  wait_for_waiting(turns, 1);
  come("b", 2);
  wait_for_waiting(turns, 2);
  EXPECT_FALSE(turns.take("c", 3));
  come("victim", 0);
  while (sent_away == 0)
    std::this_thread::yield();
  EXPECT_EQ(turns.waiting(), 2U);
  EXPECT_FALSE(turns.take("d", 2)) << "a was sent away, not b";
  first.reset();
  for (std::thread& thread : others)
    thread.join();
  EXPECT_EQ(had, 2);
}

}  // namespace
}  // namespace kip::server::testing
