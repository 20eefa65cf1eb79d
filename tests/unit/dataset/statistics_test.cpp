#include "mlaas/dataset/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "mlaas/base/random.h"

namespace mlaas::dataset {
namespace {

feature::Tensors scalarsOnly(const std::vector<float>& values, int64_t numScalars) {
  feature::Tensors tensors;
  tensors.numScalars = numScalars;
  tensors.rows = static_cast<int64_t>(values.size()) / numScalars;
  tensors.scalars = values;
  return tensors;
}

std::vector<int64_t> rowsFrom(int64_t first, size_t count) {
  std::vector<int64_t> rows(count);
  std::iota(rows.begin(), rows.end(), first);
  return rows;
}

// Known by hand: 1, 2, 3, 4 has mean 2.5 and population deviation sqrt(1.25).
TEST(Statistics, MomentsOfKnownNumbers) {
  FeatureMoments moments(1);
  moments.add(scalarsOnly({1, 2, 3, 4}, 1), std::vector<Part>(4, Part::kTrain), rowsFrom(0, 4));
  feature::FeatureSpec spec;
  spec.scalars = {"x"};
  Statistics statistics;
  assignFeatures(moments, spec, statistics);
  EXPECT_EQ(statistics.scalars[0].count, 4);
  EXPECT_DOUBLE_EQ(statistics.scalars[0].mean, 2.5);
  EXPECT_DOUBLE_EQ(statistics.scalars[0].deviation, std::sqrt(1.25));
  EXPECT_EQ(statistics.scalars[0].minimum, 1);
  EXPECT_EQ(statistics.scalars[0].maximum, 4);
}

// Merged pieces give the moments of the whole, also far from zero where the naive sum of squares fails.
TEST(Statistics, MergingPiecesGivesTheWhole) {
  Random random(1);
  std::vector<float> values;
  for (int i = 0; i < 10'000; ++i) values.push_back(static_cast<float>(1e6 + random.uniform()));
  FeatureMoments whole(1);
  whole.add(scalarsOnly(values, 1), std::vector<Part>(values.size(), Part::kTrain), rowsFrom(0, values.size()));
  FeatureMoments merged(1);
  for (size_t first = 0; first < values.size();) {
    const size_t last = std::min(values.size(), first + 1 + random.below(700));
    FeatureMoments piece(1);
    piece.add(
        scalarsOnly({values.begin() + static_cast<int64_t>(first), values.begin() + static_cast<int64_t>(last)}, 1),
        std::vector<Part>(last - first, Part::kTrain), rowsFrom(0, last - first));
    merged.merge(piece);
    first = last;
  }
  EXPECT_EQ(merged.moments[0].count, whole.moments[0].count);
  EXPECT_NEAR(merged.moments[0].mean, whole.moments[0].mean, 1e-8);
  EXPECT_NEAR(merged.moments[0].sumSquares, whole.moments[0].sumSquares, 1e-7 * whole.moments[0].sumSquares);
}

TEST(Statistics, OnlyTrainingRowsAndRealElementsCount) {
  feature::Tensors tensors = scalarsOnly({1, 100, 3}, 1);
  tensors.groups = {{2, 1, {5, 0, 6, 7, 8, 0}, {1, 2, 1}}};
  FeatureMoments moments(2);
  moments.add(tensors, std::vector<Part>{Part::kTrain, Part::kTest, Part::kTrain}, rowsFrom(0, 3));
  EXPECT_EQ(moments.moments[0].count, 2);
  EXPECT_DOUBLE_EQ(moments.moments[0].mean, 2);
  EXPECT_EQ(moments.moments[1].count, 2);
  EXPECT_DOUBLE_EQ(moments.moments[1].mean, 6.5);
}

TEST(Statistics, FindsTheFirstNonFiniteValueInAnyPart) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  feature::Tensors tensors = scalarsOnly({1, 1, 1, nan, infinity, nan}, 2);
  tensors.groups = {{2, 1, {1, nan, 1, nan, 1, 1}, {1, 2, 2}}};
  FeatureMoments moments(3);
  moments.add(tensors, std::vector<Part>{Part::kTrain, Part::kTest, Part::kTrain}, rowsFrom(40, 3));
  EXPECT_EQ(moments.nonFinite[0].count, 1);
  EXPECT_EQ(moments.nonFinite[0].firstRow, 42);
  EXPECT_EQ(moments.nonFinite[1].count, 2);
  EXPECT_EQ(moments.nonFinite[1].firstRow, 41);
  // What lies in the padding is no element: only row 41 has two.
  EXPECT_EQ(moments.nonFinite[2].count, 1);
  EXPECT_EQ(moments.nonFinite[2].firstRow, 41);
}

TEST(Statistics, ConstantFeaturesKeepScaleOne) {
  std::vector<float> values(1000, 0.1F);
  FeatureMoments moments(1);
  for (int i = 0; i < 3; ++i) {
    FeatureMoments piece(1);
    piece.add(scalarsOnly(values, 1), std::vector<Part>(values.size(), Part::kTrain), rowsFrom(0, values.size()));
    moments.merge(piece);
    values.resize(values.size() / 3);
  }
  feature::FeatureSpec spec;
  spec.scalars = {"x"};
  Statistics statistics;
  assignFeatures(moments, spec, statistics);
  EXPECT_EQ(statistics.scalars[0].deviation, 0);
  const auto transform = standardise(statistics.scalars[0]);
  EXPECT_EQ(transform.mean, 0.1F);
  EXPECT_EQ(transform.inverseScale, 1.0F);
}

// The known numbers of numpy.median and of logarithms by hand; what is filled counts in none of them.
TEST(Statistics, FilledValuesCountInNothingElse) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  feature::FeatureSpec spec;
  spec.scalars = {"x"};
  spec.fills = {{"x", feature::Fill::Kind::kMedian, nan, true}};
  FeatureMoments moments(spec, {{true, false}}, 1);
  moments.add(scalarsOnly({1, nan, 4, infinity, 9, 3}, 1), std::vector<Part>(6, Part::kTrain), rowsFrom(0, 6));
  FeatureMoments other(spec, {{true, false}}, 2);
  other.add(scalarsOnly({nan, -infinity}, 1), std::vector<Part>{Part::kTrain, Part::kTest}, rowsFrom(6, 2));
  moments.merge(other);
  EXPECT_EQ(moments.nonFinite[0].count, 0);
  Statistics statistics;
  assignFeatures(moments, spec, statistics);
  EXPECT_EQ(statistics.scalars[0].count, 4);
  EXPECT_EQ(statistics.scalars[0].numFilled, 3);
  EXPECT_DOUBLE_EQ(statistics.scalars[0].mean, 4.25);
  EXPECT_NEAR(statistics.scalars[0].logarithmMean, std::log(2.0 * 5 * 10 * 4) / 4, 1e-7);
  EXPECT_EQ(valuesOfFills(spec, statistics).value()[0].value, 3.5F);
  spec.fills[0].kind = feature::Fill::Kind::kMean;
  EXPECT_EQ(valuesOfFills(spec, statistics).value()[0].value, 4.25F);
}

TEST(Statistics, InfinityIsFoundWhereOnlyNanIsFilled) {
  const float infinity = std::numeric_limits<float>::infinity();
  feature::FeatureSpec spec;
  spec.scalars = {"x"};
  spec.fills = {{"x", feature::Fill::Kind::kNumber, 0, false}};
  FeatureMoments moments(spec, {}, 1);
  moments.add(scalarsOnly({1, infinity}, 1), std::vector<Part>(2, Part::kTrain), rowsFrom(0, 2));
  EXPECT_EQ(moments.nonFinite[0].count, 1);
}

TEST(Statistics, TheMeanOfNothingIsNoFill) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  feature::FeatureSpec spec;
  spec.scalars = {"x"};
  spec.fills = {{"x", feature::Fill::Kind::kMean, nan, false}};
  FeatureMoments moments(spec, {}, 1);
  moments.add(scalarsOnly({nan, nan}, 1), std::vector<Part>(2, Part::kTrain), rowsFrom(0, 2));
  Statistics statistics;
  assignFeatures(moments, spec, statistics);
  const auto fills = valuesOfFills(spec, statistics);
  ASSERT_FALSE(fills.ok());
  EXPECT_EQ(fills.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(fills.error().what()).find("'x' is that of no value"), std::string::npos);
}

TEST(Statistics, JsonHasEveryNumber) {
  Statistics statistics;
  statistics.scalars = {{"x", 2, 1.5, 0.5, 1, 2}};
  statistics.groups = {{{"Jet_pt", 3, 50, 10, 30, 70}}};
  statistics.samples = {{"ttH", 1, {"a.root"}, 10, {4, 3, 2}, {1.5, 2.5, 3.5}}};
  const auto json = statistics.toJson();
  EXPECT_EQ(json["scalars"][0]["deviation"], 0.5);
  EXPECT_EQ(json["groups"][0][0]["name"], "Jet_pt");
  EXPECT_EQ(json["samples"][0]["validation"]["selected"], 3);
  EXPECT_EQ(json["samples"][0]["test"]["sum_weights"], 3.5);
  EXPECT_EQ(statistics.numSelected(Part::kTrain), 4);
}

}  // namespace
}  // namespace mlaas::dataset
