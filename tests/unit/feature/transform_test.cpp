#include "mlaas/feature/transform.h"

#include <gtest/gtest.h>

#include <limits>

namespace mlaas::feature {
namespace {

TEST(Transform, Linear) {
  const Transform transform{2, 0.5F};
  EXPECT_TRUE(transform.isLinear());
  EXPECT_EQ(transform(6), 2);
}

TEST(Transform, LogarithmIsOddAndTakesAnyNumber) {
  Transform transform;
  transform.logarithm = true;
  EXPECT_EQ(transform(0), 0);
  EXPECT_NEAR(transform(1), 0.6931472, 1e-7);
  EXPECT_NEAR(transform(-1), -0.6931472, 1e-7);
  EXPECT_NEAR(transform(999), 6.9077554, 1e-6);
  transform.mean = 1;
  transform.inverseScale = 2;
  EXPECT_NEAR(transform(999), 2 * 5.9077554, 1e-5);
}

TEST(Transform, CurveRunsThroughItsKnotsAndStaysAtTheEnds) {
  Transform transform;
  transform.knots = {{-1, 0}, {1, 0.5F}, {2, 1}};
  EXPECT_EQ(transform(-5), 0);
  EXPECT_EQ(transform(-1), 0);
  EXPECT_EQ(transform(0), 0.25F);
  EXPECT_EQ(transform(1), 0.5F);
  EXPECT_EQ(transform(1.5F), 0.75F);
  EXPECT_EQ(transform(2), 1);
  EXPECT_EQ(transform(std::numeric_limits<float>::infinity()), 1);
  EXPECT_EQ(transform(-std::numeric_limits<float>::infinity()), 0);
}

TEST(Transform, CurveOfOneKnotIsConstant) {
  Transform transform;
  transform.knots = {{3, 0.5F}};
  EXPECT_EQ(transform(2), 0.5F);
  EXPECT_EQ(transform(3), 0.5F);
  EXPECT_EQ(transform(4), 0.5F);
}

}  // namespace
}  // namespace mlaas::feature
