#include <gtest/gtest.h>

#include <signing/terminal/progress_bar.hpp>

namespace kip {
namespace {

TEST(ProgressLine, ShowsPartSizeRateAndTimeLeft) {
  EXPECT_EQ(progress_line(1'250'000, 2'700'000, 100'000),
            "[#########-----------]  46 %  1.2 of 2.7 MB  0.1 MB/s  14 s left");
}

TEST(ProgressLine, ShowsLongTimesByMinutesAndHours) {
  EXPECT_TRUE(progress_line(0, 125'000'000, 1'000'000).ends_with("  2:05 left"));
  EXPECT_TRUE(progress_line(0, 3'600'000'000, 1'000'000).ends_with("  1:00:00 left"));
}

TEST(ProgressLine, StandsTheEnds) {
  EXPECT_EQ(progress_line(0, 5'000'000, 0), "[--------------------]   0 %  0.0 of 5.0 MB  0.0 MB/s");
  EXPECT_EQ(progress_line(5'000'000, 5'000'000, 0), "[####################] 100 %  5.0 of 5.0 MB  0.0 MB/s");
  EXPECT_EQ(progress_line(0, 0, 0), "[####################] 100 %  0.0 of 0.0 MB  0.0 MB/s");
  EXPECT_EQ(progress_line(9, 5, 0).substr(0, 30), "[####################] 100 %  ");
}

}  // namespace
}  // namespace kip
