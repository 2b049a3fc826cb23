#include <gtest/gtest.h>

#include <signing/terminal/progress_bar.hpp>

namespace kip {
namespace {

TEST(ProgressLine, ShowsPartSizeAndRate) {
  EXPECT_EQ(progress_line(1'250'000, 2'700'000, 3'400'000), "[#########-----------]  46 %  1.2 of 2.7 MB  3.4 MB/s");
}

TEST(ProgressLine, StandsTheEnds) {
  EXPECT_EQ(progress_line(0, 5'000'000, 0), "[--------------------]   0 %  0.0 of 5.0 MB  0.0 MB/s");
  EXPECT_EQ(progress_line(5'000'000, 5'000'000, 0), "[####################] 100 %  5.0 of 5.0 MB  0.0 MB/s");
  EXPECT_EQ(progress_line(0, 0, 0), "[####################] 100 %  0.0 of 0.0 MB  0.0 MB/s");
  EXPECT_EQ(progress_line(9, 5, 0).substr(0, 30), "[####################] 100 %  ");
}

}  // namespace
}  // namespace kip
