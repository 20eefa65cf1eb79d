#include "mlaas/feature/flat_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mlaas::feature {
namespace {

FeatureSpec spec() {
  FeatureSpec spec;
  spec.scalars = {"ht", "met"};
  spec.groups = {{"jets", {"pt", "eta"}, 2}, {"muons", {"mu"}, 1}};
  return spec;
}

const std::vector<float> kRows = {1, 2, 10, 11, 0,  0,  1, 0,  0,  //
                                  3, 4, 20, 21, 22, 23, 2, 30, 1};

TEST(FlatRows, Names) {
  const std::vector<std::string> names = {"ht",     "met",        "pt[0]", "eta[0]",     "pt[1]",
                                          "eta[1]", "jets_count", "mu[0]", "muons_count"};
  EXPECT_EQ(spec().flatNames(), names);
  EXPECT_EQ(spec().flatWidth(), 9);
  EXPECT_EQ(treeFeatureNames(spec()),
            (std::vector<std::string>{"ht", "met", "pt[0]", "eta[0]", "pt[1]", "eta[1]", "mu[0]"}));
}

TEST(FlatRows, ToTensorsAndBack) {
  const auto tensors = tensorsFromFlatRows(spec(), kRows).value();
  EXPECT_EQ(tensors.rows, 2);
  EXPECT_EQ(tensors.scalars, (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(tensors.groups[0].values, (std::vector<float>{10, 11, 0, 0, 20, 21, 22, 23}));
  EXPECT_EQ(tensors.groups[0].count, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(flatRowsFromTensors(tensors), kRows);
}

TEST(FlatRows, WhatIsBehindTheCountIsPadding) {
  auto rows = kRows;
  rows[4] = 99;
  EXPECT_EQ(flatRowsFromTensors(tensorsFromFlatRows(spec(), rows).value()), kRows);
}

TEST(FlatRows, RefusesOddCountsAndRests) {
  for (const float count : {-1.0F, 0.5F, 3.0F, std::numeric_limits<float>::quiet_NaN(), 1e30F}) {
    auto rows = kRows;
    rows[6] = count;
    const auto result = tensorsFromFlatRows(spec(), rows);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(std::string(result.error().what()).rfind("row 0: 'jets_count' is ", 0), 0U) << result.error().what();
  }
  EXPECT_FALSE(tensorsFromFlatRows(spec(), std::span(kRows).first(10)).ok());
  EXPECT_FALSE(tensorsFromFlatRows(FeatureSpec{}, {}).ok());
}

TEST(FlatRows, TreeMatrix) {
  std::vector<float> matrix;
  treeMatrix(tensorsFromFlatRows(spec(), kRows).value(), -999, matrix);
  EXPECT_EQ(matrix, (std::vector<float>{1, 2, 10, 11, -999, -999, -999, 3, 4, 20, 21, 22, 23, 30}));
}

}  // namespace
}  // namespace mlaas::feature
