#include "mlaas/feature/missing_values.h"

#include <gtest/gtest.h>

#include <limits>

namespace mlaas::feature {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(MissingValues, FillsScalarsAndRealElementsOnly) {
  FeatureSpec spec;
  spec.scalars = {"a", "b"};
  spec.groups = {{"jets", {"pt", "eta"}, 2}};
  spec.fills = {{"b", Fill::Kind::kNumber, -1, true}, {"pt", Fill::Kind::kMean, 7, false}};
  Tensors tensors{2, 2, {kNan, kInfinity, 3, kNan}, {{2, 2, {kNan, 1, kInfinity, kNan, 5, 6, 0, 0}, {2, 1}}}};
  tensors.groups[0].values[6] = kNan;  // padding
  const MissingValues missing(spec);
  EXPECT_FALSE(missing.empty());
  missing.fill(tensors);
  EXPECT_TRUE(std::isnan(tensors.scalars[0]));
  EXPECT_EQ(tensors.scalars[1], -1);
  EXPECT_EQ(tensors.scalars[2], 3);
  EXPECT_EQ(tensors.scalars[3], -1);
  const auto& values = tensors.groups[0].values;
  EXPECT_EQ(values[0], 7);
  EXPECT_EQ(values[1], 1);
  EXPECT_EQ(values[2], kInfinity);
  EXPECT_TRUE(std::isnan(values[3]));
  EXPECT_EQ(values[4], 5);
  EXPECT_TRUE(std::isnan(values[6]));
}

TEST(MissingValues, NothingToFill) {
  FeatureSpec spec;
  spec.scalars = {"a"};
  EXPECT_TRUE(MissingValues(spec).empty());
}

}  // namespace
}  // namespace mlaas::feature
