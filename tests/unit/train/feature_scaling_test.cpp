#include "mlaas/train/neural/feature_scaling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace mlaas::train {
namespace {

dataset::FeatureStatistics statisticsOf(const std::vector<double>& values) {
  dataset::FeatureStatistics statistics;
  statistics.name = "x";
  statistics.count = static_cast<int64_t>(values.size());
  statistics.minimum = *std::min_element(values.begin(), values.end());
  statistics.maximum = *std::max_element(values.begin(), values.end());
  statistics.quantiles.emplace(2048, 1);
  statistics.quantiles->add(values);
  return statistics;
}

std::vector<double> upTo(int count) {
  std::vector<double> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

// 0, 1, ... 1280: the rank of x is x / 1280.
TEST(FeatureScaling, QuantilesOfEvenlySpreadValuesAreAStraightLine) {
  const auto transform = transformOf(Scaling::kQuantile, statisticsOf(upTo(1281))).value();
  ASSERT_EQ(transform.knots.size(), 129U);
  for (int x = 0; x <= 1280; x += 7) EXPECT_NEAR(transform(static_cast<float>(x)), x / 1280.0, 1e-3);
  EXPECT_EQ(transform(-1), 0);
  EXPECT_EQ(transform(2000), 1);
}

// The inverse of the normal distribution, from tables: 97.5 % lie below 1.959964.
TEST(FeatureScaling, NormalQuantiles) {
  const auto transform = transformOf(Scaling::kQuantileNormal, statisticsOf(upTo(1001))).value();
  EXPECT_NEAR(transform(500), 0, 3e-3);
  EXPECT_NEAR(transform(975), 1.959964, 0.02);
  EXPECT_NEAR(transform(25), -1.959964, 0.02);
  EXPECT_NEAR(transform(1000), 3.29, 0.1);  // about the rank 1 - 1 / 2002
  EXPECT_EQ(transform(1e9F), transform(1000));
  EXPECT_EQ(transform(-1e9F), transform(0));
}

TEST(FeatureScaling, SharedValuesGoToTheMiddleOfTheirRanks) {
  auto values = upTo(600);
  for (double& value : values) value += 1;
  values.insert(values.end(), 400, 0.0);
  const auto transform = transformOf(Scaling::kQuantile, statisticsOf(values)).value();
  EXPECT_NEAR(transform(0), 0.2, 0.01);
  EXPECT_NEAR(transform(301), 0.7, 0.01);
  float last = transform(-10);
  for (float x = -10; x < 700; x += 0.5F) {
    EXPECT_GE(transform(x), last);
    last = transform(x);
  }
}

TEST(FeatureScaling, AConstantFeatureIsAConstant) {
  const auto statistics = statisticsOf(std::vector<double>(50, 4.0));
  EXPECT_EQ(transformOf(Scaling::kQuantile, statistics).value()(4), 0.5F);
  EXPECT_NEAR(transformOf(Scaling::kQuantileNormal, statistics).value()(4), 0, 1e-6);
}

TEST(FeatureScaling, QuantilesThatWereNotMadeAreAnError) {
  dataset::FeatureStatistics statistics{"x", 3, 1, 1, 0, 2};
  EXPECT_EQ(transformOf(Scaling::kQuantile, statistics).error().code(), ErrorCode::kInternal);
}

TEST(FeatureScaling, LogarithmIsStandardised) {
  dataset::FeatureStatistics statistics{"x", 3, 1, 1, 0, 2};
  statistics.logarithmMean = 0.5;
  statistics.logarithmDeviation = 0.25;
  const auto transform = transformOf(Scaling::kLog, statistics).value();
  EXPECT_NEAR(transform(1), (std::log(2.0) - 0.5) * 4, 1e-6);
  EXPECT_NEAR(transform(-1), (-std::log(2.0) - 0.5) * 4, 1e-6);
}

TEST(FeatureScaling, RulesGoByNameThenByPattern) {
  dataset::Workflow workflow;
  workflow.model.options = {{"scaling", {{"Jet_*", "log"}, {"Jet_eta", "none"}, {"m?t", "quantile"}}}};
  const auto rules = ScalingRules::read(workflow).value();
  feature::FeatureSpec spec;
  spec.scalars = {"met", "ht"};
  spec.groups = {{"jets", {"Jet_pt", "Jet_eta"}, 2}};
  const auto scalings = rules.resolve(spec).value();
  EXPECT_EQ(scalings, (std::vector{Scaling::kQuantile, Scaling::kStandard, Scaling::kLog, Scaling::kNone}));
  const auto needs = needsOf(scalings);
  EXPECT_TRUE(needs[0].quantiles && !needs[0].logarithm);
  EXPECT_TRUE(needs[2].logarithm && !needs[2].quantiles);
  EXPECT_EQ(rules.toJson(), workflow.model.options["scaling"]);
  spec.scalars = {"ht"};
  EXPECT_EQ(rules.resolve(spec).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace mlaas::train
