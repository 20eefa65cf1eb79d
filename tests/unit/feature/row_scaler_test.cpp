#include "mlaas/feature/row_scaler.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mlaas::feature {
namespace {

// Expected values by the formulas of transform.h.
TEST(RowScaler, ScalesScalarsAndElementsAndLeavesPaddingZero) {
  const Transform standard{2, 0.5F};
  Transform logarithm{1, 2};
  logarithm.logarithm = true;
  Transform curve;
  curve.knots = {{0, -1}, {10, 1}};
  const RowScaler scaler({standard, logarithm}, {{{standard, curve}, 3}, {{logarithm}, 2}});
  ASSERT_EQ(scaler.width(), 2 + 6 + 2);
  Tensors tensors;
  tensors.rows = 2;
  tensors.numScalars = 2;
  tensors.scalars = {4, 0, 6, -3};
  // What stands behind a count is never looked at.
  tensors.groups.push_back({3, 2, {2, 5, 4, 20, 99, 99, 99, 99, 99, 99, 99, 99}, {2, 0}});
  tensors.groups.push_back({2, 1, {1, 7, 3, 99}, {2, 1}});
  std::vector<float> out;
  scaler.fill(tensors, out);
  const auto logOf = [](float x) { return (std::copysign(std::log(1 + std::fabs(x)), x) - 1) * 2; };
  EXPECT_EQ(out, (std::vector<float>{1, logOf(0),  0, 0, 1, 1, 0, 0, logOf(1), logOf(7),  //
                                     2, logOf(-3), 0, 0, 0, 0, 0, 0, logOf(3), 0}));
}

TEST(RowScaler, PacksElementsWithoutPadding) {
  const RowScaler scaler({Transform{1, 2}}, {{{Transform{2, 0.5F}, Transform{0, 3}}, 3}});
  Tensors tensors;
  tensors.rows = 3;
  tensors.numScalars = 1;
  tensors.scalars = {3, 5, 0};
  tensors.groups.push_back({3, 2, {2, 1, 4, 2, 99, 99, 99, 99, 99, 99, 99, 99, 6, 3, 99, 99, 99, 99}, {2, 0, 1}});
  std::vector<float> out;
  scaler.fillElements(tensors.groups[0], 0, out);
  EXPECT_EQ(out, (std::vector<float>{0, 3, 1, 6, 2, 9}));
  scaler.fillScalars(tensors, out);
  EXPECT_EQ(out, (std::vector<float>{4, 8, -2}));
}

TEST(RowScaler, TakesRowsWithoutScalarsOrGroups) {
  Tensors tensors;
  tensors.rows = 1;
  tensors.groups.push_back({2, 1, {3, 5}, {2}});
  std::vector<float> out = {1, 2, 3};
  RowScaler({}, {{{Transform{1, 2}}, 2}}).fill(tensors, out);
  EXPECT_EQ(out, (std::vector<float>{4, 8}));
  tensors.groups.clear();
  tensors.numScalars = 1;
  tensors.scalars = {3};
  RowScaler({Transform{1, 2}}, {}).fill(tensors, out);
  EXPECT_EQ(out, std::vector<float>{4});
}

}  // namespace
}  // namespace mlaas::feature
